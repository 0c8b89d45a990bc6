"""The description of a segment as lines: the sentence, and what becomes of either end. Pure."""

from collections.abc import Iterable

from tcpwatch.monitor.snapshot import Mark, Snapshot
from tcpwatch.narration.narrate import Move, SegmentDescription, doubt
from tcpwatch.narration.step import NarratedSegment
from tcpwatch.tcp.state import State
from tcpwatch.text.cells import cells
from tcpwatch.tui.paint.glyphs import STATE_LOOKS, STEP_LOOKS
from tcpwatch.tui.paint.line import Line, Run, fit, width_of
from tcpwatch.why.catalog import Translate
from tcpwatch.why.page import wrap_translated
from tcpwatch.wire.segment import reversed_ends

SETTLED_NS = 150_000_000  # a look at the kernel's table this long after a segment finds what the segment did
WIDTH_FOR_VERBS = 100  # cells from which there is room for who sends and who receives


def description_lines(description: SegmentDescription, style: str, width: int) -> list[Line]:
    """The sentence, then each end's move in a line of its own, in columns."""
    lines = [Line(((f" {text}", style),)) for text in wrap_translated(description.message, width - 2)]
    names = max(cells(move.end) for move in description.moves)
    does = max(cells(move.does) for move in description.moves) if width >= WIDTH_FOR_VERBS else 0
    words = max(cells(move.words) for move in description.moves)
    for move in description.moves:
        runs: list[Run] = [(f" {fit(move.end, names)}  ", "label")]
        runs += [(f"{fit(move.does, does)}  ", "muted")] if does else []
        runs += [*_states(move), (" " * (words - cells(move.words) + 2), "")]
        first, *rest = wrap_translated(move.means, max(20, width - width_of(runs) - 1))
        lines.append(Line((*runs, (first, "muted" if move.before is move.after else ""))))
        lines += (Line(((" " * width_of(runs) + text, ""),)) for text in rest)
    return lines


def _states(move: Move) -> list[Run]:
    if move.before is move.after:
        return [(move.words, "muted")]
    before, arrow, after = move.words.rpartition(" → ")
    return [(before + arrow, "muted"), (after, STATE_LOOKS[move.after].style)]


def style_of(narrated: NarratedSegment) -> str:
    """The style of a segment's step; "" where it is none."""
    return STEP_LOOKS[narrated.event.step].style if narrated.event.step else ""


def doubt_lines(narrated: NarratedSegment, snapshot: Snapshot, translate: Translate, width: int) -> Iterable[Line]:
    """That the kernel's table disagrees, where it was read since; `narrated` is the newest of its connection."""
    if snapshot.time_ns < narrated.event.segment.time_ns + SETTLED_NS:
        return ()
    message = doubt(narrated, kernel_states(narrated, snapshot), translate)
    return (Line(((f" {text}", "caution"),)) for text in wrap_translated(message, width - 2)) if message else ()


def kernel_states(narrated: NarratedSegment, snapshot: Snapshot) -> tuple[State | None, State | None]:
    """The states of both ends' sockets, the initiator's first; None where there is none."""
    ends = narrated.event.segment.ends
    both = (reversed_ends(ends), ends) if narrated.event.side else (ends, reversed_ends(ends))
    rows = [snapshot.by_ends.get(end) for end in both]
    first, second = (row.row.state if row and row.mark is not Mark.GONE else None for row in rows)
    return first, second
