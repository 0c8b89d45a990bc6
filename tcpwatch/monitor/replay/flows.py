"""The connections of a capture file, in columns: what is kept of one takes a tenth of what an object of its own would.

Law of the room: columns only grow, by one thread. Others ask about moments, each a number of events, of which all lie
before what has been added; so they never see half of anything.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, MutableSequence, Sequence
from itertools import islice

from tcpwatch.monitor.replay.flow import Checkpoints, EndsAt
from tcpwatch.monitor.replay.segments import HeldSegments
from tcpwatch.monitor.replay.spans import StateChange, following
from tcpwatch.monitor.snapshot import Connection
from tcpwatch.monitor.traffic.wire_timeline import BothTimelines, WireTimeline
from tcpwatch.tcp.event import Event
from tcpwatch.tcp.flow import Flow
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import ACK, SYN, reversed_ends

CHECKPOINT_EVENTS = 1_024
MADE_LIMIT = 4_096  # connections of which the last change is kept
NONE = (1 << 32) - 1  # stands for no event, no change, no connection
STATES = tuple(State)
CODES = {state: code for code, state in enumerate(STATES)}

Place = tuple[int, tuple[int, ...]]
"""The link and the VLANs on which a connection was captured."""

Times = tuple[MutableSequence[int], MutableSequence[int]]


class RecordedFlows:
    """All connections, known by their index: they are in the order of their first event. `segments` are their events.

    `streams` are their numbers. Event `until` of a connection begins another one in its place: between the same ends,
    on the same link and VLAN.
    """

    def __init__(self) -> None:
        self.streams = array("Q")
        self._ends: list[bytes] = []  # the initiator first
        self._other_ends: list[bytes] = []  # the responder first; empty until it sends something
        self.segments = HeldSegments()
        self._first, self._last, self._until, self._count = array("I"), array("I"), array("I"), array("I")
        self._places: list[Place] = []
        self._shared_places: dict[Place, Place] = {}
        self._same_ends = array("I")  # the connection between the same ends before it
        self._newest: dict[bytes, int] = {}  # by the ends in a fixed order
        self._changes = Changes(self.segments)
        self._newest_change = array("I")
        self._seen = bytearray()  # whether its first state was seen to begin
        self._sent_ns: dict[int, Times] = {}
        self._checkpoints: dict[int, Checkpoints] = {}
        self._rows = SettledRows()
        self._made: dict[int, tuple[int, EndsAt]] = {}  # the ends after their last change, while that is new
        self._numbers: tuple[int, int, Sequence[int]] = (NONE, NONE, array("I"))

    def __len__(self) -> int:
        return len(self.streams)

    def add(self, event: Event) -> None:
        """The next event of the file."""
        number, side = len(self.segments), event.side
        flow = bisect_left(self.streams, event.stream)
        if flow == len(self.streams):
            self._begin(number, event)
        states = (event.dst_state, event.src_state) if side else (event.src_state, event.dst_state)
        if side and not self._other_ends[flow]:
            self._other_ends[flow] = event.segment.ends
        self.segments.append(event, (self._other_ends if side else self._ends)[flow], self._last[flow])
        self._last[flow] = number
        before = self._newest_change[flow]
        if before == NONE or not self._changes.leads_to(before, states):
            self._newest_change[flow] = self._changes.add(number, states, before)
        if states[side] is State.CLOSE_WAIT and event.segment.length:
            self._sent_ns.setdefault(flow, (array("q"), array("q")))[side].append(event.segment.time_ns)
        self._count[flow] += 1
        if self._count[flow] % CHECKPOINT_EVENTS == 0:
            self._save(flow)

    def connections(self, position: int, now_ns: int) -> list[Connection]:
        """The rows of all ends when `position` events of the file have passed and the file's clock shows `now_ns`."""
        found: list[Connection] = []
        until, held = self._until, self._rows
        for flow in range(bisect_left(self._first, position)):
            if position > until[flow]:
                continue
            change = self._changes.last_before(position, self._newest_change[flow])
            rows = held.find(flow, change, now_ns)
            if rows is None:
                ends = self._ends_at(flow, change)
                rows = ends.rows(now_ns)
                if ends.settles:
                    held.keep(flow, change, ends.change, now_ns, rows)
            found += rows
        return found

    def begun(self, position: int) -> int:
        """How many connections have begun when `position` events have passed."""
        return bisect_left(self._first, position)

    def find(self, ends: bytes, position: int, stream: int | None = None) -> int | None:
        """The newest connection between these ends, in either order, that has begun then.

        Where several places have these ends, the newest in the place of the connection with number `stream`.
        """
        between = self._between(self._newest.get(_in_order(ends), NONE))
        begun = [flow for flow in between if self._first[flow] < position]
        of_stream = (flow for flow in begun if self.streams[flow] == stream)
        return next(self._in_place(begun, next(of_stream, begun[0])), None) if begun else None

    def ends_at(self, flow: int, position: int) -> EndsAt:
        """The ends of a connection that has begun then."""
        return self._ends_at(flow, self._changes.last_before(position, self._newest_change[flow]))

    def flow(self, flow: int, position: int) -> Flow:
        """The connection as it was then; it has begun."""
        numbers = self._numbers_of(flow)
        numbers = numbers[: bisect_left(numbers, position)]
        checkpoints = self._checkpoints.get(flow) or self._new_checkpoints(flow)
        return checkpoints.flow(numbers, self.segments)

    def wire_timelines(self, flow: int, position: int) -> BothTimelines:
        """What moved its ends until then."""
        last = self._changes.last_before(position, self._newest_change[flow])
        wire_timelines = WireTimeline()
        wire_timelines.add(self.segments[number] for number in self._changes.numbers(last))
        return wire_timelines.timelines

    def _begin(self, number: int, event: Event) -> None:
        ends = reversed_ends(event.segment.ends) if event.side else event.segment.ends
        key, flow = _in_order(ends), len(self.streams)
        before = self._newest.get(key, NONE)
        place = (event.segment.link, event.segment.vlan)
        self._places.append(self._shared_places.setdefault(place, place))
        for replaced in islice(self._in_place(self._between(before), flow), 1):
            self._until[replaced] = number
        self._ends.append(ends)
        self._other_ends.append(b"")
        self._same_ends.append(before)
        self._until.append(NONE)
        self._last.append(number)
        self._count.append(0)
        self._newest_change.append(NONE)
        self._seen.append(event.segment.flags & (SYN | ACK) == SYN)
        self._rows.append()
        self.streams.append(event.stream)
        self._first.append(number)
        self._newest[key] = flow

    def _between(self, newest: int) -> Iterator[int]:
        """The connections between the same ends, from the newest back."""
        while newest != NONE:
            yield newest
            newest = self._same_ends[newest]

    def _in_place(self, flows: Iterable[int], flow: int) -> Iterator[int]:
        """Those in the same place as `flow`."""
        return (one for one in flows if self._places[one] == self._places[flow])

    def _ends_at(self, flow: int, change: int) -> EndsAt:
        made = self._made.get(flow)
        if made is None or made[0] != change:
            changed = self._changes.change(change, bool(self._seen[flow]))
            ends = EndsAt(self.streams[flow], self._ends[flow], changed, self._sent_ns.get(flow, ((), ())))
            if ends.may_send:
                return ends  # when it sends is still to come
            if len(self._made) >= MADE_LIMIT:
                self._made.clear()
            made = self._made[flow] = change, ends
        return made[1]

    def _save(self, flow: int) -> None:
        numbers = self._back(self._last[flow], CHECKPOINT_EVENTS)
        checkpoints = self._checkpoints.get(flow) or self._new_checkpoints(flow)
        checkpoints.save(numbers, self.segments)
        self._checkpoints[flow] = checkpoints

    def _new_checkpoints(self, flow: int) -> Checkpoints:
        return Checkpoints(self.streams[flow], self._ends[flow], CHECKPOINT_EVENTS)

    def _numbers_of(self, flow: int) -> Sequence[int]:
        """The numbers of a connection's events; the same is often asked for again."""
        last = self._last[flow]
        if self._numbers[:2] != (flow, last):
            self._numbers = (flow, last, self._back(last))
        return self._numbers[2]

    def _back(self, last: int, limit: int = NONE) -> Sequence[int]:
        """The numbers of the events of one connection up to the one numbered `last`, `limit` at most."""
        numbers, before = array("I", (last,)), self.segments.before
        while before[last] != last and len(numbers) < limit:
            last = before[last]
            numbers.append(last)
        numbers.reverse()
        return numbers


