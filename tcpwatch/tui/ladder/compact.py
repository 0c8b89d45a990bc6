"""What was narrated of a connection as a low ladder, one line a segment, for who watches without a key. Pure.

The states that a segment leaves stand beside its arrow, as on the presenter's ladder; the current one is marked.
"""

from collections.abc import Sequence

from tcpwatch.narration.ladder import label_of
from tcpwatch.narration.narrate import names_of, narrate
from tcpwatch.narration.step import NarratedSegment
from tcpwatch.text.cells import cells
from tcpwatch.tui.ladder.lines import LIFELINE, SIDE, arrow_of, state_run
from tcpwatch.tui.ladder.moves import style_of
from tcpwatch.tui.paint.line import Line, Run, fit
from tcpwatch.why.catalog import Translate

COMPACT_WIDEST = 112  # cells: a longer arrow is hard to follow


def compact_ladder(
    segments: Sequence[NarratedSegment], current: NarratedSegment | None, translate: Translate, width: int, height: int
) -> list[Line]:
    """Who stands at either line and in which state, then at most `height` - 1 segments: of many, the most telling."""
    inner = min(width, COMPACT_WIDEST)
    kept = most_telling(segments, height - 1)
    lines = [_start(segments, translate, inner)] if segments else []
    lines += [
        _rung(narrated, translate, inner, held=current is not None and narrated.event is current.event)
        for narrated in kept
    ]
    margin = " " * ((width - inner) // 2)
    return [Line(((margin, ""), *line.runs), line.row) for line in lines]


def most_telling(segments: Sequence[NarratedSegment], room: int) -> Sequence[NarratedSegment]:
    """All where there is room; else plain data and ACKs go first, then what came before in the same way, the oldest."""
    surplus = len(segments) - room
    if surplus <= 0:
        return segments
    plain, repeated = [], []
    kinds = set()
    for narrated in segments[:-1]:
        if not (narrated.event.step or narrated.event.analysis or narrated.event.app):
            plain.append(narrated)
        elif narrated.kind in kinds:
            repeated.append(narrated)
        kinds.add(narrated.kind)
    left_out = {id(narrated) for narrated in [*plain, *repeated][:surplus]}
    return [narrated for narrated in segments if id(narrated) not in left_out][-room:]


def _start(segments: Sequence[NarratedSegment], translate: Translate, width: int) -> Line:
    """The ends' names, and the states before the first segment where they are known."""
    first, room = segments[0], width - 2 * SIDE - 2
    client, server = names_of(segments[-1], translate)
    names = f" {client}" + " " * max(1, room - cells(client) - cells(server) - 2) + f"{server} "
    here, there = (" " * SIDE, ""), (" " * SIDE, "")
    if first.before is not None:
        states = first.before[::-1] if first.event.side else first.before
        here, there = state_run(states[0], changed=False, left=True), state_run(states[1], changed=False, left=False)
    return Line((here, LIFELINE, (fit(names, room), "label"), LIFELINE, there))


def _rung(narrated: NarratedSegment, translate: Translate, width: int, held: bool) -> Line:
    """`SYN-SENT ◇ │── 1/3 SYN   SYN   seq 0 ──▶│ ○ LISTEN`."""
    room = width - 2 * SIDE - 2
    style = style_of(narrated) or "accent"
    words = f" {fit(label_of(narrated, absolute=False), room - 8).strip()} "
    before = (room - cells(words)) // 2
    arrow = arrow_of(narrated, room)
    here, there = (
        state_run(move.after, move.before is not move.after, left)
        for move, left in zip(narrate(narrated, translate).moves, (True, False), strict=True)
    )
    start: Run = (arrow[:before], style if held else "muted")
    end: Run = (arrow[before + cells(words) :], start[1])
    label: Run = (words, style if held or narrated.event.step else "")
    return Line((here, LIFELINE, start, label, end, LIFELINE, there), "related" if held else "")
