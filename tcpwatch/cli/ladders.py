"""Connections out of a log as ladders to draw: what the narration knows of each segment, as the report takes it."""

from collections.abc import Sequence

from tcpwatch.monitor.packet_log import Segments
from tcpwatch.narration.ladder import Ladder as SegmentsOfOne
from tcpwatch.narration.ladder import label_of
from tcpwatch.narration.narrate import names_of
from tcpwatch.narration.step import NarratedSegment
from tcpwatch.report.ladder import KEPT_AT_THE_END, MOST_RUNGS, Ladder, Rung, tone_of
from tcpwatch.why.catalog import Translate

LOST, AGAIN = "lost", "retransmission"


def ladder_between(log: Segments, ends: bytes, translate: Translate) -> Ladder | None:
    """The newest connection with these ends, in either order; None where no segment of it is in the log."""
    segments = SegmentsOfOne(log, ends).segments
    return drawn(segments, translate) if segments else None


def drawn(segments: Sequence[NarratedSegment], translate: Translate) -> Ladder:
    """The segments of one connection, at least one; of many, the first and the last."""
    surplus = len(segments) - MOST_RUNGS
    gap = MOST_RUNGS - KEPT_AT_THE_END
    shown = segments if surplus <= 0 else [*segments[:gap], *segments[-KEPT_AT_THE_END:]]
    first, last = segments[0], segments[-1]
    begins = first.before
    return Ladder(
        stream=first.event.stream,
        names=names_of(last, translate),
        ends=(str(last.ends[0]), str(last.ends[1])),
        rungs=[_rung(narrated) for narrated in shown],
        begins=begins[::-1] if begins is not None and first.event.side else begins,
        left_out=max(0, surplus),
        gap=gap,
    )


def _rung(narrated: NarratedSegment) -> Rung:
    event = narrated.event
    after, before = narrated.after, narrated.before or narrated.after
    if event.side:
        after, before = after[::-1], before[::-1]
    label = label_of(narrated, absolute=False)
    marks = [AGAIN] if narrated.again and AGAIN not in label else []
    marks += [LOST] if narrated.lost else []
    return Rung(
        time_ns=event.segment.time_ns,
        side=event.side,
        label="   ".join((label, *marks)),
        states=after,
        changed=(after[0] is not before[0], after[1] is not before[1]),
        tone=tone_of(event),
        again=narrated.again,
        lost=narrated.lost,
    )
