"""A wire trace in words: each of its lines becomes a narrated segment, or the description of it."""

from tcpwatch.narration.narrate import SegmentDescription, narrate
from tcpwatch.narration.step import NarratedSegment, NarratedSegments
from tcpwatch.tcp.tracker import FlowTracker
from tests.tcp.trace import segments

OPENING = ("> S 0:1(0)", "< S. 0:1(0) ack 1", "> . 1:1(0) ack 1")


def segments_of(*lines: str) -> list[NarratedSegment]:
    tracker, read = FlowTracker(), NarratedSegments()
    return [read.of(tracker.receive_segment(segment)) for segment in segments(lines)]


def described(*lines: str) -> list[SegmentDescription]:
    return [narrate(narrated, str) for narrated in segments_of(*lines)]


def moves(description: SegmentDescription) -> list[str]:
    """`client SYN-SENT → ESTABLISHED`."""
    return [f"{move.end.removeprefix('the ')} {move.does} {move.words}" for move in description.moves]
