"""What happens, as lines in the order in which it happened: announced acts, segments, and sockets that change state.

The three come from different threads and late by different times; a line goes out when it is old enough for nothing
earlier to be on its way. A segment has its own line, its sentence where none like it had one, and the states of both
ends. Reads no clock: moments come in, in nanoseconds of the wall clock.
"""

from collections.abc import Collection, Iterable, Iterator

from tcpwatch.monitor.snapshot import Connection, Mark, Snapshot
from tcpwatch.narration.narrate import narrate
from tcpwatch.narration.queue import NarrationQueue
from tcpwatch.narration.step import NarratedSegment, NarratedSegments, SegmentKind
from tcpwatch.tcp.event import Event
from tcpwatch.tcp.state import State
from tcpwatch.why.catalog import Translate
from tcpwatch.wire.segment import endpoints, flag_names

SENTENCE_INDENT = 14  # cells before the sentence about a segment


class Transcript:
    """Lines by time, and what has been seen: states of sockets and beside segments, steps, words of analysis."""

    def __init__(self, began_ns: int, translate: Translate = str, by_hand: Collection[int] = ()) -> None:
        """`by_hand` are the ports whose segments are made by hand."""
        self.socket_states: set[str] = set()
        self.segment_states: set[str] = set()
        self.steps: set[str] = set()
        self.analysis: set[str] = set()
        self._began_ns = began_ns
        self._translate = translate
        self._segments = NarratedSegments(by_hand)
        self._known: set[SegmentKind] = set()
        self._waiting = NarrationQueue[str]()
        self._sockets: dict[int, tuple[State | None, str]] = {}

    def announce(self, time_ns: int, message: str) -> None:
        """An act that begins now."""
        self._waiting.add(time_ns, f"▶ {message}")

    def receive(self, events: Iterable[Event]) -> None:
        """Segments, with their meaning."""
        for event in events:
            self.segment_states |= {event.src_state, event.dst_state}
            self.steps |= {event.step} if event.step else set()
            self.analysis |= set(event.analysis)
            narrated = self._segments.of(event)
            if narrated.corrects:
                self._waiting.correct(narrated)  # those whose lines have gone out stay as they are
            self._waiting.add(event.segment.time_ns, narrated)

    def observe(self, snapshot: Snapshot) -> None:
        """The socket table: what is new in it, has another state, or is gone."""
        for connection in snapshot.connections:
            state = None if connection.mark is Mark.GONE else connection.row.state
            before, ends = self._sockets.get(connection.key, (None, ends_text(connection)))
            self._sockets[connection.key] = state, ends
            if state is not before:
                self._waiting.add(snapshot.time_ns, socket_line(connection, ends, before, state))
            if state is not None:
                self.socket_states.add(state)

    def lines(self, now_ns: int | None = None) -> list[str]:
        """The lines whose time has come; all there are where no time is given."""
        lines: list[str] = []
        while self._waiting.has_due(now_ns):
            time_ns, item = self._waiting.pop()
            first, *rest = [item] if isinstance(item, str) else self._segment_lines(item)
            lines += [f"{(time_ns - self._began_ns) // 1_000_000 / 1000:8.3f}  {first}", *rest]
        return lines

    def _segment_lines(self, narrated: NarratedSegment) -> Iterator[str]:
        description = narrate(narrated, self._translate)
        yield segment_line(narrated.event)
        if narrated.kind not in self._known:
            self._known.add(narrated.kind)
            yield f"{'':{SENTENCE_INDENT}}{description.message}"
        yield f"{'':{SENTENCE_INDENT}}{'    '.join(f'{move.end} {move.words}' for move in description.moves)}"


def segment_line(event: Event) -> str:
    """One segment: ends, flags, relative numbers, and what it means."""
    segment = event.segment
    source, destination = endpoints(segment.ends)
    words = (event.step, *event.analysis, event.app, event.note)
    return (
        f"  {source} → {destination} [{flag_names(segment.flags)}] seq {event.seq} ack {event.ack} len {segment.length}"
        f"  {'  '.join(word for word in words if word)}".rstrip()
    )


def socket_line(connection: Connection, ends: str, before: State | None, state: State | None) -> str:
    """One socket that has changed, and whose it is."""
    if state is None:
        return f"  socket {ends} was {before}, is gone"
    change = f"{before} → {state}" if before else state
    return f"  socket {ends} {change}  {connection.holders}"


def ends_text(connection: Connection) -> str:
    """Both ends of a socket; one for a listener."""
    row = connection.row
    return f"{row.local}" if row.state is State.LISTEN else f"{row.local} ⇄ {row.remote}"
