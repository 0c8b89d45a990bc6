"""A capture file in place of a Monitor: the same pictures, at whatever moment of the file the playhead is.

Law of the room: a picture follows from the moment alone, however the playhead came there. Where the file is now is
worked out when a front end pulls; what has been read meanwhile is taken in then, and at no other time.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from tcpwatch.diagnose.message import Message
from tcpwatch.diagnose.problem import Problem
from tcpwatch.diagnose.wire.group import END_OF_CAPTURE, THIS_MOMENT
from tcpwatch.errors import CaptureFileError, UsageError
from tcpwatch.monitor.detail import joined
from tcpwatch.monitor.history import by_ends
from tcpwatch.monitor.replay.playhead import SILENCE_NS, Playhead
from tcpwatch.monitor.replay.reading import FileReading
from tcpwatch.monitor.replay.tracker import ReplayTracker
from tcpwatch.monitor.snapshot import Detail, Snapshot, SourceStatus
from tcpwatch.monitor.traffic.wiretap import left_out
from tcpwatch.tcp.event import Event
from tcpwatch.text.quantity import counted

SEGMENT_LIMIT = 200_000  # segments held
# More is taken in so long after the last picture, and so many times as long as it took: keys do not wait for pictures.
IDLE_NS, IDLE_SHARE = 250_000_000, 8


class EventsUntilNow:
    """The events that have passed, as a PacketLog is read. `end` shrinks where the playhead goes back."""

    first = 0

    def __init__(self, events: Sequence[Event], playhead: Playhead) -> None:
        self._events = events
        self._playhead = playhead

    @property
    def end(self) -> int:
        """How many have passed."""
        return self._playhead.position

    def slice(self, start: int, stop: int | None = None) -> tuple[int, list[Event]]:
        """The events numbered `start` to before `stop` that have passed, and the number of the first of them."""
        stop = self.end if stop is None else min(stop, self.end)
        return start, list(self._events[start:stop])


class Recorded:
    """All segments of a capture file, up to a limit, and a playhead in it.

    `reads` is whether more may come: a thread reads on from the first picture on.
    """

    kill = None  # there is no socket

    def __init__(
        self,
        name: str,
        events: Iterable[Event],
        tracker: ReplayTracker,
        clock: Callable[[], int] = time.monotonic_ns,
        limit: int = SEGMENT_LIMIT,
        silence_ns: int = SILENCE_NS,
        at_once_ns: int | None = None,
        share: Callable[[], float | None] = lambda: None,
    ) -> None:
        """Reads the `events`, which `tracker` makes, of the file with this name; those past `limit` are only counted.

        It reads for `at_once_ns`, and at least the first segment; None: all of them. `share` tells how much of the file
        has been read, None where that is not known. No silence takes longer than `silence_ns` to play.

        Raises UsageError where there is no segment; CaptureFileError where the damage comes before the first.
        """
        self.name = name
        self._clock = clock
        self._tracker = tracker
        self._share = share
        self._percent: int | None = None
        self._reading = FileReading(events, tracker, limit)
        end_ns = None if at_once_ns is None else clock() + at_once_ns
        self._reading.read(lambda: end_ns is not None and clock() >= end_ns)
        if not self._reading.ready:
            raise self._reading.damage or UsageError(f"{name} holds no TCP segment: there is nothing to show")
        self._flows = self._reading.flows
        self.events: Sequence[Event] = self._flows.segments
        self.control: Sequence[int] = self._flows.segments.control
        self.damage: CaptureFileError | None = None
        self.beyond = 0
        self.reads = True
        self._due_ns = clock()
        self.playhead = Playhead((), clock, silence_ns)
        self._take_in()
        self.packets = EventsUntilNow(self.events, self.playhead)
        self._picture: Snapshot | None = None
        self._picture_at = (0, 0)

    def snapshot(self) -> Snapshot:
        """The picture at the playhead's moment; the same object while that does not move and nothing is read."""
        self._reading.start()
        began_ns = self._clock()
        more = self.reads and (began_ns >= self._due_ns or self._reading.over) and self._take_in()
        self.playhead.look()
        now = position, now_ns = self.playhead.position, self.playhead.time_ns
        if self._picture is None or now != self._picture_at:
            self._picture, self._picture_at = self._take(position, now_ns), now
        elif more:  # behind the playhead
            self._picture = replace(
                self._picture, sources=self._sources(), captured=self.playhead.end, dropped=self.beyond
            )
        else:
            return self._picture
        ended_ns = self._clock()
        self._due_ns = ended_ns + max(IDLE_NS, (ended_ns - began_ns) * IDLE_SHARE)
        return self._picture

    def detail(self, ends: bytes, key: int | None = None) -> Detail | None:
        """All that the file has shown until now of the connection with these ends; None where it has not begun.

        The problems come without their next steps: the commands are for the host on which the file was captured.
        """
        now_ns, position = self.snapshot().mono_ns, self._picture_at[0]
        index = self._flows.find(ends, position, None if key is None else key >> 1)
        if index is None:
            return None
        flow = self._flows.flow(index, position)
        side = 0 if flow.ends == ends else 1
        both = self._flows.ends_at(index, position).both(now_ns)
        wire_timelines = self._flows.wire_timelines(index, position)
        known = joined(ends, both[side], both[1 - side], (flow, side), now_ns, wire_timelines=wire_timelines)
        of_wire = self._reading.signs.problems_of(flow.stream, position, now_ns, self._until(position))
        of_state = (one for one in known.problems if not any(said.rule.startswith(one.rule) for said in of_wire))
        return replace(known, problems=(*of_wire, *(replace(problem, next_steps=()) for problem in of_state)))

    @property
    def begun(self) -> int:
        """How many connections have begun at the playhead's moment."""
        return self._flows.begun(self.playhead.position)

    def find_moment(self, key: int, rule: str) -> int | None:
        """How many segments have passed when the end with this key shows what the rule has found; None where never."""
        number = self._reading.signs.raised_at(key, rule, self.playhead.position)
        return None if number is None else number + 1

    def now_ns(self) -> int:
        """The moment of the picture: in a file nothing goes on between two of them."""
        return self.snapshot().mono_ns

    def stop(self) -> None:
        """Read no more."""
        self._reading.stop()

    def check(self) -> None:
        """Raise where it has been stopped: for what reads the file, which may not come to a segment for long."""
        self._reading.check()

    def _take_in(self) -> bool:
        """Show what has been read until now; whether that changes anything."""
        reading, playhead = self._reading, self.playhead
        over, ready, beyond = reading.over, reading.ready, reading.beyond  # `over` first: what it tells of is there
        share = self._share()
        percent = None if share is None else int(share * 100)
        more = over or (ready, beyond, percent) != (playhead.end, self.beyond, self._percent)
        self._percent = percent
        self.reads = playhead.grows = not over
        self.damage = reading.damage if over else None
        self.beyond = beyond
        playhead.extend(self._flows.segments.times[playhead.end : ready])
        return more

    def _take(self, position: int, now_ns: int) -> Snapshot:
        connections = tuple(self._flows.connections(position, now_ns))
        return Snapshot(
            mono_ns=now_ns,
            time_ns=now_ns,
            connections=connections,
            by_key={connection.key: connection for connection in connections},
            by_ends=by_ends(connections),
            sources=self._sources(),
            captured=self.playhead.end,
            dropped=self.beyond,
            problems=self._problems(position, now_ns),
        )

    def _problems(self, position: int, now_ns: int) -> tuple[Problem, ...]:
        """What the wire has shown to be wrong until then."""
        return self._reading.signs.problems(position, now_ns, self._until(position))

    def _until(self, position: int) -> Message:
        """Up to when it was looked, in words."""
        return END_OF_CAPTURE if not self.reads and position == self.playhead.end else THIS_MOMENT

    def _sources(self) -> tuple[SourceStatus, ...]:
        sources = [SourceStatus("packets", True, "a capture file", left_out=left_out(self._tracker))]
        if self.reads:
            how_far = "reading on" if self._percent is None else f"read {self._percent} %"
            begun = counted(self._flows.begun(self.playhead.end), "connection")
            sources.append(SourceStatus("file", True, f"{how_far}: {begun} so far"))
        if self.damage:
            where = self.damage.__cause__ or self.damage  # without the file's name
            sources.append(SourceStatus("file", False, f"damaged: {where}"))
        return tuple(sources)
