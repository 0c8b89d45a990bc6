"""A segment in words: what it is, and what it does to the state machines of both ends.

Law: a sentence states what was seen. A segment was seen to leave its sender; that it arrives is what its step means,
and where the kernel's own table shows that it did not, `doubt` is the sentence for that.
"""

from typing import NamedTuple

from tcpwatch.narration.sentences import (
    BY_HAND,
    CLIENT,
    DOUBT,
    LOST,
    MEANS,
    MISSES,
    RECEIVES,
    SENDS,
    SENTENCES,
    SERVER,
    UNCHANGED,
    SentenceRule,
)
from tcpwatch.narration.step import NarratedSegment
from tcpwatch.tcp.state import State
from tcpwatch.text.charset import NO_BREAK
from tcpwatch.why.catalog import Translate


class Move(NamedTuple):
    """What becomes of one end: "the client receives, SYN-SENT → ESTABLISHED, open"; `before` None: not known."""

    end: str
    does: str
    before: State | None
    after: State
    means: str

    @property
    def words(self) -> str:
        """`SYN-SENT → ESTABLISHED`; the state alone where it stays."""
        return self.after if self.before in (None, self.after) else f"{self.before} → {self.after}"


class SegmentDescription(NamedTuple):
    """A segment in words: the sentence, and what becomes of the initiator and of the responder."""

    message: str
    moves: tuple[Move, Move]


def narrate(narrated: NarratedSegment, translate: Translate) -> SegmentDescription:
    """Put one segment into words."""
    rule = next(rule for rule in SENTENCES if rule.applies(narrated))
    names = names_of(narrated, translate)
    sender, receiver = names[::-1] if narrated.event.side else names
    message = translate(rule.message).format_map(_numbers(narrated) | {"sender": sender, "receiver": receiver})
    moves = _sender(narrated, rule, sender, translate), _receiver(narrated, rule, receiver, translate)
    return SegmentDescription(message[0].upper() + message[1:], moves[::-1] if narrated.event.side else moves)


def names_of(narrated: NarratedSegment, translate: Translate) -> tuple[str, str]:
    """What the initiator and the responder are called: by their ports where nobody saw who opened."""
    return (translate(CLIENT), translate(SERVER)) if narrated.opened else (str(narrated.ends[0]), str(narrated.ends[1]))


def doubt(narrated: NarratedSegment, states: tuple[State | None, State | None], translate: Translate) -> str | None:
    """Where a later look at the kernel's table finds the receiver where it was: that the segment has not arrived.

    `states` are the kernel's, the initiator's first; None where it has no socket there.
    """
    receiver = 0 if narrated.event.side else 1
    if narrated.before is None or not narrated.before[1] == states[receiver] != narrated.after[1]:
        return None
    end = names_of(narrated, translate)[receiver]
    return translate(DOUBT).format(end=end, state=states[receiver])


def _sender(narrated: NarratedSegment, rule: SentenceRule, name: str, translate: Translate) -> Move:
    before = narrated.before[0] if narrated.before else None
    means = rule.sender or (BY_HAND if narrated.by_hand == narrated.event.side else None)
    return _move(name, SENDS, before, narrated.after[0], means, translate)


def _receiver(narrated: NarratedSegment, rule: SentenceRule, name: str, translate: Translate) -> Move:
    before, after = narrated.before[1] if narrated.before else None, narrated.after[1]
    if narrated.by_hand == 1 - narrated.event.side:
        return _move(name, RECEIVES, before, after, BY_HAND, translate)
    if narrated.lost:
        return _move(name, MISSES, before, after, LOST, translate)
    return _move(name, RECEIVES, before, after, rule.receiver if after is not State.CLOSED else None, translate)


def _move(name: str, does: str, before: State | None, after: State, means: str | None, translate: Translate) -> Move:
    means = means or (UNCHANGED if before is after is not State.CLOSED else MEANS[after])
    return Move(name, translate(does), before, after, translate(means))


def _numbers(narrated: NarratedSegment) -> dict[str, str]:
    event, segment = narrated.event, narrated.event.segment
    numbers = {
        "isn": segment.seq,
        "ack": segment.ack,
        "fin": event.seq + segment.length,
        "next": event.ack,
        "first": event.seq,
        "last": event.seq + segment.length - 1,
        "length": segment.length,
        "window": event.window,
    }
    return {name: f"{number:,}".replace(",", NO_BREAK) for name, number in numbers.items()} | {"app": event.app or ""}
