"""What was told of a connection as a low ladder, one line a segment, for who watches without a key. Pure.

The states that a segment leaves stand beside its arrow, as on the presenter's ladder; the one that is told is marked.
"""

from collections.abc import Sequence

from tcpwatch.narration.narrate import names_of, narrate
from tcpwatch.narration.step import NarratedSegment
from tcpwatch.text.cells import cells
from tcpwatch.tui.ladder.lines import SIDE, arrow_of, label_of, state_run
from tcpwatch.tui.ladder.moves import style_of
from tcpwatch.tui.paint.line import Line, Run, fit
from tcpwatch.why.catalog import Translate

WIDEST = 112  # cells: a longer arrow is hard to follow
LINE: Run = ("│", "muted")


def told_ladder(
    turns: Sequence[NarratedSegment], told: NarratedSegment | None, translate: Translate, width: int, height: int
) -> list[Line]:
    """Who stands at either line and in which state, then at most `height` - 1 segments: of many, the telling ones."""
    inner = min(width, WIDEST)
    kept = telling_ones(turns, height - 1)
    lines = [_start(turns, translate, inner)] if turns else []
    lines += [_rung(turn, translate, inner, held=told is not None and turn.event is told.event) for turn in kept]
    margin = " " * ((width - inner) // 2)
    return [Line(((margin, ""), *line.runs), line.row) for line in lines]


def telling_ones(turns: Sequence[NarratedSegment], room: int) -> Sequence[NarratedSegment]:
    """All where there is room; else plain data and ACKs go first, then what came before in the same way, the oldest."""
    surplus = len(turns) - room
    if surplus <= 0:
        return turns
    plain, repeated = [], []
    kinds = set()
    for turn in turns[:-1]:
        if not (turn.event.step or turn.event.analysis or turn.event.app):
            plain.append(turn)
        elif turn.kind in kinds:
            repeated.append(turn)
        kinds.add(turn.kind)
    left_out = {id(turn) for turn in [*plain, *repeated][:surplus]}
    return [turn for turn in turns if id(turn) not in left_out][-room:]


def _start(turns: Sequence[NarratedSegment], translate: Translate, width: int) -> Line:
    """The ends' names, and the states before the first segment where they are known."""
    first, room = turns[0], width - 2 * SIDE - 2
    client, server = names_of(turns[-1], translate)
    names = f" {client}" + " " * max(1, room - cells(client) - cells(server) - 2) + f"{server} "
    here, there = (" " * SIDE, ""), (" " * SIDE, "")
    if first.before is not None:
        states = first.before[::-1] if first.event.side else first.before
        here, there = state_run(states[0], changed=False, left=True), state_run(states[1], changed=False, left=False)
    return Line((here, LINE, (fit(names, room), "label"), LINE, there))


def _rung(turn: NarratedSegment, translate: Translate, width: int, held: bool) -> Line:
    """`SYN-SENT ◇ │── 1/3 SYN   SYN   seq 0 ──▶│ ○ LISTEN`."""
    room = width - 2 * SIDE - 2
    style = style_of(turn) or "accent"
    words = f" {fit(label_of(turn, absolute=False), room - 8).strip()} "
    before = (room - cells(words)) // 2
    arrow = arrow_of(turn, room)
    here, there = (
        state_run(move.after, move.before is not move.after, left)
        for move, left in zip(narrate(turn, translate).moves, (True, False), strict=True)
    )
    line: Run = (arrow[:before], style if held else "muted")
    rest: Run = (arrow[before + cells(words) :], line[1])
    label: Run = (words, style if held or turn.event.step else "")
    return Line((here, LINE, line, label, rest, LINE, there), "related" if held else "")
