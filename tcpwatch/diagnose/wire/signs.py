"""What a connection has shown on the wire that is worth a word, up to a moment.

Rule: a sign is raised by a segment and, where it can pass, taken back by another. So the signs of a moment follow from
the notes before it alone, and a sign that stands is no more than "not by then".
"""

from enum import Enum, auto
from typing import NamedTuple

MOST_FRAMES = 16  # that are kept as evidence of a sign


class Sign(Enum):
    """A kind of sign. Those that pass say what takes them back."""

    SYN = auto()  # until it is answered
    SYN_ACK = auto()  # until the handshake is complete
    OPENED_LATE = auto()
    REFUSED = auto()
    REJECTED = auto()  # an RST before the connection was open at both ends
    RESET = auto()
    RESET_IN_BETWEEN = auto()
    RESET_AFTER_FIN = auto()
    GIVEN_UP = auto()  # an RST after keep-alives that nobody answered
    SHUT = auto()  # a zero window, until it is open again or the connection is over
    PROBED = auto()
    REOPENED = auto()
    ENDED_SHUT = auto()
    RETRANSMITTED = auto()
    REPEATED = auto()  # the same bytes
    UNACKNOWLEDGED = auto()  # they too, until their ACK comes
    MANY_RETRANSMISSIONS = auto()
    TOO_LARGE = auto()  # the first segment of full size and no smaller one is sent again and again
    ICMP_TOO_BIG = auto()
    ASKED = auto()  # until the answer begins
    ANSWERED_LATE = auto()
    TLS_LATE = auto()
    SPOKE_LATE = auto()
    UNCLOSED = auto()  # the other end's FIN is acknowledged, until this end closes, or sends
    STREAMED = auto()  # after the other end's FIN
    ONE_SIDED = auto()
    REUSED = auto()
    NOT_CAPTURED = auto()  # what was acknowledged is not in the capture


PASSING = frozenset({Sign.SYN, Sign.SYN_ACK, Sign.ASKED, Sign.UNCLOSED})
"""What every ordinary connection shows for a moment: it leaves nothing behind."""
SIGNS = tuple(Sign)


def code(sign: Sign, side: int) -> int:
    """A small number for a sign of one end."""
    value: int = sign.value
    return value << 1 | side


def sign_of(number: int) -> tuple[Sign, int]:
    """The sign and the end that a code stands for."""
    return SIGNS[(number >> 1) - 1], number & 1


class Note(NamedTuple):
    """What one segment shows: a sign of the end `side`, raised, or taken back where `stands` is false.

    `value` is a length of time in ns, a number of times or of bytes, as the sign has it.
    """

    sign: Sign
    side: int
    frame: int
    time_ns: int
    value: int = 0
    stands: bool = True
    detail: object = None


class Seen:
    """One sign of one end: how often, since when, in which frames, and the greatest value and the sum of them."""

    __slots__ = ("detail", "frames", "since_ns", "stands", "times", "total", "worst")

    def __init__(self) -> None:
        self.times = 0
        self.since_ns = 0
        self.stands = False
        self.frames: tuple[int, ...] = ()
        self.worst = 0
        self.total = 0
        self.detail: object = None


class WireFacts:
    """One connection: `seen` has its signs by their code; side 0 is the initiator."""

    __slots__ = ("ends", "seen", "stream")

    def __init__(self, stream: int, ends: bytes) -> None:
        self.stream = stream
        self.ends = ends
        self.seen: dict[int, Seen] = {}

    def add(self, note: Note) -> None:
        """The next note."""
        key = code(note.sign, note.side)
        seen = self.seen.get(key)
        if seen is None:
            if not note.stands:
                return
            seen = self.seen[key] = Seen()
        if not note.stands:
            seen.stands = False
            if seen.times == 1 and note.sign in PASSING:
                del self.seen[key]
            return
        if not seen.stands:
            seen.since_ns = note.time_ns
        seen.stands = True
        seen.times += 1
        seen.total += note.value
        seen.worst = max(seen.worst, note.value)
        seen.detail = note.detail if note.detail is not None else seen.detail
        if len(seen.frames) < MOST_FRAMES:
            seen.frames += (note.frame,)

    def of(self, sign: Sign, side: int) -> Seen | None:
        """This sign of this end."""
        return self.seen.get(code(sign, side))

    def times(self, sign: Sign, side: int) -> int:
        """How often it has been seen."""
        return seen.times if (seen := self.seen.get(code(sign, side))) else 0
