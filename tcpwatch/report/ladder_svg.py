"""A ladder as SVG: two lifelines, a slanted arrow for each segment, time down the left edge.

Rule: all text is escaped; nothing is loaded and no script is in it. What a colour says, a word or a shape says too. It
follows the reader's light or dark scheme, and prints on white.
"""

from collections.abc import Iterator, Sequence
from math import atan2, degrees, log10

from tcpwatch.report.ladder import Ladder, Rung
from tcpwatch.report.markup import escaped
from tcpwatch.tcp.state import State
from tcpwatch.text.cells import cells
from tcpwatch.text.duration import SECOND_NS, duration

WIDTH = 900
TIME_X, LEFT, RIGHT = 12, 250, 740
STATE_GAP = 12  # between a lifeline and the state beside it
HEAD = 74  # above the first segment
ROW, SLANT = 34, 14
TAIL = 24
MILLISECOND_NS = 1_000_000
STRETCH, MOST_STRETCH = 11, 56  # for each power of ten above a millisecond of silence
LONGEST_LABEL, LONGEST_END = 62, 34  # cells
LOST_AT = 0.72  # of its way
HEAD_LENGTH, HEAD_HALF = 9, 4
NOTHING = "No segment was captured."

STYLE = """
.tw-ladder{font:12px ui-monospace,"DejaVu Sans Mono","Noto Sans Mono CJK SC",Menlo,Consolas,monospace}
.tw-ladder .bg{fill:#fbfbf8}
.tw-ladder text{fill:#1f252d;unicode-bidi:isolate;white-space:pre}
.tw-ladder .muted{fill:#66707e}
.tw-ladder .name{font-weight:bold}
.tw-ladder .life{stroke:#98a1ad;stroke-width:1.5}
.tw-ladder .arrow{stroke:#43546b;stroke-width:1.5;fill:none}
.tw-ladder .head{fill:#43546b}
.tw-ladder .opening .arrow{stroke:#0a7355}.tw-ladder .opening .head,.tw-ladder .opening .label{fill:#0a7355}
.tw-ladder .closing .arrow{stroke:#a84e00}.tw-ladder .closing .head,.tw-ladder .closing .label{fill:#a84e00}
.tw-ladder .reset .arrow{stroke:#c0102c}.tw-ladder .reset .head,.tw-ladder .reset .label{fill:#c0102c}
.tw-ladder .caution .arrow{stroke:#8a5a00}.tw-ladder .caution .head,.tw-ladder .caution .label{fill:#8a5a00}
.tw-ladder .changed{font-weight:bold}
.tw-ladder .again{stroke-dasharray:6 4}
.tw-ladder .lost{stroke:#c0102c;stroke-width:2;fill:none}
@media screen and (prefers-color-scheme:dark){
.tw-ladder .bg{fill:#14171c}
.tw-ladder text{fill:#d0d5de}
.tw-ladder .muted{fill:#808a9a}
.tw-ladder .life{stroke:#5a6472}
.tw-ladder .arrow{stroke:#94a5bd}
.tw-ladder .head{fill:#94a5bd}
.tw-ladder .opening .arrow{stroke:#6fcfa8}.tw-ladder .opening .head,.tw-ladder .opening .label{fill:#6fcfa8}
.tw-ladder .closing .arrow{stroke:#f0a35e}.tw-ladder .closing .head,.tw-ladder .closing .label{fill:#f0a35e}
.tw-ladder .reset .arrow{stroke:#ff6b74}.tw-ladder .reset .head,.tw-ladder .reset .label{fill:#ff6b74}
.tw-ladder .caution .arrow{stroke:#e6c06a}.tw-ladder .caution .head,.tw-ladder .caution .label{fill:#e6c06a}
.tw-ladder .lost{stroke:#ff6b74}
}
"""


def svg_file(ladders: Sequence[Ladder]) -> str:
    """A file with these ladders, one below the other; `#ladder-2` behind its name shows the second alone."""
    parts, views, top = [], [], 0
    if not ladders:
        parts, top = [_text(TIME_X, TAIL, NOTHING, "muted")], 2 * TAIL
    for number, ladder in enumerate(ladders, 1):
        height = height_of(ladder)
        views.append(f'<view id="ladder-{number}" viewBox="0 {top} {WIDTH} {height}"/>')
        parts.append(svg(ladder, top))
        top += height
    box = f'viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" height="{top}"'
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="tw-ladder" {box}>',
            f"<style>{STYLE}</style>",
            f'<rect class="bg" width="{WIDTH}" height="{top}"/>',
            *views,
            *parts,
            "</svg>\n",
        )
    )


def svg(ladder: Ladder, top: int = 0) -> str:
    """One ladder as an element, for a page that has STYLE or for a file; `top` is where it stands there."""
    height = height_of(ladder)
    place = f'y="{top}" ' if top else ""
    return "\n".join(
        (
            f'<svg class="tw-ladder" {place}viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img"'
            ' xml:space="preserve">',
            f"<title>{escaped(ladder.title)}</title>",
            *_head(ladder),
            *(_line(LEFT, HEAD - 30, LEFT, height - 8, "life"), _line(RIGHT, HEAD - 30, RIGHT, height - 8, "life")),
            *_rungs(ladder),
            "</svg>",
        )
    )


