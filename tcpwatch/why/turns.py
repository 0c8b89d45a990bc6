"""A segment together with the states that it found: what a sentence about it is made of.

An Event has the states that it leaves. What it found is what the event before it left, so one who reads the events of
a capture in order knows both.
"""

from typing import NamedTuple

from tcpwatch.tcp.event import Event
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import ACK, SYN, Endpoint

FLOWS = 4_096  # connections whose states are kept; one that has fallen out goes on as if seen from the middle
BOTH = SYN | ACK


class Turn(NamedTuple):
    """One segment; `before` are the states of its sender and of its receiver, None where they were not seen.

    `opened` says that the opening was seen, so that it is known who is the client and who the server.
    """

    event: Event
    before: tuple[State, State] | None
    opened: bool

    @property
    def after(self) -> tuple[State, State]:
        """The states of its sender and of its receiver."""
        return self.event.src_state, self.event.dst_state

    @property
    def again(self) -> bool:
        """It was sent before."""
        return any("retransmission" in word for word in self.event.analysis)

    @property
    def ends(self) -> tuple[Endpoint, Endpoint]:
        """The initiator, then the responder."""
        ends = self.event.segment.source, self.event.segment.destination
        return (ends[1], ends[0]) if self.event.side else ends

    @property
    def moves(self) -> bool:
        """It changes the state of an end."""
        return self.before is not None and self.before != self.after


class Turns:
    """Reads events in the order of the capture, of any number of flows."""

    def __init__(self) -> None:
        self._left: dict[int, tuple[tuple[State, State], bool]] = {}

    def of(self, event: Event) -> Turn:
        """The event and what it found."""
        before, opened = self._left.pop(event.stream, (None, False))
        if before is None and event.segment.flags & SYN:
            opened = True
            before = (State.CLOSED, State.LISTEN) if event.segment.flags & BOTH == SYN else None
        if len(self._left) >= FLOWS:
            del self._left[next(iter(self._left))]
        opened = opened and event.note != "simultaneous open"
        left = event.src_state, event.dst_state
        self._left[event.stream] = left[::-1] if event.side else left, opened
        found = before[::-1] if before and event.side else before
        return Turn(event, found, opened)
