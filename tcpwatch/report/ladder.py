"""A connection as a ladder, as data: who stands at either lifeline, and what went between them.

What a segment means has been found out before; whoever draws it adds nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from tcpwatch.tcp.analysis import CAUTIONS
from tcpwatch.tcp.event import Event, Step
from tcpwatch.tcp.state import State

MOST_RUNGS = 60  # of one ladder; of a longer connection the beginning and the end are kept
KEPT_AT_THE_END = 30


class Tone(StrEnum):
    """What kind of segment it is, for its colour; the words beside it say it too."""

    PLAIN = "plain"
    OPENING = "opening"
    CLOSING = "closing"
    RESET = "reset"
    CAUTION = "caution"


OPENING_STEPS = (Step.SYN, Step.SYN_ACK, Step.HANDSHAKE_ACK)


@dataclass(frozen=True, slots=True)
class Rung:
    """A segment: `side` 0 is that of the left line, `label` what it is, `states` what it leaves at the left and right.

    `changed` says which of them it has changed; `again` that it was sent before, `lost` that it did not arrive.
    """

    time_ns: int
    side: int
    label: str
    states: tuple[State, State]
    changed: tuple[bool, bool]
    tone: Tone = Tone.PLAIN
    again: bool = False
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Ladder:
    """A connection. `names` are what the ends are called, `ends` their addresses; `stream` is its number.

    `begins` are the states before the first segment, None where they are not known. `left_out` segments are not among
    the `rungs`, where number `gap` comes behind them.
    """

    stream: int
    names: tuple[str, str]
    ends: tuple[str, str]
    rungs: Sequence[Rung]
    begins: tuple[State, State] | None = None
    left_out: int = 0
    gap: int = 0

    @property
    def title(self) -> str:
        """Both ends."""
        return f"{self.ends[0]} ⇄ {self.ends[1]}"


def tone_of(event: Event) -> Tone:
    """The tone of a segment: of its step, or of what is wrong with it."""
    if event.step is Step.RST:
        return Tone.RESET
    if not CAUTIONS.isdisjoint(event.analysis):
        return Tone.CAUTION
    if event.step is None:
        return Tone.PLAIN
    return Tone.OPENING if event.step in OPENING_STEPS else Tone.CLOSING
