"""The timelines of a connection on the wire (which segment caused which state), and merging them with the kernel's.

The capture shows which segment began a state, with an exact time. Only the kernel knows whether an end accepted a
segment, so the kernel's states are authoritative and the wire's states fill the gaps.
"""

from collections.abc import Iterable
from dataclasses import replace

from tcpwatch.monitor.traffic.packet_log import PacketLog
from tcpwatch.sockets.timeline import Interval, Precision, Timeline
from tcpwatch.tcp.event import Event, Step
from tcpwatch.tcp.state import State

MATCH_TOLERANCE_NS = (
    1_000_000_000  # tolerance between a state change and its segment: late wakeups on a busy host, a slewed clock
)

BothTimelines = tuple[Timeline, Timeline]
"""The timelines of initiator and responder."""
NO_TIMELINES: BothTimelines = (Timeline(), Timeline())


class WireTimeline:
    """The timelines of both ends of one flow, updated by its events. Times are on the capture's clock."""

    def __init__(self) -> None:
        self._states: tuple[State, State] | None = None
        self.timelines = NO_TIMELINES

    def add(self, events: Iterable[Event]) -> None:
        """Add these events of the flow, in order. The first event changes a state only if it is a SYN."""
        for event in events:
            states = (event.dst_state, event.src_state) if event.side else (event.src_state, event.dst_state)
            if states == self._states:
                continue
            previous = self._states or (
                (State.CLOSED, states[1]) if event.step is Step.SYN and not event.side else states
            )
            self._states = states
            first, second = (
                timeline if state is old else _with_interval(timeline, state, event, side)
                for side, (timeline, old, state) in enumerate(zip(self.timelines, previous, states, strict=True))
            )
            self.timelines = first, second


class LoggedWireTimeline:
    """The timelines of the last requested flow, from a packet log; each event of the log is read once."""

    def __init__(self, log: PacketLog) -> None:
        self._log = log
        self._stream: int | None = None
        self._wire_timeline = WireTimeline()
        self._next = 0

    def timelines(self, stream: int) -> BothTimelines:
        """The timelines of both ends of this flow, as far as its events are in the log."""
        if stream != self._stream:
            self._stream, self._wire_timeline, self._next = stream, WireTimeline(), 0
        first, events = self._log.slice(self._next)
        self._next = first + len(events)
        self._wire_timeline.add(event for event in events if event.stream == stream)
        return self._wire_timeline.timelines


def _with_interval(timeline: Timeline, state: State, event: Event, side: int) -> Timeline:
    """The timeline of the end `side` after an event that changed its state."""
    arrow = "→" if event.side == side else "←"
    cause = arrow + " · ".join(filter(None, (event.step, event.note)))
    entered = timeline.entering(state, event.segment.time_ns, Precision.WIRE)
    return replace(entered, intervals=(*entered.intervals[:-1], entered.intervals[-1]._replace(cause=cause)))


def shifted(timeline: Timeline, by_ns: int) -> Timeline:
    """The timeline on another clock."""
    return replace(
        timeline,
        intervals=tuple(interval._replace(since_ns=interval.since_ns + by_ns) for interval in timeline.intervals),
    )


def with_segments(kernel: Timeline, wire: Timeline) -> Timeline:
    """The kernel's timeline, with the segment that began each state; if the kernel has no exact time, the wire's time
    is used.

    Both are on the same clock.
    """
    intervals: list[Interval] = []
    remaining = wire.intervals
    for interval in kernel.intervals:
        match = next((index for index, other in enumerate(remaining) if _may_match(interval, other)), None)
        if match is None:
            intervals.append(interval)
        elif interval.precision is Precision.EXACT:
            intervals.append(interval._replace(cause=remaining[match].cause))
            remaining = remaining[match + 1 :]
        else:
            intervals += [*remaining[:match], remaining[match]._replace(occurrences=interval.occurrences)]
            remaining = remaining[match + 1 :]
    return replace(kernel, intervals=tuple(intervals))


def _may_match(interval: Interval, wire_interval: Interval) -> bool:
    """Whether both intervals can be the same state change."""
    later_ns = wire_interval.since_ns - interval.since_ns
    return interval.state is wire_interval.state and (
        later_ns < MATCH_TOLERANCE_NS
        if interval.precision is not Precision.EXACT
        else abs(later_ns) < MATCH_TOLERANCE_NS
    )
