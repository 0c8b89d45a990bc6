"""Plain text for a person or a pipe: one line a socket, one line a segment, one line a connection."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from tcpwatch.monitor.snapshot import Connection
from tcpwatch.report.memo import FLAGS_TEXT, Memo
from tcpwatch.sockets.row import SocketRow, Timer
from tcpwatch.tcp.event import Event
from tcpwatch.tcp.flow import ENDS, Flow
from tcpwatch.tcp.state import State
from tcpwatch.text.duration import fine_duration
from tcpwatch.wire.segment import endpoints

SOCKET_TITLES = ("STATE", "RECV-Q", "SEND-Q", "LOCAL", "REMOTE", "FOR", "TIMER", "OWNER")
FLOW_TITLES = (
    "STREAM", "INITIATOR", "RESPONDER", "OPENED", "CLOSED", "STATES",
    "SENT", "RECEIVED", "SEGS", "RTT", "FOR", "ANALYSIS",
)  # fmt: skip
RIGHT = frozenset({"RECV-Q", "SEND-Q", "FOR", "STREAM", "SENT", "RECEIVED", "SEGS", "RTT"})


def sockets(connections: Sequence[Connection], now_ns: int) -> Iterator[str]:
    """The connections as an aligned table, titles first; with their namespaces where one is another than here."""
    rows = [_socket_cells(connection, now_ns) for connection in connections]
    if all(connection.row.is_here for connection in connections):
        return _table(SOCKET_TITLES, rows)
    places = [_netns(connection.row) for connection in connections]
    return _table((*SOCKET_TITLES, "NETNS"), [(*cells, place) for cells, place in zip(rows, places, strict=True)])


def packet(event: Event) -> str:
    """A segment as one line: time, ends, flags, relative numbers, window, length, and what it means."""
    segment = event.segment
    millisecond, microsecond = divmod(segment.time_ns // 1_000, 1_000)
    raw = "" if event.scaled else " raw"
    line = (
        f"{CLOCK_TEXT[millisecond]}{DIGITS[microsecond]} {ENDS_TEXT[segment.ends]} [{FLAGS_TEXT[segment.flags]}] "
        f"seq {event.seq} ack {event.ack} win {event.window}{raw} len {segment.length}"
    )
    meaning = event.meaning
    if meaning.step or meaning.analysis or meaning.app or meaning.note:
        words = (meaning.step, *meaning.analysis, meaning.app, meaning.note)
        return "  ".join((line, *(word for word in words if word)))
    return line


def flows(chosen: Sequence[Flow]) -> Iterator[str]:
    """Connections as an aligned table, titles first, if there are any. The initiator is who sent and received."""
    return _table(FLOW_TITLES, [_flow_cells(flow) for flow in chosen]) if chosen else iter(())


def _socket_cells(connection: Connection, now_ns: int) -> tuple[str, ...]:
    row = connection.row
    age = fine_duration(max(0, now_ns - connection.since_ns))
    return (
        row.state,
        *_queues(row),
        str(row.local),
        "*" if row.state is State.LISTEN else str(row.remote),
        age if connection.since_seen else f"≥{age}",
        _timer(row.timer, now_ns),
        connection.holders,
    )


def _queues(row: SocketRow) -> tuple[str, str]:
    if row.backlog is not None:
        return str(row.backlog.queued), str(row.backlog.limit)
    return "?" if row.recv_q is None else str(row.recv_q), "?" if row.send_q is None else str(row.send_q)


def _netns(row: SocketRow) -> str:
    return row.netns.title if row.netns is not None else "-"


def _timer(timer: Timer | None, now_ns: int) -> str:
    if timer is None:
        return "-"
    again = f" ×{timer.retransmits}" if timer.retransmits else ""
    return f"{timer.kind} {fine_duration(timer.left_ms(now_ns) * 1_000_000)}{again}"


def _flow_cells(flow: Flow) -> tuple[str, ...]:
    initiator, responder = endpoints(flow.ends)
    sent, received = flow.streams
    closed = str(flow.closed or "open")
    rtt = "-" if flow.handshake_rtt_ns is None else f"{flow.handshake_rtt_ns / 1_000_000:.3f} ms"
    return (
        str(flow.stream),
        str(initiator),
        str(responder),
        flow.opened,
        closed if flow.closed_by is None else f"{closed}, {ENDS[flow.closed_by]} first",
        f"{flow.state(0)}/{flow.state(1)}",
        f"{sent.payload_bytes:,}",
        f"{received.payload_bytes:,}",
        f"{sent.segs}+{received.segs}",
        rtt,
        fine_duration(max(0, flow.last_ns - flow.first_ns)),
        ", ".join(f"{word} {count}" for word, count in sorted(flow.analysis.items())),
    )


def _clock(millisecond: int) -> str:
    second, rest = divmod(millisecond, 1_000)
    return f"{datetime.fromtimestamp(second):%H:%M:%S}.{rest:03}"


def _ends(ends: bytes) -> str:
    source, destination = endpoints(ends)
    return f"{source} > {destination}"


CLOCK_TEXT = Memo(_clock)
DIGITS = tuple(f"{number:03}" for number in range(1_000))
ENDS_TEXT = Memo(_ends)


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Titles and rows, each column as wide as its widest cell."""
    widths = [max(map(len, column)) for column in zip(titles, *rows, strict=True)]
    for row in (titles, *rows):
        cells = zip(titles, row, widths, strict=True)
        yield "  ".join(
            cell.rjust(width) if title in RIGHT else cell.ljust(width) for title, cell, width in cells
        ).rstrip()
