"""The ladder: two lifelines, an arrow for each segment, the state of each end beside its line. Pure.

Time runs down and the held segment is the lowest. The states that a segment leaves stand beside its arrow, one that it
has changed in its colour.
"""

from collections.abc import Iterator, Sequence

from tcpwatch.narration.ladder import label_of
from tcpwatch.narration.narrate import narrate
from tcpwatch.narration.step import NarratedSegment
from tcpwatch.tcp.analysis import CAUTIONS
from tcpwatch.tcp.state import State
from tcpwatch.text.cells import cells
from tcpwatch.tui.ladder.moves import style_of
from tcpwatch.tui.paint.format import delta
from tcpwatch.tui.paint.glyphs import STATE_LOOKS
from tcpwatch.tui.paint.line import Line, Run, fit
from tcpwatch.why.catalog import Translate

SIDE = 15  # cells for a state and its glyph
SPACED = 11  # lines from which an empty one parts the segments
WIDEST = 132  # cells: a longer arrow is hard to follow

LIFELINE: Run = ("│", "muted")
NO_STATE: Run = (" " * SIDE, "")


def head_lines(names: tuple[str, str], ends: tuple[str, str], width: int) -> list[Line]:
    """Who stands at either lifeline, and where: two lines."""
    inner = min(width, WIDEST)
    lines = (Line(((_apart(*words, inner), style),)) for words, style in ((names, "strong"), (ends, "label")))
    return [_centred(line, width) for line in lines]


def ladder_lines(
    segments: Sequence[NarratedSegment], translate: Translate, width: int, height: int, absolute: bool
) -> list[Line]:
    """As many of the last segments as there is room for, and the states before the first where that is among them."""
    inner = min(width, WIDEST)
    spaced = height >= SPACED
    room = max(1, (height - 1) // (3 if spaced else 2))
    shown = segments[-room:]
    above = segments[-room - 1] if len(segments) > room else None
    lines = [_start(shown[0], inner) if shown and above is None else _lifelines(inner)]
    for narrated in shown:
        lines += [_lifelines(inner)] if spaced else []
        lines += _rung(narrated, above, translate, inner, absolute, held=narrated is segments[-1])
        above = narrated
    lines += [_lifelines(inner)] * (height - len(lines))
    return [_centred(line, width) for line in lines[:height]]


def _rung(
    narrated: NarratedSegment,
    above: NarratedSegment | None,
    translate: Translate,
    width: int,
    absolute: bool,
    held: bool,
) -> Iterator[Line]:
    """The label, with the time since the segment above; the arrow, with the states that it leaves."""
    event, room = narrated.event, width - 2 * SIDE - 2
    since = delta(event.segment.time_ns - above.event.segment.time_ns) if above else ""
    words = fit(label_of(narrated, absolute), room).strip()
    left = " " * ((room - cells(words)) // 2)
    style = style_of(narrated) or ("caution" if not CAUTIONS.isdisjoint(event.analysis) else "accent")
    label: tuple[Run, ...] = ((left, ""), (words, style if held else ""), (" " * (room - cells(left + words)), ""))
    arrow = arrow_of(narrated, room)
    here, there = (
        state_run(move.after, move.before is not move.after, left)
        for move, left in zip(narrate(narrated, translate).moves, (True, False), strict=True)
    )
    row = "related" if held else ""
    yield Line(((f"{since:>{SIDE - 1}} ", "muted"), LIFELINE, *label, LIFELINE, NO_STATE), row)
    yield Line((here, LIFELINE, (arrow, style if held else "muted"), LIFELINE, there), row)


def arrow_of(narrated: NarratedSegment, width: int) -> str:
    """From the sender to the receiver: broken where it was sent before, without a head where it was lost."""
    body = ("╌" if narrated.again else "─") * (width - 1)
    head = "✕" if narrated.lost else "◀" if narrated.event.side else "▶"
    return head + body if narrated.event.side else body + head


def state_run(state: State, changed: bool, left: bool) -> Run:
    """A state and its glyph in SIDE cells, the glyph beside the lifeline."""
    look = STATE_LOOKS[state]
    words = f"{state:>{SIDE - 3}} {look.glyph} " if left else f" {look.glyph} {state:<{SIDE - 3}}"
    return words, look.style if changed else "muted"


def _start(first: NarratedSegment, width: int) -> Line:
    """The states before the first segment, where they are known."""
    if first.before is None:
        return _lifelines(width)
    here, there = first.before[::-1] if first.event.side else first.before
    return _lifelines(width, state_run(here, changed=False, left=True), state_run(there, changed=False, left=False))


def _lifelines(width: int, here: Run = NO_STATE, there: Run = NO_STATE) -> Line:
    return Line((here, LIFELINE, (" " * (width - 2 * SIDE - 2), ""), LIFELINE, there))


def _apart(left: str, right: str, width: int) -> str:
    return fit(f" {left}", width - cells(right) - 1) + f"{right} "


def _centred(line: Line, width: int) -> Line:
    margin = (width - WIDEST) // 2
    return Line(((" " * margin, ""), *line.runs), line.row) if margin > 0 else line
