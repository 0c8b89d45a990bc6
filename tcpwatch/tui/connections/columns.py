"""The lines of the connections pane: headings and rows, from one table of columns. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from tcpwatch.diagnose.diagnosis import TROUBLE_OF_STATE
from tcpwatch.diagnose.rule import Beginning
from tcpwatch.diagnose.rules.ended import ending_of
from tcpwatch.diagnose.rules.listener import accept_queue_is_full
from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.sockets.row import NoOwner
from tcpwatch.sockets.timeline import Precision, Timeline
from tcpwatch.tcp.state import State
from tcpwatch.text.cells import cells
from tcpwatch.tui.connections.grouping import Heading
from tcpwatch.tui.detail.listener import half_open_words
from tcpwatch.tui.detail.timers import timer_words
from tcpwatch.tui.paint.columns import Laid, PaneColumn, cells_of
from tcpwatch.tui.paint.format import (
    WILDCARDS,
    age,
    brief_countdown,
    brief_span,
    grouped,
    local_end,
    owner_words,
    short_number,
)
from tcpwatch.tui.paint.glyphs import MARKS, STATE_LOOKS
from tcpwatch.tui.paint.line import Line, Run, cut_end, cut_owner, fit, padded

MAPPED = "⁶"  # an IPv4 connection on an IPv6 socket
INDENT = 2  # room for the mark before each row


class Moment(NamedTuple):
    """A connection at a moment (monotonic nanoseconds): all that a cell may show."""

    connection: Connection
    now_ns: int


def _local(moment: Moment) -> Run:
    row = moment.connection.row
    end = f":{row.local.port}" if row.state is State.LISTEN else local_end(row.local, row.remote)
    return end + MAPPED * row.mapped, ""


def _remote(moment: Moment) -> Run:
    """The other end; of a listener the address it is bound to."""
    row = moment.connection.row
    if row.state is not State.LISTEN:
        return str(row.remote), ""
    if row.local.ip in WILDCARDS:
        return f"on any address of {row.zone}" if row.zone else "on any address", ""
    return f"on {row.local.host}", ""


def _age(moment: Moment) -> Run:
    """How long it has been in its state; of one that has ended, how long it lived."""
    connection = moment.connection
    if connection.row.state is State.CLOSED:
        return lifetime(connection.timeline), ""
    is_trouble = connection.trouble is not None and connection.trouble.began is Beginning.WITH_ITS_STATE
    return age(moment.now_ns, connection.since_ns, connection.since_seen), "trouble" if is_trouble else ""


def lifetime(timeline: Timeline) -> str:
    """From the first state that was seen to the end, in at most six cells."""
    first, *others = timeline.intervals
    if not others:
        return "short"  # it came and went between two dumps
    earlier = first.precision is Precision.AT_LEAST and first.since_ns < others[0].since_ns
    return ("≥" if earlier else "") + brief_span(others[-1].since_ns - first.since_ns)


def _owner(moment: Moment) -> Run:
    if not moment.connection.owners and moment.connection.no_owner is NoOwner.KERNEL:
        return "no owner", "muted"  # the detail pane has the room to say why
    return owner_words(moment.connection), "" if moment.connection.owners else "muted"


def _queues(moment: Moment) -> Run:
    """What waits to be read and to be acknowledged, `14/0`; of a listener, as `ss` has it, the accept queue."""
    row = moment.connection.row
    if row.backlog:
        style = "trouble" if accept_queue_is_full(row.backlog) else ""
        return f"{row.backlog.queued}/{row.backlog.limit}", style
    if row.recv_q is None and row.send_q is None:
        return "–", ""
    lengths = ("–" if length is None else short_number(length, 4) for length in (row.recv_q, row.send_q))
    return "/".join(lengths), "caution" if row.recv_q or row.send_q else ""


def _netns(moment: Moment) -> Run:
    netns = moment.connection.row.netns
    return (netns.title, "muted" if netns.here else "") if netns else ("–", "muted")


def _cut_netns(title: str, width: int) -> str:
    """`docker/3f2a9c01d2e4`, cut to `width` cells: the name behind the slash stays, since it alone is unique."""
    behind = title.rpartition("/")[2]
    return fit(behind, width) if cells(behind) + 3 > width else cut_owner(title, width)


def _timer(moment: Moment) -> Run:
    """Which timer runs; of a listener, which has none, the handshakes under way; of one that has ended, how."""
    row = moment.connection.row
    if row.backlog:
        return half_open_words(row.backlog), ""
    if row.state is State.CLOSED:
        ending = ending_of(moment.connection.timeline)
        return (ending.name, "" if ending.orderly else "caution") if ending else ("–", "")
    return timer_words(row, moment.now_ns), "caution" if row.timer and row.timer.retransmits else ""


COLUMNS: tuple[PaneColumn[Moment], ...] = (
    PaneColumn("LOCAL", _local, least=6, usual=6, most=47, rank=3, cut=cut_end),
    PaneColumn("REMOTE", _remote, least=15, usual=15, most=47, rank=0, cut=cut_end),
    PaneColumn("AGE", _age, least=6, usual=6, most=6, rank=1, align=">"),
    PaneColumn("OWNER", _owner, least=10, usual=12, most=30, rank=5, cut=cut_owner),
    PaneColumn("TIMER", _timer, least=8, usual=8, most=14, rank=2),
    PaneColumn("RQ/SQ", _queues, least=5, usual=5, most=11, rank=4, align=">"),
)
_NETNS_COLUMN = PaneColumn("NETNS", _netns, least=9, usual=12, most=24, rank=1, cut=_cut_netns)
_LOCAL, _REMOTE, *_OTHERS = COLUMNS
ALL_NETNS_COLUMNS = (
    _LOCAL,
    _REMOTE,
    _NETNS_COLUMN,
    *(replace(column, rank=6) if column.title == "TIMER" else column for column in _OTHERS),
)
"""Where there is no room for all columns, the owner stays and the timer goes: the detail pane has it too."""
WIRE_COLUMNS = tuple(column for column in COLUMNS if column.title in ("LOCAL", "REMOTE", "AGE"))
"""The columns of a capture file, which has no sockets."""


def connection_line(moment: Moment, laid: Laid[Moment]) -> Line:
    """One connection: what happened to it a moment ago, then its cells."""
    connection = moment.connection
    mark = MARKS[connection.mark]
    runs = cells_of(laid, moment)
    if connection.mark is Mark.GONE:
        runs = (("".join(text for text, _ in runs), "gone"),)
    glyph = ("!", "trouble") if connection.mark is Mark.NONE and connection.trouble else mark
    return Line(((f"{glyph[0]} ", glyph[1]), *runs))


def heading_line(heading: Heading, now_ns: int, width: int) -> Line:
    """`▾ ◐ CLOSE-WAIT    3  oldest 4m12s  must close()`."""
    look = STATE_LOOKS[heading.state]
    oldest = age(now_ns, heading.oldest.since_ns, heading.oldest.since_seen)
    runs: list[Run] = [
        ("▸ " if heading.folded else "▾ ", "muted"),
        (f"{look.glyph} {heading.state:<12}", look.style),
        (f"{grouped(heading.count):>6}", "strong"),
    ]
    if heading.state is State.CLOSED:
        more = f", {grouped(heading.left_out)} more" if heading.left_out else ""
        runs.append((f"  in the last minute{more} · AGE: time lived", "muted"))
    elif not heading.count:
        runs.append(("  gone a moment ago", "muted"))
    elif heading.next_gone:
        runs.append((f"  next gone in {brief_countdown(heading.next_gone.left_ms(now_ns))}", "muted"))
    elif heading.state is State.LISTEN:
        runs.append(("  TIMER half open · RQ/SQ accept queue", "muted"))
    else:
        runs.append((f"  oldest {oldest}", "muted"))
    if heading.in_trouble and (trouble := TROUBLE_OF_STATE.get(heading.state)):
        runs.append((f"  ⚠ {trouble.group}", "trouble"))
    return Line(padded(runs, width), "group")


def row_words(connection: Connection, now_ns: int) -> str:
    """The whole row as plain words: what is copied."""
    moment = Moment(connection, now_ns)
    texts: Sequence[str] = [column.cell(moment)[0] for column in COLUMNS]
    return "  ".join((connection.row.state, *(text for text in (*texts, _namespace(connection)) if text)))


def _namespace(connection: Connection) -> str:
    """Its network namespace, in words that mean the same elsewhere; empty for tcpwatch's own where it has no name."""
    netns = connection.row.netns
    return f"netns {netns.label}" if netns and (netns.is_named or not netns.here) else ""
