"""One row of the table is a field everywhere: its sources, JSON, the screen, docs/sockets.md, `why`."""

from struct import calcsize

import pytest

from tcpwatch.errors import UsageError
from tcpwatch.report.records.sockets import SOCKETS
from tcpwatch.sockets.fields import OPTION_ROWS, TCB_ROWS, TCP_INFO_ROWS, TCP_INFO_WIDTHS, FieldRow, Unit, on_screen
from tcpwatch.sockets.kernel_tcb import anchored, relative_tcb
from tcpwatch.sockets.row import SocketRow
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.tcp.state import State, parse_state
from tcpwatch.tcp.tcb import Source, Tcb
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.tui.detail.fields import MEASURES, VARIABLES
from tcpwatch.why.topics import find_topic
from tests.tcp.trace import segments
from tools.field_docs import PAGE, with_tables

ROWS = (*TCB_ROWS, *TCP_INFO_ROWS)
HANDSHAKE = (
    "> S 0:0(0) win 1000 <mss 1000,wscale 7>",
    "< S. 0:0(0) ack 1 win 1000 <mss 1000,wscale 7>",
    "> . 1:1(0) ack 1 win 10",
)


def relative() -> Tcb:
    """What a full `struct tcp_info` implies."""
    every_field = bytes(calcsize("=" + TCP_INFO_WIDTHS))
    tcb = relative_tcb(SocketRow(1, bytes(12), False, State.ESTABLISHED, 0, 5, 0, 0, info_bytes=every_field))
    assert tcb is not None
    return tcb


def wire() -> Tcb:
    """What a handshake shows."""
    tracker = FlowTracker()
    for segment in segments(HANDSHAKE):
        tracker.receive_segment(segment)
    return tracker.flows()[0].tcb(0)


@pytest.mark.parametrize("tcb", [relative(), anchored(relative(), 1, 2), wire()], ids=lambda tcb: tcb.source)
def test_tcb_has_the_fields_of_its_source(tcb: Tcb) -> None:
    given = [row.name for row in TCB_ROWS if tcb.variable(row.name) is not None]
    assert given == [row.name for row in TCB_ROWS if tcb.source in row.sources]


@pytest.mark.parametrize("row", [*ROWS, *OPTION_ROWS], ids=lambda row: row.name)
def test_field_has_its_words(row: FieldRow) -> None:
    assert row.help.endswith(".")
    assert Source.KERNEL in row.sources
    assert (row.place is None) == (not row.label)


@pytest.mark.parametrize("rows", [TCB_ROWS, TCP_INFO_ROWS])
def test_names_and_places_are_unique(rows: tuple[FieldRow, ...]) -> None:
    assert len({row.name for row in rows}) == len(rows)
    assert [row.place for row in on_screen(rows)] == list(range(1, len(on_screen(rows)) + 1))


def test_json_has_every_field() -> None:
    [tcb] = [column for column in SOCKETS.columns if column.name == "tcb"]
    assert [row.name for row in TCB_ROWS] == [part.name for part in tcb.parts]
    [options] = [column for column in SOCKETS.columns if column.name == "options"]
    assert [row.name for row in OPTION_ROWS] == [part.name for part in options.parts]
    assert set(TcpInfo().as_dict()) == {row.name for row in TCP_INFO_ROWS} - {"wscales"} | {
        "snd_wscale",
        "rcv_wscale",
    }


def test_screen_has_every_field_with_a_place() -> None:
    assert [label for label, _ in VARIABLES] == [row.label for row in on_screen(TCB_ROWS)]
    assert [label for label, _ in MEASURES] == [row.label for row in on_screen(TCP_INFO_ROWS)]


def test_docs_are_as_the_table() -> None:
    """`python -m tools.field_docs` writes them."""
    page = PAGE.read_text(encoding="utf-8")
    assert with_tables(page) == page
    assert all(f"| `{row.name}` | {row.help} |" in page for row in (*ROWS, *OPTION_ROWS) if row.unit is not Unit.BITS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_why_explains_every_field(row: FieldRow) -> None:
    assert find_topic(row.name) is find_topic(row.name.upper())
    assert find_topic(row.label or row.name).source


def test_why_prefers_the_topic_of_the_label() -> None:
    assert [find_topic(name).key for name in ("rtt", "snd_mss", "copied_seq")] == ["SRTT", "MSS", "Recv-Q"]


def test_why_falls_back_to_the_help() -> None:
    topic = find_topic("pmtu")
    assert (topic.key, topic.title, topic.what) == (
        "pmtu",
        "bytes",
        "The largest packet that the path carries, as far as is known.",
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_no_field_is_called_like_a_state(row: FieldRow) -> None:
    with pytest.raises(UsageError):
        parse_state(row.name)