class Changes:
    """The changes of state of all connections, each with the one before it of the same connection, or NONE."""

    def __init__(self, segments: HeldSegments) -> None:
        self._segments = segments
        self._numbers, self._before = array("I"), array("I")
        self._states = (bytearray(), bytearray())

    def add(self, number: int, states: tuple[State, ...], before: int) -> int:
        """Event `number` has led to these states; the index of that change."""
        self._before.append(before)
        for column, state in zip(self._states, states, strict=True):
            column.append(CODES[state])
        self._numbers.append(number)
        return len(self._numbers) - 1

    def leads_to(self, change: int, states: tuple[State, ...]) -> bool:
        """Whether these are the states after it."""
        first, second = self._states
        return STATES[first[change]] is states[0] and STATES[second[change]] is states[1]

    def last_before(self, position: int, change: int) -> int:
        """The last one that has happened when `position` events have passed, from `change` back."""
        numbers, before = self._numbers, self._before
        while numbers[change] >= position:
            change = before[change]
        return change

    def numbers(self, last: int) -> Sequence[int]:
        """The events of a connection that changed its states, up to its change `last`."""
        return [self._numbers[change] for change in self._to(last)]

    def change(self, last: int, seen: bool) -> StateChange:
        """The change with this index; `seen` is whether the first of its connection was one."""
        made: StateChange | None = None
        first, second = self._states
        for change in self._to(last):
            states = STATES[first[change]], STATES[second[change]]
            made = following(made, self._segments.times[self._numbers[change]], states, made is not None or seen)
        assert made is not None, "a connection begins with a change"
        return made

    def _to(self, last: int) -> list[int]:
        changes = []
        while last != NONE:
            changes.append(last)
            last = self._before[last]
        return changes[::-1]


