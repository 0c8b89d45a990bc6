"""Plain text for a person or a pipe: one line a socket, one line a segment, one line a connection.

Law of the room: columns are chosen and values rounded for a reader.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from tcpwatch.report.memo import FLAGS_TEXT, Memo
from tcpwatch.report.output import Output
from tcpwatch.report.paragraphs import paragraphs
from tcpwatch.report.records.check import CheckResult
from tcpwatch.report.records.doctor import Check, Examination, UserRights
from tcpwatch.report.records.schema import AnyRecord, Schema
from tcpwatch.report.records.sockets import ReportedSocket
from tcpwatch.sockets.row import SocketRow, Timer
from tcpwatch.system.privileges import Capability
from tcpwatch.tcp.event import Event
from tcpwatch.tcp.flow import ENDS, Flow
from tcpwatch.tcp.state import State
from tcpwatch.text.duration import fine_duration
from tcpwatch.text.quantity import counted
from tcpwatch.wire.segment import endpoints

SOCKET_TITLES = ("STATE", "RECV-Q", "SEND-Q", "LOCAL", "REMOTE", "FOR", "TIMER", "OWNER")
FLOW_TITLES = (
    "STREAM", "INITIATOR", "RESPONDER", "OPENED", "CLOSED", "STATES",
    "SENT", "RECEIVED", "SEGS", "RTT", "FOR", "ANALYSIS",
)  # fmt: skip
RIGHT = frozenset({"RECV-Q", "SEND-Q", "FOR", "STREAM", "SENT", "RECEIVED", "SEGS", "RTT"})
KEPT_FOR = {
    str(Capability.NET_ADMIN): "(to end connections)",
    str(Capability.SYS_PTRACE): "(to find owners in /proc)",
    str(Capability.DAC_READ_SEARCH): "(to read /proc, or tcpwatch's own modules)",
}


def open_writer(schema: Schema[AnyRecord], output: Output) -> Callable[[Iterable[AnyRecord]], None]:
    """What writes records of this schema; each kind of record has a text of its own."""
    lines_of, add = OWN_TEXT[schema.name](), output.add

    def write(records: Iterable[AnyRecord]) -> None:
        deque(map(add, lines_of(records)), maxlen=0)  # a loop that runs in C

    return write


def packets(events: Iterable[Event]) -> Iterator[str]:
    """A line for each segment, as soon as it comes."""
    return map(packet, events)


def sockets(records: Iterable[ReportedSocket]) -> Iterator[str]:
    """The sockets as an aligned table, titles first; with their namespaces where one is another than here."""
    records = list(records)
    rows = [_socket_cells(record) for record in records]
    if all(record.connection.row.is_here for record in records):
        return _table(SOCKET_TITLES, rows)
    places = [_netns(record.connection.row) for record in records]
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


class FlowTable:
    """The table of connections, in one part or several: titles stand above the first, columns get no narrower.

    The initiator is who sent and received.
    """

    def __init__(self) -> None:
        self._widths: Sequence[int] = ()

    def lines(self, chosen: Iterable[Flow]) -> Iterator[str]:
        """The next part."""
        rows: list[Sequence[str]] = [_flow_cells(flow) for flow in chosen]
        if not rows:
            return iter(())
        titled = [FLOW_TITLES, *rows]
        before, self._widths = self._widths, _widths(titled, self._widths)
        return _aligned(FLOW_TITLES, rows if before else titled, self._widths)


def doctor(examinations: Iterable[Examination]) -> Iterator[str]:
    """The machine, the user, what works and what would mend the rest, and the interfaces."""
    for found in examinations:
        yield f"tcpwatch {found.version} on {found.system}, Python {found.python}"
        yield f"user {found.before.user}; capabilities: {_listed(found.before.capabilities)}"
        yield f"once all is open: {_what_is_left(found.after_start)}"
        yield f"network namespace: {found.netns or 'unknown'}; others in sight: {_listed(found.other_netns)}"
        yield ""
        for check in found.checks:
            yield from _check_lines(check)
        yield from ("", "interfaces (for --iface; `any` is all of them)")
        for one in found.interfaces:
            kind, state = "loopback" if one.loopback else "", "up" if one.up else "down"
            yield f"  {one.name:15} {state:5} {kind:9} {' '.join(one.addresses)}".rstrip()


def check(results: Iterable[CheckResult]) -> Iterator[str]:
    """A line as Nagios reads it, its numbers behind the bar; then the problems."""
    for result in results:
        word = "OK" if result.passed else "CRITICAL"
        what = counted(result.count, "socket" if result.filter else "problem")
        worst = f": {result.problems[0].message}" if result.problems else ""
        about = f" pass {result.filter}" if result.filter else ""
        yield f"TCPWATCH {word} - {what}{about}{worst.replace('|', '/')} | count={result.count};;{result.most}"
        yield from paragraphs(result.problems)


def _check_lines(check: Check) -> Iterator[str]:
    yield f"{'●' if check.works else '○'} {check.name:9} {check.message}"
    if check.fix:
        yield f"            to have {'more' if check.works else 'it'}: {check.fix}"


def _what_is_left(rights: UserRights) -> str:
    """Who one is after the start, what is kept, and what for."""
    user = f"{rights.user} (there is nobody else to be here)" if rights.is_root else rights.user
    kept = [f"{capability} {KEPT_FOR[capability]}" for capability in rights.capabilities]
    return f"user {user}; capabilities: {_listed(kept)}"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words) or "none"


def _socket_cells(record: ReportedSocket) -> tuple[str, ...]:
    connection, row = record.connection, record.connection.row
    age = fine_duration(max(0, record.age_ns))
    return (
        row.state,
        *_queues(row),
        str(row.local),
        "*" if row.state is State.LISTEN else str(row.remote),
        age if connection.since_seen else f"≥{age}",
        _timer(row.timer, record.now_ns),
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
        "-" if flow.last_ns < flow.first_ns else fine_duration(flow.last_ns - flow.first_ns),  # time went back
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
    titled = [titles, *rows]
    return _aligned(titles, titled, _widths(titled))


def _widths(rows: Sequence[Sequence[str]], at_least: Sequence[int] = ()) -> list[int]:
    """How wide each column is: as its widest cell."""
    found = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return list(map(max, found, at_least)) if at_least else found


def _aligned(titles: Sequence[str], rows: Sequence[Sequence[str]], column_widths: Sequence[int]) -> Iterator[str]:
    for row in rows:
        cells = zip(titles, row, column_widths, strict=True)
        yield "  ".join(
            cell.rjust(width) if title in RIGHT else cell.ljust(width) for title, cell, width in cells
        ).rstrip()


OWN_TEXT: Mapping[str, Callable[[], Callable[[Iterable[Any]], Iterator[str]]]] = {
    "sockets": lambda: sockets,
    "packets": lambda: packets,
    "flows": lambda: FlowTable().lines,
    "doctor": lambda: doctor,
    "problems": lambda: paragraphs,
    "check": lambda: check,
}
