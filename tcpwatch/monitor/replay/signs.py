"""What is wrong with the connections of a capture file, at any moment of it.

Law of the room: as the segments, notes only grow, by one thread, and others ask about moments that lie before what has
been added. What stands at a moment is brought forward from the last one that was asked about, or worked out anew where
the playhead has gone back.
"""

from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator

from tcpwatch.diagnose.message import Message
from tcpwatch.diagnose.problem import Problem
from tcpwatch.diagnose.rules.wire import RULES_OF_SIGN
from tcpwatch.diagnose.wire.group import WireRule
from tcpwatch.diagnose.wire.signs import MOST_FRAMES, Note, WireFacts, code, sign_of
from tcpwatch.diagnose.wire.watch import FlowWatch
from tcpwatch.diagnose.wire_gathering import (
    MOST_MEMBERS,
    MOST_SERVERS,
    RANK,
    Gathered,
    WireProblems,
    beyond,
    server_of,
    worst_first,
)
from tcpwatch.monitor.replay.segments import HeldSegments
from tcpwatch.tcp.event import Event
from tcpwatch.tcp.flow import Flow
from tcpwatch.tcp.reset_origin import ResetOrigin
from tcpwatch.wire.segment import reversed_ends

RULES = {code(sign, side): rules for sign, rules in RULES_OF_SIGN.items() for side in (0, 1)}
CODE_BITS = 8
CODE_MASK = (1 << CODE_BITS) - 1
NONE = (1 << 32) - 1
SAVE_EACH = 16_384  # changes, so that going back takes little

Members = list[tuple[int, int]]
"""Of each its stream, and the number of the event that raised the sign."""
Since = dict[int, dict[int, int]]
"""By code of the sign and by stream, the event that raised it."""