class SettledRows:
    """By connection, the rows that stay the same until its next change, or the end of its TIME-WAIT.

    Only the thread that asks for rows keeps them.
    """

    def __init__(self) -> None:
        self._rows: list[tuple[Connection, ...]] = []
        self._change = array("I")
        self._settled_ns, self._expires_ns = array("q"), array("q")

    def append(self) -> None:
        """Room for one connection more."""
        self._change.append(NONE)
        self._settled_ns.append(0)
        self._expires_ns.append(0)
        self._rows.append(())

    def find(self, flow: int, change: int, now_ns: int) -> tuple[Connection, ...] | None:
        """The rows of this connection after its change, where they are held and hold now."""
        if self._change[flow] == change and self._settled_ns[flow] <= now_ns < self._expires_ns[flow]:
            return self._rows[flow]
        return None

    def keep(self, flow: int, change: int, made: StateChange, now_ns: int, rows: tuple[Connection, ...]) -> None:
        """Keep them, where they are settled."""
        if made.settled_ns <= now_ns < made.expires_ns:
            self._change[flow], self._rows[flow] = change, rows
            self._settled_ns[flow], self._expires_ns[flow] = made.settled_ns, made.expires_ns


def _in_order(ends: bytes) -> bytes:
    """The same for both orders of the ends."""
    return min(ends, reversed_ends(ends))
