"""The course of a connection on the wire: which segment moved which end into which state; the kernel's life beside it.

The wire tells what began a state, and when, to the nanosecond of the capture's clock. Whether an end took a segment
only the kernel tells, so its own states stand, and the wire's fill in what it left open.
"""

from collections.abc import Iterable
from dataclasses import replace

from tcpwatch.monitor.packet_log import PacketLog
from tcpwatch.sockets.timeline import Dwell, Known, Life
from tcpwatch.tcp.event import Event, Step
from tcpwatch.tcp.state import State

SAME_NS = 1_000_000_000  # how far a socket's change may be from its segment: a wakeup on a busy host, a slewed clock

Lives = tuple[Life, Life]
"""Of the initiator and of the responder."""
NO_COURSE: Lives = (Life(), Life())


class Course:
    """The lives of both ends of one flow, as its segments come. Times are the capture's."""

    def __init__(self) -> None:
        self._states: tuple[State, State] | None = None
        self.lives = NO_COURSE

    def take(self, events: Iterable[Event]) -> None:
        """Go on with these events of the flow, in order. Of the first, only a SYN tells what it has moved."""
        for event in events:
            states = (event.dst_state, event.src_state) if event.side else (event.src_state, event.dst_state)
            if states == self._states:
                continue
            before = self._states or (
                (State.CLOSED, states[1]) if event.step is Step.SYN and not event.side else states
            )
            self._states = states
            first, second = (
                life if state is old else _moved(life, state, event, side)
                for side, (life, old, state) in enumerate(zip(self.lives, before, states, strict=True))
            )
            self.lives = first, second


class LoggedCourse:
    """The course of the flow that was last asked for, from a log of which each event is looked at once."""

    def __init__(self, log: PacketLog) -> None:
        self._log = log
        self._stream: int | None = None
        self._course = Course()
        self._next = 0

    def lives(self, stream: int) -> Lives:
        """The lives of both ends of this flow, as far as its events are in the log."""
        if stream != self._stream:
            self._stream, self._course, self._next = stream, Course(), 0
        first, events = self._log.slice(self._next)
        self._next = first + len(events)
        self._course.take(event for event in events if event.stream == stream)
        return self._course.lives


def _moved(life: Life, state: State, event: Event, side: int) -> Life:
    """The life of the end `side` after an event that has moved it."""
    arrow = "→" if event.side == side else "←"
    cause = arrow + " · ".join(filter(None, (event.step, event.note)))
    entered = life.entering(state, event.segment.time_ns, Known.WIRE)
    return replace(entered, dwells=(*entered.dwells[:-1], entered.dwells[-1]._replace(cause=cause)))


def shifted(life: Life, by_ns: int) -> Life:
    """The same life on another clock."""
    return replace(life, dwells=tuple(dwell._replace(since_ns=dwell.since_ns + by_ns) for dwell in life.dwells))


def with_segments(kernel: Life, wire: Life) -> Life:
    """The kernel's life with the segment that began each state; where the kernel told no moment, the wire's counts.

    Both are on one clock.
    """
    dwells: list[Dwell] = []
    rest = wire.dwells
    for dwell in kernel.dwells:
        at = next((index for index, other in enumerate(rest) if _same(dwell, other)), None)
        if at is None:
            dwells.append(dwell)
        elif dwell.known is Known.EXACT:
            dwells.append(dwell._replace(cause=rest[at].cause))
            rest = rest[at + 1 :]
        else:
            dwells += [*rest[:at], rest[at]._replace(happened=dwell.happened)]
            rest = rest[at + 1 :]
    return replace(kernel, dwells=tuple(dwells))


def _same(dwell: Dwell, by_wire: Dwell) -> bool:
    """Whether the wire's dwell may be the kernel's."""
    later_ns = by_wire.since_ns - dwell.since_ns
    return dwell.state is by_wire.state and (
        later_ns < SAME_NS if dwell.known is not Known.EXACT else abs(later_ns) < SAME_NS
    )
