"""A wire trace, told: each line of the trace becomes what is said of it."""

from tcpwatch.narration.narrate import Told, narrate
from tcpwatch.narration.step import NarratedSegment, NarratedSegments
from tcpwatch.tcp.tracker import FlowTracker
from tests.tcp.trace import segments

OPENING = ("> S 0:1(0)", "< S. 0:1(0) ack 1", "> . 1:1(0) ack 1")


def turns(*lines: str) -> list[NarratedSegment]:
    tracker, read = FlowTracker(), NarratedSegments()
    return [read.of(tracker.receive_segment(segment)) for segment in segments(lines)]


def told(*lines: str) -> list[Told]:
    return [narrate(turn, str) for turn in turns(*lines)]


def moves(one: Told) -> list[str]:
    """`client SYN-SENT → ESTABLISHED`."""
    return [f"{move.end.removeprefix('the ')} {move.does} {move.words}" for move in one.moves]
