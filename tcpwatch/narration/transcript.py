"""What happens, told in the order in which it happened: what was announced, segments, and sockets that change state.

The three come from different threads and late by different times; a line goes out when it is old enough for nothing
earlier to be on its way. What a segment does to both ends is said as the narration says it: the sentence once for all
that are alike, the states each time. Reads no clock: moments come in, in nanoseconds of the wall clock.
"""

from collections.abc import Collection, Iterable, Iterator
from heapq import heappop, heappush
from itertools import count

from tcpwatch.monitor.packet_log import LATENESS_NS
from tcpwatch.monitor.snapshot import Connection, Mark, Snapshot
from tcpwatch.narration.narrate import narrate
from tcpwatch.narration.step import Kind, NarratedSegment, NarratedSegments, corrected_among
from tcpwatch.tcp.event import Event
from tcpwatch.tcp.state import State
from tcpwatch.why.catalog import Translate
from tcpwatch.wire.segment import endpoints, flag_names

TOLD = 14  # cells before what is said of a segment


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
        self._turns = NarratedSegments(by_hand)
        self._known: set[Kind] = set()
        self._waiting: list[tuple[int, int, str | NarratedSegment]] = []
        self._arrivals = count()
        self._sockets: dict[int, tuple[State | None, str]] = {}

    def announce(self, time_ns: int, message: str) -> None:
        """Something that is done now."""
        self._add(time_ns, f"▶ {message}")

    def receive(self, events: Iterable[Event]) -> None:
        """Segments, with their meaning."""
        for event in events:
            self.segment_states |= {event.src_state, event.dst_state}
            self.steps |= {event.step} if event.step else set()
            self.analysis |= set(event.analysis)
            turn = self._turns.of(event)
            if turn.corrects:
                self._correct(turn)
            self._add(event.segment.time_ns, turn)

    def observe(self, snapshot: Snapshot) -> None:
        """The socket table: what is new in it, has another state, or is gone."""
        for connection in snapshot.connections:
            state = None if connection.mark is Mark.GONE else connection.row.state
            before, ends = self._sockets.get(connection.key, (None, ends_text(connection)))
            self._sockets[connection.key] = state, ends
            if state is not before:
                self._add(snapshot.time_ns, socket_line(connection, ends, before, state))
            if state is not None:
                self.socket_states.add(state)

    def lines(self, now_ns: int | None = None) -> list[str]:
        """The lines whose time has come; all there are where no time is given."""
        ripe: list[str] = []
        while self._waiting and (now_ns is None or self._waiting[0][0] <= now_ns - LATENESS_NS):
            time_ns, _, what = heappop(self._waiting)
            first, *rest = [what] if isinstance(what, str) else self._told(what)
            ripe += [f"{(time_ns - self._began_ns) // 1_000_000 / 1000:8.3f}  {first}", *rest]
        return ripe

    def _told(self, turn: NarratedSegment) -> Iterator[str]:
        told = narrate(turn, self._translate)
        yield segment_line(turn.event)
        if turn.kind not in self._known:
            self._known.add(turn.kind)
            yield f"{'':{TOLD}}{told.message}"
        yield f"{'':{TOLD}}{'    '.join(f'{move.end} {move.words}' for move in told.moves)}"

    def _correct(self, by: NarratedSegment) -> None:
        """What has not gone out yet is told as `by` shows it to have been."""
        self._waiting.sort()
        better = corrected_among([what for _, _, what in self._waiting], by)
        self._waiting = [
            (time_ns, arrival, what) for (time_ns, arrival, _), what in zip(self._waiting, better, strict=True)
        ]

    def _add(self, time_ns: int, what: str | NarratedSegment) -> None:
        heappush(self._waiting, (time_ns, next(self._arrivals), what))


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
