"""What is known of both ends of a connection: in which state each is, and so which segments cannot have arrived.

The states in an Event suppose that every segment arrives. An end that repeats a step proves otherwise: it has had no
answer, and the other end has not received it either, unless something shows that it did.
"""

from typing import NamedTuple

from tcpwatch.tcp.event import Event, Step
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import ACK, FIN, RST, SYN

States = tuple[State, State]
# The state of an end that repeats this step. For the first FIN there are two: it depends on the ACK that it carries.
STILL = {
    Step.SYN: State.SYN_SENT,
    Step.SYN_ACK: State.SYN_RECEIVED,
    Step.PEER_FIN: State.LAST_ACK,
    Step.FIN_ACK: State.LAST_ACK,
}
# The state of an end that sends its SYN, or FIN, before the other's has reached it.
CROSSING = {"simultaneous open": State.SYN_SENT, "simultaneous close": State.FIN_WAIT_1}
LACKS_FIN = (State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2)  # an end in one of these has not received a FIN
MOVED_BY = {State.SYN_SENT: SYN | RST, State.ESTABLISHED: FIN | RST, State.FIN_WAIT_2: FIN | RST}
BY_ACK = ACK | RST  # any other state


class Proof(NamedTuple):
    """The end on this side (0: the initiator) is still in this state, whatever it was sent meanwhile."""

    side: int
    state: State


class PeerKnowledge:
    """What is known of one connection. `states`: the initiator's and the responder's, None before they are known."""

    def __init__(self) -> None:
        self.states: States | None = None
        self.opened = False
        self._behind = [False, False]  # it has not received all that was sent to it
        self._fin: list[int | None] = [None, None]  # one past its number
        self._unheard: list[State | None] = [None, None]  # its state if it has not received the other's FIN
        self._to_answer = [0, 0]  # SYNs of the other end that came again
        self._probes = [0, 0]  # since the other end sent anything

    def proofs(self, event: Event) -> list[Proof]:
        """What this segment proves of the time before it."""
        sender, receiver, step = event.side, 1 - event.side, event.step
        unheard = self._unheard[sender]
        if event.note == "simultaneous close":
            return [Proof(sender, unheard)] if unheard else []
        if step is None or not is_again(event) or self.answers(event):
            return []
        still = STILL.get(step)
        if step is Step.FIN:
            still = State.CLOSING if self._has_fin(event) else State.FIN_WAIT_1
        proofs = [Proof(sender, still)] if still else []
        missing = self._unheard[receiver]
        return [*proofs, Proof(receiver, missing)] if event.segment.flags & FIN and missing else proofs

    def answers(self, event: Event) -> bool:
        """A SYN-ACK sent again because the SYN came again: that does not prove that its sender had no answer."""
        return event.step is Step.SYN_ACK and self._to_answer[event.side] > 0

    def gives_up(self, event: Event) -> bool:
        """An RST after probes that nobody answered."""
        return event.step is Step.RST and self._probes[event.side] > 0

    def states_before(self, event: Event, proofs: list[Proof]) -> States | None:
        """The states before the segment, by side; None where they are not known."""
        if self.states is None:
            return None
        states = list(self.states)
        for side, state in proofs:
            states[side] = state
        if event.note in ("refused", "simultaneous open") or denies_connection(event):
            states[event.side] = State.CLOSED
        return states[0], states[1]

    def states_after(self, event: Event, before: States, proofs: list[Proof]) -> States:
        """The states after the segment, by side; `before` are those before it."""
        sender, receiver = event.side, 1 - event.side
        after = list(swapped((event.src_state, event.dst_state), event))
        ended = event.segment.flags & RST
        if event.note in CROSSING:
            after[sender] = CROSSING[event.note]
        elif proven := next((proof.state for proof in proofs if proof.side == sender), None):
            after[sender] = proven
        elif self._behind[sender] and before[sender] in LACKS_FIN and not (ended or self._has_fin(event)):
            after[sender] = before[sender]
        moved_by = MOVED_BY.get(before[receiver], BY_ACK)
        if self.gives_up(event) or (self._behind[receiver] and not event.segment.flags & moved_by):
            after[receiver] = before[receiver]
        return after[0], after[1]

    def remember(self, event: Event, before: States | None, after: States) -> None:
        """Take the segment into account for those that follow."""
        sender, receiver, flags = event.side, 1 - event.side, event.segment.flags
        by_tracker = swapped((event.src_state, event.dst_state), event)
        self._behind = [state is not tracked for state, tracked in zip(after, by_tracker, strict=True)]
        self.states = after
        if self._has_fin(event):
            self._unheard[sender] = None
        if flags & FIN and self._fin[sender] is None:
            self._fin[sender] = event.seq + event.segment.length + 1
            self._unheard[receiver] = before[receiver] if before else None
            self._unheard[sender] = after[sender] if self._unheard[sender] else None
        if event.step is Step.SYN:
            self._to_answer[receiver] += is_again(event)
        elif event.step is Step.SYN_ACK:
            self._to_answer[sender] = max(0, self._to_answer[sender] - 1)
        self._probes[receiver] = 0
        self._probes[sender] += "keep_alive" in event.analysis

    def _has_fin(self, event: Event) -> bool:
        """Its sender has received the other end's FIN, for it acknowledges it."""
        fin = self._fin[1 - event.side]
        return fin is not None and event.ack >= fin


def is_again(event: Event) -> bool:
    """It was sent before."""
    return any("retransmission" in word for word in event.analysis)


def denies_connection(event: Event) -> bool:
    """An RST that comes from no connection, and so has no ACK (RFC 9293 §3.10.7.1): its sender knows of none."""
    return event.note == "aborted" and not event.segment.flags & ACK


def swapped(states: States, event: Event) -> States:
    """The initiator's and the responder's as the sender's and the receiver's, or the reverse."""
    return (states[1], states[0]) if event.side else states
