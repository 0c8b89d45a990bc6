"""One connection of a capture file, at any moment of it: the rows of its two ends, and the flow with its TCBs.

Law of the room: a moment is a number of events, those of the whole file that have passed, and what the file's clock
shows. States are looked up, TCBs are worked out anew from the segments; nothing is ever undone.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from typing import NamedTuple, Optional

from tcpwatch.diagnose.half_close import SENDING_NS, YOUNG_NS, HalfClose
from tcpwatch.monitor.history import MARK_NS
from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.monitor.wire_timeline import BothTimelines, WireTimeline
from tcpwatch.sockets.row import NoOwner, SocketRow
from tcpwatch.tcp.event import Event
from tcpwatch.tcp.flow import Flow
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tracker import REUSED, FlowTracker
from tcpwatch.wire.segment import reversed_ends

NO_SOCKET = frozenset({State.LISTEN, State.CLOSED})  # states of an end that has no connection of its own
TWO_MSL_NS = 240_000_000_000  # RFC 9293 §3.4.2: no TIME-WAIT is older, though no segment shows its end
CHECKPOINT_EVENTS = 1_024
SIDES = (0, 1)
NEVER = 1 << 63


class StateSpan(NamedTuple):
    """An end's time in one state: since when, whether its beginning was seen, and the span before it."""

    state: State
    since_ns: int
    seen: bool
    before: Optional["StateSpan"]

    @property
    def has_socket(self) -> bool:
        """Whether there is a connection to show."""
        return self.state not in NO_SOCKET

    def shown(self, now_ns: int) -> tuple["StateSpan", Mark] | None:
        """What the end's row shows, and its mark; None where it has no row. What has just gone shows what it was."""
        fresh = now_ns - self.since_ns < MARK_NS
        was_there = self.before is not None and self.before.has_socket
        if not self.has_socket:
            return (self.before, Mark.GONE) if self.before and was_there and fresh else None
        if self.state is State.TIME_WAIT and now_ns - self.since_ns >= TWO_MSL_NS:
            return None
        if not fresh or not self.seen:
            return self, Mark.NONE
        return self, Mark.CHANGED if was_there else Mark.NEW


class StateChange(NamedTuple):
    """An event that changes a state: its number, the spans of both ends, when marks and TIME-WAIT will be over."""

    number: int
    spans: tuple[StateSpan, StateSpan]
    settled_ns: int
    expires_ns: int


Place = tuple[int, tuple[int, ...]]
NOWHERE: Place = (0, ())


