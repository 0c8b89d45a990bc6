"""The two lines that a replay has of its own: the status above and the scrub bar below. Pure."""

import time
from bisect import bisect_right
from collections.abc import Sequence

from tcpwatch.monitor.replay.playhead import Playhead
from tcpwatch.monitor.snapshot import Snapshot
from tcpwatch.tcp.event import Step
from tcpwatch.text.duration import SECOND_NS
from tcpwatch.tui.paint.format import clock, grouped, several
from tcpwatch.tui.paint.glyphs import STEP_LOOKS, Look
from tcpwatch.tui.paint.line import Line, Run, ends_apart, width_of
from tcpwatch.tui.protocols import Target
from tcpwatch.wire.segment import FIN, RST, SYN

GROUP = grouped(1_000)[1]  # between groups of three digits
LEAST_BAR = 10  # cells
NOTED_BAR = 40  # cells from which there is room for a note beside the bar
# What a cell of the bar shows of the segments in it: the first that there is.
LANDMARKS = ((RST, STEP_LOOKS[Step.RST]), (FIN, STEP_LOOKS[Step.FIN]), (SYN, STEP_LOOKS[Step.SYN]))


def landmarks(control: Sequence[int], played: Sequence[int], cells: int) -> list[Look | None]:
    """For each cell of a bar which opening, close or reset is in it.

    `control` are the events' flags SYN, FIN and RST; `played`, as many, their places on the bar's scale, which rise.
    """
    whole = played[-1] or 1
    marks: list[Look | None] = []
    start = 0
    for cell in range(cells):
        stop = bisect_right(played, cell, start, key=lambda played_ns: cell_of(played_ns / whole, cells))
        found = set(control[start:stop])
        marks.append(next((look for bit, look in LANDMARKS if any(bit & flags for flags in found)), None))
        start = stop
    return marks


def cell_of(fraction: float, cells: int) -> int:
    """The cell that stands for this share of the bar: the first for its beginning, the last for its end."""
    return round(fraction * (cells - 1))


def bar_room(playhead: Playhead, width: int) -> range:
    """The columns of the bar itself, in a line of `width` cells."""
    before, after = _ends(playhead, width)
    return range(width_of(before), max(width_of(before), width - width_of(after)))


def scrub_line(playhead: Playhead, marks: Sequence[Look | None], width: int) -> Line:
    """`▶ 1×  ▕━━━━━◇━━●────▏ 3.120 s of 12.456 s · segment 33 of 120`; `marks` are one for each cell of the bar."""
    before, after = _ends(playhead, width)
    return Line((*before, *_bar(marks, cell_of(playhead.fraction, len(marks))), *after), "titles")


def _bar(marks: Sequence[Look | None], here: int) -> list[Run]:
    runs: list[Run] = []
    for cell, mark in enumerate(marks):
        run = ("━", "accent") if cell < here else ("─", "muted")
        run = ("●", "key") if cell == here else mark or run
        if runs and runs[-1][1] == run[1]:
            run = (runs.pop()[0] + run[0], run[1])
        runs.append((run[0], run[1]))
    return runs


def _ends(playhead: Playhead, width: int) -> tuple[list[Run], list[Run]]:
    """What stands before and after the bar: as much as leaves room for it."""
    before = [(f" {'▶' if playhead.playing else '‖'} {f'{playhead.speed:g}×':<5}", "key"), ("▕", "muted")]
    digits = 3 if playhead.duration_ns >= SECOND_NS else 6
    duration = _seconds(playhead.duration_ns, digits)
    elapsed = f" {_seconds(playhead.elapsed_ns, digits):>{len(duration)}}"
    end = grouped(playhead.end)
    at = f"{grouped(playhead.position):>{len(end)}}"
    so_far, more = (" so far", "+") if playhead.grows else ("", "")
    note = " · silences shortened" if playhead.shortens else ""
    for words, least in (
        (f"{elapsed} of {duration} · segment {at} of {end}{so_far}{note} ", NOTED_BAR),
        (f"{elapsed} of {duration} · segment {at} of {end}{so_far} ", LEAST_BAR),
        (f"{elapsed} · {at}/{end}{more} ", LEAST_BAR),
    ):
        after: list[Run] = [("▏", "muted"), (words, "")]
        if width_of((*before, *after)) + least <= width:
            break
    return before, after


def _seconds(ns: int, digits: int) -> str:
    """`12.456 s`, `1:02:03.120`."""
    seconds, fraction = divmod(ns, SECOND_NS)
    decimals = f"{fraction:09d}"[:digits]
    if seconds < 60:
        return f"{seconds}.{decimals} s"
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return (f"{hours}:{minutes:02d}" if hours else f"{minutes}") + f":{seconds:02d}.{decimals}"


def replay_status_line(target: Target, snapshot: Snapshot, width: int) -> Line:
    """` tcpwatch  file · demo.pcapng · port 9999   120 segments   replay · 2026-03-01 12:03:44.120 `."""
    date = time.strftime("%Y-%m-%d ", time.localtime(snapshot.time_ns // SECOND_NS))
    left: list[Run] = [(" tcpwatch ", "key"), (" " + " · ".join(target.words) + "  ", "strong")]
    left.append((f" {several(snapshot.captured, 'segment')} ", "muted"))
    if snapshot.dropped:
        left.append((f" ⚠ {grouped(snapshot.dropped)} more are too many to hold ", "caution"))
    how_far = next((one.message for one in snapshot.sources if one.working and one.name == "file"), "")
    how_far = how_far.replace(",", GROUP)
    share, _, _ = how_far.partition(":")
    cautions: list[Run] = [(f" ⚠ {one.message} ", "caution") for one in snapshot.sources if not one.working]
    for words, day in ((how_far, date), (how_far, ""), (share, "")):
        reading: list[Run] = [(f" {words} ", "accent")] if words else []
        right = ((f" replay · {day}{clock(snapshot.time_ns, 3)} ", ""),)
        if width_of((*left, *reading, *cautions, *right)) <= width:
            break
    return ends_apart([*left, *reading, *cautions], right, width)._replace(row="titles")
