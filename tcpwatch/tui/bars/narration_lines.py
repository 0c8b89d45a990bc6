"""The lines of the narration: what plays, the act that goes on, and what a segment of it does. Pure."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tcpwatch.narration.narrate import Move, narrate
from tcpwatch.narration.step import NarratedSegment
from tcpwatch.text.duration import SECOND_NS, duration
from tcpwatch.tui.ladder.moves import style_of
from tcpwatch.tui.paint.glyphs import STATE_LOOKS
from tcpwatch.tui.paint.line import Line, Run, ends_apart, fit, width_of
from tcpwatch.why.catalog import Translate
from tcpwatch.why.page import wrap_translated

SENTENCE_LINES = 2  # lines that it may take
STILL_TO_NARRATE, SINCE = "+{count} to tell", "{age} ago"
ALIKE = "Likewise on other connections: {count}."


class Strip(NamedTuple):
    """What the narration shows at a moment. `note` is how far the playing has come; `doubts` are lines about `segment`.

    `alike` is on how many more connections the same came, `age_ns` how long ago it was, where others wait to be shown.
    """

    place: str
    title: str
    note: str
    message: str
    segment: NarratedSegment | None
    doubts: Sequence[Line] = ()
    waiting: int = 0
    alike: int = 0
    age_ns: int | None = None


def strip_lines(strip: Strip, translate: Translate, width: int, height: int) -> list[Line]:
    """At most `height` lines: the title, as much of the act as there is room for, all of the segment."""
    left: list[Run] = [(f" {strip.place} ", "key"), (f" {strip.title}", "strong")]
    lines = [ends_apart(left, ((f" {_behind(strip, translate)}{strip.note} ", "muted"),), width)._replace(row="titles")]
    segment = [*_segment(strip.segment, strip.alike, translate, width), *strip.doubts] if strip.segment else []
    act = cut(wrap_translated(f"▶ {strip.message}", width - 2), max(0, height - 1 - len(segment)), width - 2)
    return [*lines, *(Line(((f" {text}", "accent"),)) for text in act), *segment][:height]


def cut(lines: Sequence[str], room: int, width: int) -> Sequence[str]:
    """As many of the lines as there is room for; the last one ends in … where there were more."""
    if len(lines) <= room:
        return lines
    return [*lines[: room - 1], fit(" ".join(lines[room - 1 :]), width)] if room else ()


def _behind(strip: Strip, translate: Translate) -> str:
    """`4s ago · +2 to tell · `: that this is not the newest; empty where it is."""
    if not strip.waiting:
        return ""
    to_tell = f"{translate(STILL_TO_NARRATE).format(count=strip.waiting)} · "
    if strip.age_ns is None or strip.age_ns < SECOND_NS:
        return to_tell
    return f"{translate(SINCE).format(age=duration(strip.age_ns))} · {to_tell}"


def _segment(narrated: NarratedSegment, alike: int, translate: Translate, width: int) -> Iterator[Line]:
    """What it is, and in one line what becomes of both ends."""
    description = narrate(narrated, translate)
    more = f" {translate(ALIKE).format(count=alike)}" if alike else ""
    for text in wrap_translated(description.message + more, width - 2)[:SENTENCE_LINES]:
        yield Line(((f" {text}", style_of(narrated) or "strong"),))
    yield _moves(description.moves, width)


def _moves(moves: Sequence[Move], width: int) -> Line:
    """Both ends, with what it means for them as far as there is room: first for the one that is moved."""
    changed = tuple(move.before is not move.after for move in moves)
    for meant in ((True, True), changed, (False, False)):
        runs: list[Run] = [("   ", "")]
        for move, means in zip(moves, meant, strict=True):
            runs += [*_move(move, means), ("    ", "")]
        if width_of(runs[:-1]) <= width:
            break
    return Line(tuple(runs[:-1]))


def _move(move: Move, means: bool) -> Iterator[Run]:
    yield f"{move.end} ", "label"
    if move.before is move.after:
        yield move.words, "muted"
    else:
        before, arrow, after = move.words.rpartition(" → ")
        yield before + arrow, "muted"
        yield after, STATE_LOOKS[move.after].style
    if means:
        yield f": {move.means}", "muted"
