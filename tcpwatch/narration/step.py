"""A segment together with the states of both ends before and after it: what a sentence about it is made of.

The events are read in the order of the capture. A later segment may prove that an earlier one was lost, or that nobody
was there to receive it; `corrected` then rewrites the earlier ones.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from tcpwatch.narration.delivery import PeerKnowledge, Proof, States, denies_connection, is_again, swapped
from tcpwatch.tcp.event import Event
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import ACK, SYN, Endpoint

SegmentKind = tuple[object, ...]

FLOW_LIMIT = 4_096  # connections whose states are kept; one that has fallen out goes on as if seen from the middle


class NarratedSegment(NamedTuple):
    """One segment, with the states of its sender and of its receiver; `before` is None where they were not seen.

    `opened`: the opening was seen, so it is known who is the client and who the server. `lost`: a later segment proves
    that it did not arrive. `proofs` are what it proves of earlier ones. `answers`: a SYN-ACK sent again for a SYN
    that came again. `gives_up`: an RST after probes without an answer. `by_hand`: the side without a socket, of which
    somebody makes the segments by hand.
    """

    event: Event
    before: States | None
    after: States
    opened: bool
    lost: bool = False
    proofs: tuple[Proof, ...] = ()
    answers: bool = False
    gives_up: bool = False
    by_hand: int | None = None

    @property
    def kind(self) -> SegmentKind:
        """Two segments with the same kind have the same sentence, apart from their numbers."""
        event = self.event
        length = bool(event.segment.length)
        return event.step, event.analysis, event.note, event.app, length, self.before, self.after, self.by_hand

    @property
    def again(self) -> bool:
        """It was sent before."""
        return is_again(self.event)

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
    def denies_connection(self) -> bool:
        """An RST whose sender knows of no connection."""
        return denies_connection(self.event)

    @property
    def rejects_syn_ack(self) -> bool:
        """Such an RST as the answer to a SYN-ACK."""
        return self.denies_connection and self.before is not None and self.before[1] is State.SYN_RECEIVED

    @property
    def corrects(self) -> bool:
        """It proves that an earlier segment was lost, or had no connection to go to."""
        return bool(self.proofs) or self.unconnected

    @property
    def unconnected(self) -> bool:
        """Its sender has had no connection, nor a listener: it refuses or denies one, or calls itself."""
        return self.denies_connection or self.event.note in ("refused", "simultaneous open")

    def state_of(self, side: int) -> State:
        """Where it leaves the initiator (0) or the responder (1)."""
        return self.after[0 if side == self.event.side else 1]

    def not_received_by(self, side: int, state: State) -> "NarratedSegment":
        """The same segment, had it not reached this end, which stayed in `state`."""
        return self.staying_in(side, state)._replace(lost=self.lost or side != self.event.side)

    def staying_in(self, side: int, state: State) -> "NarratedSegment":
        """The same segment, had it left this end in `state`, where it was before."""
        before = self.before or self.after
        if side == self.event.side:
            return self._replace(before=(state, before[1]), after=(state, self.after[1]))
        return self._replace(before=(before[0], state), after=(self.after[0], state))


def corrected(segments: Iterable[NarratedSegment], by: NarratedSegment) -> list[NarratedSegment]:
    """The segments of one connection in order, rewritten by what a later one proves."""
    known = list(segments)
    for proof in by.proofs:
        known = _unmoved(known, proof)
    return _unconnected(known, by) if by.unconnected else known


def _unmoved(segments: Iterable[NarratedSegment], proof: Proof) -> list[NarratedSegment]:
    """Rewritten so that no segment moves the end once it is in the state of the proof."""
    rewritten, reached = [], False
    for narrated in segments:
        found = narrated.before and narrated.before[0 if proof.side == narrated.event.side else 1]
        reached = reached or proof.state in (found, narrated.state_of(proof.side))
        if reached and narrated.state_of(proof.side) is not proof.state:
            narrated = narrated.not_received_by(proof.side, proof.state)
        rewritten.append(narrated)
    return rewritten


def _unconnected(segments: Sequence[NarratedSegment], by: NarratedSegment) -> list[NarratedSegment]:
    """The end had no connection: at no time so far, or none when the segment came whose connection it denies."""
    side = by.event.side
    answered = next((narrated for narrated in reversed(segments) if narrated.event.side != side), None)
    never = by.rejects_syn_ack or not by.denies_connection
    return [
        narrated.staying_in(side, State.CLOSED)._replace(opened=by.opened)
        if never or narrated is answered
        else narrated
        for narrated in segments
    ]


class NarratedSegments:
    """Reads events in the order of the capture, of any number of flows.

    `by_hand` are the ports from which somebody sends segments made by hand.
    """

    def __init__(self, by_hand: Collection[int] = ()) -> None:
        self._by_hand = frozenset(by_hand)
        self._knowledge: dict[int, PeerKnowledge] = {}

    def of(self, event: Event) -> NarratedSegment:
        """The event and what it found."""
        knowledge = self._knowledge.pop(event.stream, None) or PeerKnowledge()
        narrated = self._narrated(event, knowledge)
        if len(self._knowledge) >= FLOW_LIMIT:
            del self._knowledge[next(iter(self._knowledge))]
        self._knowledge[event.stream] = knowledge
        return narrated

    def _narrated(self, event: Event, knowledge: PeerKnowledge) -> NarratedSegment:
        if knowledge.states is None and event.segment.flags & SYN:
            knowledge.opened = True
            knowledge.states = None if event.segment.flags & ACK else (State.CLOSED, State.LISTEN)
        knowledge.opened = knowledge.opened and event.note != "simultaneous open"
        proofs = knowledge.proofs(event)
        before = knowledge.states_before(event, proofs)
        after = (
            knowledge.states_after(event, before, proofs)
            if before
            else swapped((event.src_state, event.dst_state), event)
        )
        narrated = NarratedSegment(
            event, before and swapped(before, event), swapped(after, event), knowledge.opened,
            proofs=tuple(proofs), answers=knowledge.answers(event), gives_up=knowledge.gives_up(event),
        )  # fmt: skip
        knowledge.remember(event, before, after)
        return self._without_socket(narrated)

    def _without_socket(self, narrated: NarratedSegment) -> NarratedSegment:
        """Nothing is known of an end that has no socket but that it is CLOSED."""
        ports = (end.port for end in narrated.ends)
        for side, port in enumerate(ports) if self._by_hand else ():
            if port in self._by_hand:
                narrated = narrated.staying_in(side, State.CLOSED)._replace(by_hand=side)
        return narrated
