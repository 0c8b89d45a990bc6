"""What the rows of a recorded connection follow from: how long its ends were in which state."""

from typing import NamedTuple, Optional

from tcpwatch.monitor.history import MARK_NS
from tcpwatch.monitor.snapshot import Mark
from tcpwatch.tcp.state import State

NO_SOCKET = frozenset({State.LISTEN, State.CLOSED})  # states of an end that has no connection of its own
TWO_MSL_NS = 240_000_000_000  # RFC 9293 §3.4.2: no TIME-WAIT is older, though no segment shows its end
NEVER_NS = (1 << 63) - 1


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
    """An event that changes a state: its time, and the spans of both ends."""

    time_ns: int
    spans: tuple[StateSpan, StateSpan]

    @property
    def settled_ns(self) -> int:
        """When its marks are over."""
        return min(self.time_ns + MARK_NS, NEVER_NS)

    @property
    def expires_ns(self) -> int:
        """When a TIME-WAIT is over."""
        over = [span.since_ns + TWO_MSL_NS for span in self.spans if span.state is State.TIME_WAIT]
        return min(*over, NEVER_NS) if over else NEVER_NS


def following(before: StateChange | None, time_ns: int, states: tuple[State, ...], seen: bool) -> StateChange:
    """The change to these states at that time, after the one `before`."""
    first, second = (
        span if span and span.state is state else StateSpan(state, time_ns, seen, span)
        for span, state in zip(before.spans if before else (None, None), states, strict=True)
    )
    return StateChange(time_ns, (first, second))
