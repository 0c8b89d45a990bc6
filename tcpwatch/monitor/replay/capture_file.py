"""A capture file in place of a Monitor: the same pictures, at whatever moment of the file the playhead is.

Law of the room: a picture follows from the moment alone, however the playhead came there. Nothing runs: where the file
is now is worked out when a front end pulls.
"""

import time
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import replace

from tcpwatch.errors import CaptureFileError, UsageError
from tcpwatch.monitor.detail import joined
from tcpwatch.monitor.history import by_ends
from tcpwatch.monitor.problems import ProblemFinder
from tcpwatch.monitor.replay.flow import RecordedFlow
from tcpwatch.monitor.replay.playhead import SILENCE_NS, Playhead
from tcpwatch.monitor.snapshot import Detail, Snapshot, SourceStatus
from tcpwatch.monitor.wiretap import left_out
from tcpwatch.sockets.counters import NO_STACK
from tcpwatch.tcp.event import Event
from tcpwatch.tcp.flow import Flow
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.wire.segment import reversed_ends

SEGMENT_LIMIT = 200_000  # segments held


class EventsUntilNow:
    """The events that have passed, as a PacketLog is read. `end` shrinks where the playhead goes back."""

    first = 0

    def __init__(self, events: list[Event], playhead: Playhead) -> None:
        self._events = events
        self._playhead = playhead

    @property
    def end(self) -> int:
        """How many have passed."""
        return self._playhead.position

    def slice(self, start: int, stop: int | None = None) -> tuple[int, list[Event]]:
        """The events numbered `start` to before `stop` that have passed, and the number of the first of them."""
        stop = self.end if stop is None else min(stop, self.end)
        return start, self._events[start:stop]


class Recorded:
    """All segments of a capture file, up to a limit, and a playhead in it."""

    kill = None  # there is no socket

    def __init__(
        self,
        name: str,
        events: Iterable[Event],
        tracker: FlowTracker,
        clock: Callable[[], int] = time.monotonic_ns,
        limit: int = SEGMENT_LIMIT,
        silence_ns: int = SILENCE_NS,
    ) -> None:
        """Reads all `events`, which `tracker` makes, of the file with this name; those past `limit` are only counted.

        No silence takes longer than `silence_ns` to play.

        `damage` is where the file broke off, None where it is whole.

        Raises UsageError where there is no segment; CaptureFileError where the damage comes before the first.
        """
        self.name = name
        self.events: list[Event] = []
        self.damage: CaptureFileError | None = None
        self.beyond = 0
        self._left_out: tuple[str, ...] = ()
        self._flows: list[RecordedFlow] = []
        self._by_ends: dict[bytes, list[RecordedFlow]] = {}
        try:
            self._read(events, tracker, limit)
        except CaptureFileError as error:
            self.damage = error
        self._left_out = left_out(tracker)
        if not self.events:
            raise self.damage or UsageError(f"{name} holds no TCP segment: there is nothing to show")
        self.playhead = Playhead([event.segment.time_ns for event in self.events], clock, silence_ns)
        self.packets = EventsUntilNow(self.events, self.playhead)
        self._picture: Snapshot | None = None
        self._picture_at = (0, 0)

    def snapshot(self) -> Snapshot:
        """The picture at the playhead's moment; the same object while that does not move."""
        self.playhead.look()
        now = position, now_ns = self.playhead.position, self.playhead.time_ns
        if self._picture is None or now != self._picture_at:
            self._picture, self._picture_at = self._take(position, now_ns), now
        return self._picture

    def detail(self, ends: bytes, key: int | None = None) -> Detail | None:
        """All that the file has shown until now of the connection with these ends; None where it has not begun.

        The problems come without their next steps: the commands are for the host on which the file was captured.
        """
        now_ns, position = self.snapshot().mono_ns, self._picture_at[0]
        begun = [one for one in reversed(self._by_ends.get(ends, ())) if one.numbers[0] < position]
        if not begun:
            return None
        place = next((one.place for one in begun if key is not None and one.stream == key >> 1), begun[0].place)
        recorded = next(one for one in begun if one.place == place)
        flow = recorded.flow(position, self.events)
        side = 0 if flow.ends == ends else 1
        both = recorded.ends_at(position, now_ns)
        wire_timelines = recorded.wire_timelines(position, self.events)
        known = joined(ends, both[side], both[1 - side], (flow, side), now_ns, wire_timelines=wire_timelines)
        return replace(known, problems=tuple(replace(problem, next_steps=()) for problem in known.problems))

    def now_ns(self) -> int:
        """The moment of the picture: in a file nothing goes on between two of them."""
        return self.snapshot().mono_ns

    def stop(self) -> None:
        """Nothing runs."""

    def _read(self, events: Iterable[Event], tracker: FlowTracker, limit: int) -> None:
        streams: dict[int, RecordedFlow] = {}
        for number, event in enumerate(events):
            if number >= limit:
                self.beyond += 1
                continue
            self.events.append(event)
            flow = tracker.stream(event.stream)
            if flow is None:
                found = tracker.flow(event.segment.ends)
                assert found is not None, "the tracker has just made an event of it"
                flow = found[0]
            recorded = streams.get(event.stream)
            if recorded is None:
                recorded = streams[event.stream] = self._begin(number, flow)
            recorded.add(number, event, flow)

    def _begin(self, number: int, flow: Flow) -> RecordedFlow:
        recorded = RecordedFlow(flow.stream, flow.ends, (flow.link, flow.vlan))
        self._flows.append(recorded)
        same_ends = self._by_ends.setdefault(flow.ends, [])
        self._by_ends[reversed_ends(flow.ends)] = same_ends
        if before := [one for one in same_ends if one.place == recorded.place]:
            before[-1].until = number
        same_ends.append(recorded)
        return recorded

    def _take(self, position: int, now_ns: int) -> Snapshot:
        begun = self._flows[: bisect_left(self._flows, position, key=_first_number)]
        connections = tuple(row for flow in begun for row in flow.rows(position, now_ns))
        problems = ProblemFinder().find(connections, NO_STACK, now_ns).problems
        return Snapshot(
            mono_ns=now_ns,
            time_ns=now_ns,
            connections=connections,
            by_key={connection.key: connection for connection in connections},
            by_ends=by_ends(connections),
            sources=self._sources(),
            captured=len(self.events),
            dropped=self.beyond,
            problems=tuple(replace(problem, next_steps=()) for problem in problems),
        )

    def _sources(self) -> tuple[SourceStatus, ...]:
        sources = [SourceStatus("packets", True, "a capture file", left_out=self._left_out)]
        if self.damage:
            where = self.damage.__cause__ or self.damage  # without the file's name
            sources.append(SourceStatus("file", False, f"damaged: {where}"))
        return tuple(sources)


def _first_number(recorded: RecordedFlow) -> int:
    return recorded.numbers[0]
