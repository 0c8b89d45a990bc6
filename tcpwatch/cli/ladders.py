"""Connections out of a log as ladders to draw: what the narration knows of each segment, as the report takes it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from tcpwatch.monitor.traffic.packet_log import Segments
from tcpwatch.narration.ladder import Ladder as SegmentsOfOne
from tcpwatch.narration.ladder import label_of
from tcpwatch.narration.narrate import names_of
from tcpwatch.narration.step import NarratedSegment
from tcpwatch.report.ladder import KEPT_AT_THE_END, MOST_RUNGS, Ladder, Rung, tone_of
from tcpwatch.report.records.problems import ReportedProblem
from tcpwatch.tcp.analysis import CAUTIONS
from tcpwatch.tcp.flow import Flow
from tcpwatch.why.catalog import Translate
from tcpwatch.wire.segment import reversed_ends

LOST, AGAIN = "lost", "retransmission"
NO_PORT = bytes(2)  # the remote end of a listener
MOST_LADDERS, MOST_OF_A_PROBLEM = 12, 3


def choose_ladders(
    log: Segments, problems: Sequence[ReportedProblem], flows: Iterable[Flow], translate: Translate
) -> tuple[list[Ladder], dict[int, list[int]]]:
    """The connections that show most: members of problems, the worst first, then those with remarks on the wire.

    Also which of the ladders are of which problem, by their places.
    """
    captured = _captured_ends(log)
    ladders: list[Ladder] = []
    places: dict[bytes, int] = {}
    of_problems: dict[int, list[int]] = {}

    def place_of(ends: bytes) -> int | None:
        """Where it is drawn, which it is now if there is room."""
        either = min(ends, reversed_ends(ends))
        if either not in places and len(ladders) < MOST_LADDERS:
            if (ladder := ladder_between(log, ends, translate)) is None:
                return None
            places[either] = len(ladders)
            ladders.append(ladder)
        return places.get(either)

    for number, record in enumerate(problems):
        found: list[int] = []
        for ends in _member_ends(record, captured):
            if (place := place_of(ends)) is not None and place not in found:
                found.append(place)
            if len(found) == MOST_OF_A_PROBLEM:
                break
        if found:
            of_problems[number] = found
    for flow in sorted(flows, key=remarks_of, reverse=True)[:MOST_LADDERS]:
        if flow.ends in captured and (remarks_of(flow) or not problems):
            place_of(flow.ends)
    return ladders, of_problems


def remarks_of(flow: Flow) -> int:
    """How many segments of it tell of loss or of a stopped window."""
    return sum(count for word, count in flow.analysis.items() if word in CAUTIONS)


def _captured_ends(log: Segments) -> Mapping[bytes, None]:
    """Who sent to whom, in either order, the newest first."""
    _, events = log.slice(log.first)
    captured: dict[bytes, None] = {}
    for event in reversed(events):
        captured.setdefault(event.segment.ends)
        captured.setdefault(reversed_ends(event.segment.ends))
    return captured


def _member_ends(record: ReportedProblem, captured: Mapping[bytes, None]) -> Iterator[bytes]:
    """The ends of its sockets of which segments are there; of a listener, those of who came to its port."""
    for member in record.members:
        ends = member.row.ends
        if ends[-2:] == NO_PORT:
            yield from (one for one in captured if one[-4:-2] == ends[-4:-2])
        elif ends in captured:
            yield ends


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