class RecordedFlow:
    """One connection. `numbers` are those of its events; event `until` begins another one in its place."""

    __slots__ = (
        "_changes",
        "_checkpoints",
        "_ends",
        "_rows",
        "_rows_of",
        "_sent_ns",
        "_states",
        "numbers",
        "place",
        "stream",
        "until",
    )

    def __init__(self, stream: int, ends: bytes, place: Place = NOWHERE) -> None:
        """`ends` has the initiator first; `place` is the link and the VLAN on which it was captured."""
        self.stream = stream
        self.place = place
        self.numbers: list[int] = []
        self.until = NEVER
        self._ends = (ends, reversed_ends(ends))
        self._changes: list[StateChange] = []
        self._states: tuple[State, ...] = ()
        self._checkpoints: list[Flow] = []
        self._rows: tuple[Connection, ...] = ()
        self._rows_of: StateChange | None = None
        self._sent_ns: tuple[list[int], list[int]] = ([], [])  # by side, when it sent data in CLOSE-WAIT

    def add(self, number: int, event: Event, flow: Flow) -> None:
        """Its next event, which is number `number` of the file and has left it as `flow`."""
        states = (event.dst_state, event.src_state) if event.side else (event.src_state, event.dst_state)
        if states != self._states:
            self._states = states
            self._change_state(number, event.segment.time_ns, bool(self._changes) or not flow.inferred)
        if event.segment.length and states[event.side] is State.CLOSE_WAIT:
            self._sent_ns[event.side].append(event.segment.time_ns)
        self.numbers.append(number)
        if len(self.numbers) % CHECKPOINT_EVENTS == 0:
            self._checkpoints.append(deepcopy(flow))

    def rows(self, position: int, now_ns: int) -> tuple[Connection, ...]:
        """The rows of its ends when `position` events of the file have passed and the file's clock shows `now_ns`."""
        index = bisect_left(self._changes, (position,)) - 1  # a StateChange compares by its number
        if index < 0 or position > self.until:
            return ()
        change = self._changes[index]
        streams = self._sent_ns != ([], []) and any(span.state is State.CLOSE_WAIT for span in change.spans)
        if streams or not change.settled_ns <= now_ns < change.expires_ns:
            return self._rows_at(change, now_ns)
        if change is not self._rows_of:
            self._rows, self._rows_of = self._rows_at(change, now_ns), change
        return self._rows

    def ends_at(self, position: int, now_ns: int) -> tuple[Connection | None, Connection | None]:
        """Both its ends then, the initiator first, and CLOSED ones too; None for one that still listens."""
        change = self._changes[bisect_left(self._changes, (position,)) - 1]
        first, second = (
            None if span.state is State.LISTEN else self._judged(side, span, Mark.NONE, change, now_ns)
            for side, span in zip(SIDES, change.spans, strict=True)
        )
        return first, second

    def flow(self, position: int, events: Sequence[Event]) -> Flow:
        """The flow as it was then, its first event having passed; `events` are those of the whole file."""
        count = bisect_left(self.numbers, position)
        saved = count // CHECKPOINT_EVENTS
        done = saved * CHECKPOINT_EVENTS or 1
        flow = deepcopy(self._checkpoints[saved - 1]) if saved else self._begun(events[self.numbers[0]])
        tracker = FlowTracker()
        tracker.register(flow)
        for number in self.numbers[done:count]:
            tracker.receive_segment(events[number].segment)
        return flow

    def wire_timelines(self, position: int, events: Sequence[Event]) -> BothTimelines:
        """What moved its ends until then; `events` are those of the whole file."""
        wire_timelines = WireTimeline()
        wire_timelines.add(events[change.number] for change in self._changes if change.number < position)
        return wire_timelines.timelines

    def _change_state(self, number: int, now_ns: int, seen: bool) -> None:
        before = self._changes[-1].spans if self._changes else (None, None)
        first, second = (
            span if span and span.state is state else StateSpan(state, now_ns, seen, span)
            for span, state in zip(before, self._states, strict=True)
        )
        over = [span.since_ns + TWO_MSL_NS for span in (first, second) if span.state is State.TIME_WAIT]
        self._changes.append(StateChange(number, (first, second), now_ns + MARK_NS, min(over, default=NEVER)))

    def _rows_at(self, change: StateChange, now_ns: int) -> tuple[Connection, ...]:
        shown = [(side, found) for side in SIDES if (found := change.spans[side].shown(now_ns))]
        return tuple(self._judged(side, *found, change, now_ns) for side, found in shown)

    def _judged(self, side: int, span: StateSpan, mark: Mark, change: StateChange, now_ns: int) -> Connection:
        """One end, and why its CLOSE-WAIT is ordinary where it is."""
        one = self._connection(side, span, mark, change)
        ordinary = None if mark is Mark.GONE else self._half_close(side, span, now_ns)
        return one if ordinary is None else replace(one, half_close=ordinary)

    def _half_close(self, side: int, span: StateSpan, now_ns: int) -> HalfClose | None:
        """Why its CLOSE-WAIT is ordinary at this moment; None where it is not, or in other states."""
        if span.state is not State.CLOSE_WAIT:
            return None
        sent_ns = self._sent_ns[side]
        last = bisect_right(sent_ns, now_ns)
        ago_ns = now_ns - sent_ns[last - 1] if last else None
        if ago_ns is not None and ago_ns < SENDING_NS:
            return HalfClose(True, ago_ns)
        return HalfClose(False) if span.seen and now_ns - span.since_ns < YOUNG_NS else None

    def _connection(self, side: int, span: StateSpan, mark: Mark, change: StateChange) -> Connection:
        key = self.stream << 1 | side
        peer = key ^ 1 if change.spans[1 - side].has_socket else None
        row = SocketRow(key, self._ends[side], False, span.state, None, 0, None, None)
        return Connection(row, (), NoOwner.FILE, None, span.since_ns, span.seen, mark, peer)

    def _begun(self, first: Event) -> Flow:
        """The flow after its first event."""
        words = tuple(word for word in first.analysis if word in REUSED)
        flow = Flow(self.stream, self._ends[0], first.segment, reused=bool(words))
        flow.receive(first.segment, first.side, words)
        return flow
