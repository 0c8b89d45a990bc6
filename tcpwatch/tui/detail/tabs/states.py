"""The tab States: when each end entered each state, for how long, and what caused it. Pure."""

from tcpwatch.diagnose.message import Message, in_words, message
from tcpwatch.sockets.timeline import Interval, Occurrence, OccurrenceKind, Precision, Timeline
from tcpwatch.tcp.state import State
from tcpwatch.text.duration import duration
from tcpwatch.tui.detail.context import TabContext
from tcpwatch.tui.detail.fields import End
from tcpwatch.tui.detail.sentence import Several
from tcpwatch.tui.detail.side_by_side import Runs, head, side_by_side
from tcpwatch.tui.paint.format import brief_span, clock, precise_span
from tcpwatch.tui.paint.glyphs import STATE_LOOKS
from tcpwatch.tui.paint.line import Line, fit
from tcpwatch.why.catalog import Translate

TIME, STATE, STAYED = 16, 14, 10  # cells
MICROSECONDS, TENTHS = 6, 1  # digits of a second

# The sign before a moment, and the digits that are known of it.
MOMENTS = {
    Precision.EXACT: (" ", MICROSECONDS),
    Precision.WIRE: ("w", MICROSECONDS),
    Precision.BETWEEN: ("~", TENTHS),
    Precision.AT_LEAST: ("≤", TENTHS),
}
PRECISION_LEGEND = "~ between two readings  ≤ no later than  w by a segment"

OCCURRENCES = {
    OccurrenceKind.RETRANSMISSION: ("↻", "caution", "retransmission"),
    OccurrenceKind.RESET_RECEIVED: ("✖", "reset", "RST received"),
    OccurrenceKind.RESET_SENT: ("✖", "reset", "RST sent"),
}


def states_lines(context: TabContext) -> list[Line]:
    """Both ends' states, side by side or one end below the other."""
    here, peer = (
        _end_lines(end, timeline, context) for end, timeline in zip(context.ends, context.detail.timelines, strict=True)
    )
    if context.roomy:
        return side_by_side(here, peer, context.width)
    return [Line(((" ", ""), *runs)) for runs in (*here, (), *peer)]


def _end_lines(end: End, timeline: Timeline, context: TabContext) -> list[Runs]:
    now_ns, wall_ns, translate = context.now_ns, context.detail.wall_ns, context.translate
    lines: list[Runs] = [head(end, now_ns, translate)]
    if not timeline.intervals:
        return [*lines, ((translate("no state of it was seen"), "muted"),)]
    lines.append(((_titles(translate), "label"),))
    if timeline.left_out:
        left_out = message("{states} left out", states=Several(timeline.left_out, "older state"))
        lines.append(((f" {left_out.words(translate)}", "muted"),))
    following = [interval.since_ns for interval in timeline.intervals[1:]]
    for interval, until_ns in zip(timeline.intervals, [*following, None], strict=True):
        lines.append(_interval_line(interval, until_ns, now_ns, wall_ns))
        lines += [_occurrence_line(occurrence, wall_ns, translate) for occurrence in interval.occurrences]
    return lines


def _titles(translate: Translate) -> str:
    entered, state, stayed = fit(translate("entered"), TIME), fit(translate("state"), STATE), translate("stayed")
    return f" {entered}{state}{fit(stayed, STAYED, '>')} {translate('by')}"


def _interval_line(interval: Interval, until_ns: int | None, now_ns: int, wall_ns: int) -> Runs:
    """` 12:03:41.120512 ◐ CLOSE-WAIT      3m07s  ← 1/4 FIN`."""
    sign, digits = MOMENTS[interval.precision]
    look = STATE_LOOKS[interval.state]
    return (
        (f"{sign}{clock(interval.since_ns + wall_ns, digits):<{TIME}}", "" if digits == MICROSECONDS else "muted"),
        (fit(f"{look.glyph} {interval.state}", STATE), look.style),
        (f"{_stayed(interval, until_ns, now_ns):>{STAYED}}", "strong" if until_ns is None else ""),
        (f" {interval.cause or ''}", ""),
    )


def _stayed(interval: Interval, until_ns: int | None, now_ns: int) -> str:
    """For how long; empty for CLOSED, `?` where the state may have ended in the moment it was first seen."""
    if until_ns is None:
        return "" if interval.state is State.CLOSED else f"{_sign(interval)}{duration(now_ns - interval.since_ns)}"
    span_ns = until_ns - interval.since_ns
    if interval.precision in (Precision.EXACT, Precision.WIRE):
        return precise_span(span_ns)
    return f"{_sign(interval)}{brief_span(span_ns)}" if span_ns > 0 else "?"


def _sign(interval: Interval) -> str:
    """The sign of a span whose beginning is not known exactly."""
    return {Precision.AT_LEAST: "≥", Precision.BETWEEN: "~"}.get(interval.precision, "")


def _occurrence_line(occurrence: Occurrence, wall_ns: int, translate: Translate) -> Runs:
    """`   ↻ 3 retransmissions 12:03:41.320512 to 12:03:42.1`."""
    glyph, style, name = OCCURRENCES[occurrence.kind]
    repeated = occurrence.times > 1
    counts = repeated or occurrence.kind is OccurrenceKind.RETRANSMISSION
    words = Several(occurrence.times, name).words(translate) if counts else translate(name)
    moments: Message | str = clock(occurrence.first_ns + wall_ns, MICROSECONDS)
    if repeated:
        moments = message("{first} to {last}", first=moments, last=clock(occurrence.last_ns + wall_ns, TENTHS))
    return ((f"   {glyph} {words}", style), (f" {in_words(moments, translate)}", "muted"))
