"""A segment together with the states that it found: what a sentence about it is made of.

An Event has the states that it leaves, as if every segment arrived. Who reads the events of a capture in order knows
more: what a segment found, and where one that comes again proves that an answer was lost.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tcpwatch.tcp.event import Event, Step
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import ACK, SYN, Endpoint

FLOWS = 4_096  # connections whose states are kept; one that has fallen out goes on as if seen from the middle
# Where an end is that repeats this step. One that repeats the first FIN may have had the other's, or not.
STILL = {
    Step.SYN: State.SYN_SENT,
    Step.SYN_ACK: State.SYN_RECEIVED,
    Step.PEER_FIN: State.LAST_ACK,
    Step.FIN_ACK: State.LAST_ACK,
}


class Turn(NamedTuple):
    """One segment, with the states of its sender and of its receiver; `before` is None where they were not seen.

    `opened` says that the opening was seen, so that it is known who is the client and who the server; `lost`, that it
    was proved later not to have arrived.
    """

    event: Event
    before: tuple[State, State] | None
    after: tuple[State, State]
    opened: bool
    lost: bool = False

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

    @property
    def still(self) -> State | None:
        """The state that its sender must be in, whatever it was sent meanwhile, or it would not repeat this step."""
        return STILL.get(self.event.step) if self.event.step and self.again else None

    @property
    def disowns(self) -> bool:
        """An RST for a SYN-ACK that nobody asked for.

        It comes from no connection, and so has no ACK (RFC 9293 §3.10.7.1).
        """
        event = self.event
        refuses = event.note == "aborted" and not event.segment.flags & ACK
        return refuses and self.before is not None and self.before[1] is State.SYN_RECEIVED

    def state_of(self, side: int) -> State:
        """Where it leaves the initiator (0) or the responder (1)."""
        return self.after[0 if side == self.event.side else 1]

    def missed(self, side: int, state: State) -> "Turn":
        """The same, where this end had nothing of it and stayed in `state`."""
        if side == self.event.side:
            return self._replace(before=(state, (self.before or self.after)[1]), after=(state, self.after[1]))
        return self._replace(lost=True, before=((self.before or self.after)[0], state), after=(self.after[0], state))


def corrected(turns: Iterable[Turn], by: Turn) -> Iterator[Turn]:
    """The turns of one connection in order, as a later one shows them: nothing has moved its sender from `by.still`."""
    side, still, reached = by.event.side, by.still, False
    for turn in turns:
        found = turn.before and turn.before[0 if side == turn.event.side else 1]
        reached = reached or still in (found, turn.state_of(side))
        if still and reached and turn.state_of(side) is not still:
            turn = turn.missed(side, still)
        yield turn


class Turns:
    """Reads events in the order of the capture, of any number of flows."""

    def __init__(self) -> None:
        self._left: dict[int, tuple[tuple[State, State], bool]] = {}

    def of(self, event: Event) -> Turn:
        """The event and what it found."""
        states, opened = self._left.pop(event.stream, (None, False))
        if states is None and event.segment.flags & SYN:
            opened = True
            states = None if event.segment.flags & ACK else (State.CLOSED, State.LISTEN)
        turn = _turn(event, _swapped(states, event.side) if states else None, opened)
        if len(self._left) >= FLOWS:
            del self._left[next(iter(self._left))]
        self._left[event.stream] = _swapped(turn.after, event.side), turn.opened
        return turn


def _turn(event: Event, before: tuple[State, State] | None, opened: bool) -> Turn:
    sender, receiver = event.src_state, event.dst_state
    turn = Turn(event, before, (sender, receiver), opened and event.note != "simultaneous open")
    if before is None:
        return turn
    if event.note == "refused" or turn.disowns:  # nobody listened, or asked, as it turns out
        return turn._replace(before=(State.CLOSED, before[1]))
    if (still := turn.still) is not None:
        return turn._replace(before=(still, before[1]), after=(still, receiver))
    return turn


def _swapped(states: tuple[State, State], side: int) -> tuple[State, State]:
    """The initiator's and the responder's as the sender's and the receiver's, or the reverse."""
    return states[::-1] if side else states
