"""A segment told to somebody who watches: what it is, and what it does to the state machines of both ends.

Law: what is said was seen. A segment was seen to leave its sender; that it arrives is what its step means, and where
the kernel's own table shows that it did not, `doubt` says so.
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
    SERVER,
    TELLINGS,
    UNCHANGED,
    Telling,
)
from tcpwatch.narration.step import NarratedSegment
from tcpwatch.tcp.state import State
from tcpwatch.why.catalog import Translate

NO_BREAK = "\N{NO-BREAK SPACE}"  # between the groups of a number's digits


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


class Told(NamedTuple):
    """The sentence, and what becomes of the initiator and of the responder."""

    message: str
    moves: tuple[Move, Move]


def narrate(turn: NarratedSegment, translate: Translate) -> Told:
    """Tell one segment."""
    telling = next(one for one in TELLINGS if one.holds(turn))
    names = names_of(turn, translate)
    sender, receiver = names[::-1] if turn.event.side else names
    message = translate(telling.message).format_map(_numbers(turn) | {"sender": sender, "receiver": receiver})
    moves = _sender(turn, telling, sender, translate), _receiver(turn, telling, receiver, translate)
    return Told(message[0].upper() + message[1:], moves[::-1] if turn.event.side else moves)


def names_of(turn: NarratedSegment, translate: Translate) -> tuple[str, str]:
    """What the initiator and the responder are called: by their ports where nobody saw who opened."""
    return (translate(CLIENT), translate(SERVER)) if turn.opened else (str(turn.ends[0]), str(turn.ends[1]))


def doubt(turn: NarratedSegment, states: tuple[State | None, State | None], translate: Translate) -> str | None:
    """Where a later look at the kernel's table finds the receiver where it was: that the segment has not arrived.

    `states` are the kernel's, the initiator's first; None where it has no socket there.
    """
    receiver = 0 if turn.event.side else 1
    if turn.before is None or not turn.before[1] == states[receiver] != turn.after[1]:
        return None
    end = names_of(turn, translate)[receiver]
    return translate(DOUBT).format(end=end, state=states[receiver])


def _sender(turn: NarratedSegment, telling: Telling, name: str, translate: Translate) -> Move:
    before = turn.before[0] if turn.before else None
    means = telling.sender or (BY_HAND if turn.by_hand == turn.event.side else None)
    return _move(name, SENDS, before, turn.after[0], means, translate)


def _receiver(turn: NarratedSegment, telling: Telling, name: str, translate: Translate) -> Move:
    before, after = turn.before[1] if turn.before else None, turn.after[1]
    if turn.by_hand == 1 - turn.event.side:
        return _move(name, RECEIVES, before, after, BY_HAND, translate)
    if turn.lost:
        return _move(name, MISSES, before, after, LOST, translate)
    return _move(name, RECEIVES, before, after, telling.receiver if after is not State.CLOSED else None, translate)


def _move(name: str, does: str, before: State | None, after: State, means: str | None, translate: Translate) -> Move:
    means = means or (UNCHANGED if before is after is not State.CLOSED else MEANS[after])
    return Move(name, translate(does), before, after, translate(means))


def _numbers(turn: NarratedSegment) -> dict[str, str]:
    event, segment = turn.event, turn.event.segment
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