def height_of(ladder: Ladder) -> int:
    """How high it is, in the units of its width."""
    return (_places(ladder)[-1] if ladder.rungs else HEAD) + ROW + TAIL


def _places(ladder: Ladder) -> list[int]:
    """Where each segment leaves its sender; the longer nothing was sent, the further below the one before."""
    places, place, before = [], HEAD, None
    for number, rung in enumerate(ladder.rungs):
        place += _stretch(rung.time_ns - before) if before is not None else 0
        place += ROW if ladder.left_out and number == ladder.gap else 0
        places.append(place)
        place, before = place + ROW, rung.time_ns
    return places


def _stretch(silence_ns: int) -> int:
    if silence_ns <= MILLISECOND_NS:
        return 0
    return min(MOST_STRETCH, round(STRETCH * log10(silence_ns / MILLISECOND_NS)))


def _head(ladder: Ladder) -> Iterator[str]:
    for x, name, end in zip((LEFT, RIGHT), ladder.names, ladder.ends, strict=True):
        yield _text(x, 18, name, "name", "middle")
        if end != name:
            yield _text(x, 34, _cut(end, LONGEST_END), "muted", "middle")
    if ladder.begins is not None:
        yield from _states(ladder.begins, (False, False), (HEAD - 20, HEAD - 20))


def _rungs(ladder: Ladder) -> Iterator[str]:
    first_ns = ladder.rungs[0].time_ns if ladder.rungs else 0
    for number, (rung, y) in enumerate(zip(ladder.rungs, _places(ladder), strict=True)):
        if ladder.left_out and number == ladder.gap:
            words = f"… {ladder.left_out:,} …"
            yield _text((LEFT + RIGHT) // 2, y - ROW // 2 + 4, words, "muted", "middle")
        yield f'<g class="{rung.tone}">'
        yield _text(TIME_X, y + 4, since_first(rung.time_ns - first_ns), "muted")
        yield from _arrow(rung, y)
        heights = (y + SLANT, y) if rung.side else (y, y + SLANT)
        yield from _states(rung.states, rung.changed, heights)
        yield "</g>"


def _arrow(rung: Rung, y: int) -> Iterator[str]:
    """From the sender's line down to the receiver's; a lost one ends in a cross before it gets there."""
    start, end = (RIGHT, LEFT) if rung.side else (LEFT, RIGHT)
    angle = degrees(atan2(SLANT, RIGHT - LEFT)) * (-1 if rung.side else 1)
    way = LOST_AT if rung.lost else 1.0
    yield _label(rung.label, start + (end - start) * way / 2, y + SLANT * way / 2, angle, round(LONGEST_LABEL * way))
    style = "arrow again" if rung.again else "arrow"
    if rung.lost:
        x, low = start + (end - start) * way, y + SLANT * way
        yield _line(start, y, round(x), round(low), style)
        yield f'<path class="lost" d="M{x - 5:.0f} {low - 5:.0f}l10 10m0 -10l-10 10"/>'
        return
    back = HEAD_LENGTH if rung.side else -HEAD_LENGTH
    yield _line(start, y, end + back, y + SLANT, style)
    yield (
        f'<path class="head" transform="rotate({angle:.2f} {end} {y + SLANT})" '
        f'd="M{end} {y + SLANT}l{back} {-HEAD_HALF}v{2 * HEAD_HALF}z"/>'
    )


def _label(label: str, x: float, y: float, angle: float, room: int) -> str:
    """Over the middle of the arrow, and as slanted; all of it where a pointer rests on it."""
    turned = f'transform="rotate({angle:.2f} {x:.0f} {y:.1f})"'
    words = _text(round(x), round(y - 5), _cut(label, room), "label", "middle", turned)
    return f"<g><title>{escaped(label)}</title>{words}</g>"


def _states(states: tuple[State, State], changed: tuple[bool, bool], heights: tuple[int, int]) -> Iterator[str]:
    for side, (state, new, y) in enumerate(zip(states, changed, heights, strict=True)):
        x, anchor = (RIGHT + STATE_GAP, "start") if side else (LEFT - STATE_GAP, "end")
        yield _text(x, y + 4, state, "changed" if new else "muted", anchor)


def _text(x: int, y: int, words: str, style: str, anchor: str = "start", more: str = "") -> str:
    anchored = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{x}" y="{y}" class="{style}"{anchored}{" " * bool(more)}{more}>{escaped(words)}</text>'


def _line(x1: int, y1: int, x2: int, y2: int, style: str) -> str:
    return f'<line class="{style}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'


def _cut(words: str, room: int) -> str:
    if cells(words) <= room:
        return words
    while cells(words) >= room:
        words = words[:-1]
    return f"{words}…"


def since_first(ns: int) -> str:
    """`0.000 000 s`, `12.345 678 s`, `3m07s`; with a sign where time went back."""
    if ns < 0:
        return f"-{since_first(-ns)}"
    if ns >= 1_000 * SECOND_NS:
        return duration(ns)
    seconds, rest = divmod(ns // 1_000, 1_000_000)
    return f"{seconds}.{rest // 1_000:03} {rest % 1_000:03} s"
