"""The narration of a segment as lines."""

import pytest
from rich.cells import cell_len

from tcpwatch.monitor.snapshot import Connection, Mark, Snapshot
from tcpwatch.narration.narrate import narrate
from tcpwatch.tcp.state import State
from tcpwatch.tui.ladder.moves import SETTLED_NS, description_lines, doubt_lines, style_of
from tests.builders import CLIENT, SERVER, connection, ends
from tests.narration.traces import OPENING, segments_of
from tests.tcp.trace import START_NS

SYN_ACK = segments_of(*OPENING)[1]


def snapshot(*connections: Connection, time_ns: int = START_NS + 1_000_000_000) -> Snapshot:
    return Snapshot(0, time_ns, connections, {}, {one.row.ends: one for one in connections}, (), 0, 0)


def client_in(state: State, mark: Mark = Mark.NONE) -> Connection:
    return connection(ends=ends(CLIENT, SERVER), state=state, mark=mark)


def test_lines_say_the_sentence_and_then_each_end_in_columns() -> None:
    *sentence, client, server = (
        line.text.rstrip() for line in description_lines(narrate(SYN_ACK, str), "opening", 120)
    )
    assert sentence[0].startswith(" 2/3: the server answers SYN-ACK")
    assert client == " the client  receives  SYN-SENT → ESTABLISHED  open, may send and receive"
    assert server == " the server  sends     LISTEN → SYN-RECEIVED   half open, waits for the last ACK"


def test_narrow_lines_leave_out_who_sends() -> None:
    *_, server = (line.text.rstrip() for line in description_lines(narrate(SYN_ACK, str), "", 80))
    assert server == " the server  LISTEN → SYN-RECEIVED   half open, waits for the last ACK"


@pytest.mark.parametrize("width", [30, 50, 80, 120])
def test_no_line_is_wider_than_there_is_room(width: int) -> None:
    lines = description_lines(narrate(segments_of("> P. 1:15(14) ack 1")[0], str), "", width)
    assert max(cell_len(line.text) for line in lines) <= max(width, 60)


def test_state_that_is_new_stands_out() -> None:
    *_, client, _ = description_lines(narrate(SYN_ACK, str), "", 80)
    assert ("SYN-SENT → ", "muted") in client.runs
    assert ("ESTABLISHED", "open") in client.runs


def test_style_of_a_segment_is_its_steps() -> None:
    assert style_of(SYN_ACK) == "opening"
    assert style_of(segments_of("> P. 1:15(14) ack 1")[0]) == ""


def test_kernel_that_has_the_receiver_as_before_is_told() -> None:
    (line,) = doubt_lines(SYN_ACK, snapshot(client_in(State.SYN_SENT)), str, 120)
    assert "the kernel still has the client in SYN-SENT" in line.text


@pytest.mark.parametrize(
    "picture",
    [
        pytest.param(snapshot(client_in(State.ESTABLISHED)), id="it has arrived"),
        pytest.param(snapshot(), id="no socket"),
        pytest.param(snapshot(client_in(State.SYN_SENT, Mark.GONE)), id="the socket is gone"),
        pytest.param(
            snapshot(client_in(State.SYN_SENT), time_ns=SYN_ACK.event.segment.time_ns + SETTLED_NS - 1),
            id="looked at too early",
        ),
    ],
)
def test_kernel_that_has_nothing_against_it_is_not_told(picture: Snapshot) -> None:
    assert not list(doubt_lines(SYN_ACK, picture, str, 120))