class Standing:
    """Which signs stand at a moment. `add` is for one thread, `at` for another."""

    def __init__(self) -> None:
        self._numbers, self._streams, self._codes = array("I"), array("Q"), bytearray()
        self._stands = bytearray()
        self._raised: set[tuple[int, int]] = set()  # at the newest event
        self._since: Since = {}
        self._count = 0  # the changes that it follows from
        self._saved: list[Since] = []  # after each SAVE_EACH changes

    def add(self, number: int, stream: int, of_code: int, stands: bool) -> None:
        """The next note; only what changes is kept, and only where a rule is on it."""
        if of_code not in RULES or (found := (stream, of_code) in self._raised) is stands:
            return
        (self._raised.discard if found else self._raised.add)((stream, of_code))
        self._streams.append(stream)
        self._codes.append(of_code)
        self._stands.append(stands)
        self._numbers.append(number)

    def at(self, position: int) -> Since:
        """What stands when `position` events have passed; it changes at the next question."""
        end = bisect_left(self._numbers, position)
        if end < self._count:
            saved = min(end // SAVE_EACH, len(self._saved))
            self._since = {one: dict(of) for one, of in self._saved[saved - 1].items()} if saved else {}
            self._count = saved * SAVE_EACH
        while self._count < end:
            stop = min(end, (self._count // SAVE_EACH + 1) * SAVE_EACH)
            self._advance(stop)
            if stop == (len(self._saved) + 1) * SAVE_EACH:
                self._saved.append({one: dict(of) for one, of in self._since.items()})
        return self._since

    def _advance(self, end: int) -> None:
        since, begin = self._since, self._count
        changes = zip(
            self._codes[begin:end], self._streams[begin:end], self._numbers[begin:end], self._stands[begin:end],
            strict=True,
        )  # fmt: skip
        for of_code, stream, number, stands in changes:
            if stands:
                since.setdefault(of_code, {})[stream] = number
            else:
                since[of_code].pop(stream, None)
        self._count = end


class RecordedSigns:
    """The notes on the connections of a file, in the order of its events. `find_flow` is the tracker's."""

    def __init__(self, segments: HeldSegments, find_flow: Callable[[int], Flow | None]) -> None:
        self._segments = segments
        self._find_flow = find_flow
        self._watches: dict[int, FlowWatch] = {}  # while reading
        self._ends: dict[int, bytes] = {}  # by stream, the initiator first
        self._server: dict[int, int] = {}  # by stream
        self._servers: dict[bytes, int] = {}
        self._numbers, self._keys, self._before = array("I"), array("Q"), array("I")
        self._stands = bytearray()
        self._values: dict[int, tuple[int, object]] = {}
        self._last: dict[int, int] = {}  # by stream, its newest note
        self._standing = Standing()

    def add(self, number: int, event: Event) -> None:
        """The next event of the file."""
        watch = self._watches.get(event.stream) or self._begin(event)
        for note in watch.see(event):
            index = len(self._numbers)
            if note.value or note.detail is not None:
                self._values[index] = note.value, note.detail
            self._before.append(self._last.get(event.stream, NONE))
            self._keys.append(event.stream << CODE_BITS | code(note.sign, note.side))
            self._stands.append(note.stands)
            self._standing.add(number, event.stream, code(note.sign, note.side), note.stands)
            self._numbers.append(number)
            self._last[event.stream] = index  # last: whoever finds it finds all of it

    def let_go(self) -> None:
        """No more events come."""
        self._watches.clear()

    def problems(self, position: int, now_ns: int, until: Message) -> tuple[Problem, ...]:
        """What is wrong when `position` events have passed and the file's clock shows `now_ns`, the worst first."""
        found: list[tuple[int, Problem]] = []
        servers: dict[str, int] = {}
        left_out: dict[str, int] = {}
        for rule, of_code, members in self._groups(position, now_ns):
            servers[rule.id] = servers.get(rule.id, 0) + 1
            if servers[rule.id] > MOST_SERVERS:
                left_out[rule.id] = left_out.get(rule.id, 0) + len(members)
                continue
            gathered = self._gathered(rule, of_code, members, position, now_ns)
            found.append((RANK[rule.id, rule.sign], gathered.problem(until)))
        return (*worst_first(found), *map(beyond, left_out, left_out.values()))

    def problems_of(self, stream: int, position: int, now_ns: int, until: Message) -> tuple[Problem, ...]:
        """Those of one connection alone, which has begun then."""
        found = WireProblems()
        deque(found.add(self.facts(stream, position), now_ns), maxlen=0)
        return found.problems(until)

    def raised_at(self, key: int, rule: str, position: int) -> int | None:
        """The event, before `position`, that raised what this rule found on the end with this key."""
        stream, side = key >> 1, key & 1
        raised = (
            number
            for of_code, since in self._standing.at(position).items()
            if of_code & 1 == side and any(one.id == rule for one in RULES[of_code])
            if (number := since.get(stream)) is not None
        )
        return max(raised, default=None)

    def facts(self, stream: int, position: int) -> WireFacts:
        """All that a connection has shown until then."""
        notes, index = [], self._last.get(stream, NONE)
        while index != NONE:
            if self._numbers[index] < position:
                notes.append(index)
            index = self._before[index]
        facts = WireFacts(stream, self._ends[stream])
        for index in reversed(notes):
            facts.add(self._note(index))
        return facts

    def _groups(self, position: int, now_ns: int) -> Iterator[tuple[WireRule, int, Members]]:
        """What stands then, by rule, end and server."""
        times, server = self._segments.times, self._server
        met: dict[str, set[int]] = {}
        for of_code, since in self._standing.at(position).items():
            left = since
            for rule in RULES[of_code]:
                known = met.setdefault(rule.id, set())
                found = left
                if known or rule.after_ns:
                    latest_ns = now_ns - rule.after_ns
                    found = {one: at for one, at in left.items() if times[at] <= latest_ns and one not in known}
                known.update(found)
                left = {one: at for one, at in left.items() if one not in found} if len(found) < len(left) else {}
                by_server: dict[int, Members] = {}
                for one in found.items():
                    by_server.setdefault(server[one[0]], []).append(one)
                yield from ((rule, of_code, members) for members in by_server.values())

    def _gathered(self, rule: WireRule, of_code: int, members: Members, position: int, now_ns: int) -> Gathered:
        side = of_code & 1
        facts = self.facts(members[0][0], position)
        gathered = Gathered(rule, facts, side, now_ns, count=len(members))
        gathered.members += [stream << 1 | side for stream, _ in members[:MOST_MEMBERS]]
        gathered.frames += facts.seen[of_code].frames
        gathered.frames += [self._segments[number].segment.frame for _, number in members[1:MOST_FRAMES]]
        return gathered

    def _note(self, index: int) -> Note:
        number = self._numbers[index]
        value, detail = self._values.get(index, (0, None))
        sign, side = sign_of(self._keys[index] & CODE_MASK)
        frame = self._segments[number].segment.frame
        return Note(sign, side, frame, self._segments.times[number], value, bool(self._stands[index]), detail)

    def _begin(self, event: Event) -> FlowWatch:
        watch = self._watches[event.stream] = FlowWatch(self._origin)
        ends = event.segment.ends
        self._ends[event.stream] = ends = reversed_ends(ends) if event.side else ends
        self._server[event.stream] = self._servers.setdefault(server_of(ends), len(self._servers))
        return watch

    def _origin(self, event: Event) -> ResetOrigin | None:
        flow = self._find_flow(event.stream)
        return None if flow is None else flow.streams[event.side].reset_origin
