"""The lines of the detail pane's view of states: when each end entered each, for how long, by what. Pure."""

from tcpwatch.monitor.snapshot import Detail
from tcpwatch.sockets.timeline import Dwell, Happened, Happening, Known, Life
from tcpwatch.tcp.state import State
from tcpwatch.text.duration import duration
from tcpwatch.tui.detail.fields import End
from tcpwatch.tui.detail.side_by_side import Runs, ends_of, head, roomy, side_by_side
from tcpwatch.tui.paint.format import brief_span, clock, precise_span, several
from tcpwatch.tui.paint.glyphs import STATES
from tcpwatch.tui.paint.line import Line, fit

TIME, STATE, STAYED = 16, 14, 10  # cells
MICROSECONDS, TENTHS = 6, 1  # digits of a second

# The sign before a moment, and the digits that are known of it.
MOMENTS = {
    Known.EXACT: (" ", MICROSECONDS),
    Known.WIRE: ("w", MICROSECONDS),
    Known.BETWEEN: ("~", TENTHS),
    Known.AT_LEAST: ("≤", TENTHS),
}
LEGEND = "~ between two readings  ≤ no later than  w by a segment"

HAPPENINGS = {
    Happening.RETRANSMISSION: ("↻", "caution", "retransmission"),
    Happening.RESET_RECEIVED: ("✖", "reset", "RST received"),
    Happening.RESET_SENT: ("✖", "reset", "RST sent"),
}


def life_lines(detail: Detail, now_ns: int, width: int) -> list[Line]:
    """Both ends' states in lines of `width` cells: side by side, or one end below the other."""
    here, peer = (
        _end_lines(end, life, now_ns, detail.wall_ns) for end, life in zip(ends_of(detail), detail.lives, strict=True)
    )
    if roomy(width):
        return side_by_side(here, peer, width)
    return [Line(((" ", ""), *runs)) for runs in (*here, (), *peer)]


def _end_lines(end: End, life: Life, now_ns: int, wall_ns: int) -> list[Runs]:
    lines: list[Runs] = [head(end, now_ns)]
    if not life.dwells:
        return [*lines, (("no state of it was seen", "muted"),)]
    lines.append(((f" {'entered':<{TIME}}{'state':<{STATE}}{'stayed':>{STAYED}} by", "label"),))
    if life.left_out:
        lines.append(((f" {several(life.left_out, 'older state')} left out", "muted"),))
    following = [dwell.since_ns for dwell in life.dwells[1:]]
    for dwell, until_ns in zip(life.dwells, [*following, None], strict=True):
        lines.append(_dwell(dwell, until_ns, now_ns, wall_ns))
        lines += [_happened(one, wall_ns) for one in dwell.happened]
    return lines


def _dwell(dwell: Dwell, until_ns: int | None, now_ns: int, wall_ns: int) -> Runs:
    """` 12:03:41.120512 ◐ CLOSE-WAIT      3m07s  ← 1/4 FIN`."""
    sign, digits = MOMENTS[dwell.known]
    look = STATES[dwell.state]
    return (
        (f"{sign}{clock(dwell.since_ns + wall_ns, digits):<{TIME}}", "" if digits == MICROSECONDS else "muted"),
        (fit(f"{look.glyph} {dwell.state}", STATE), look.style),
        (f"{_stayed(dwell, until_ns, now_ns):>{STAYED}}", "strong" if until_ns is None else ""),
        (f" {dwell.cause or ''}", ""),
    )


def _stayed(dwell: Dwell, until_ns: int | None, now_ns: int) -> str:
    """For how long; nothing of the end of a life, and of a state that it may have left as soon as it was seen."""
    if until_ns is None:
        return "" if dwell.state is State.CLOSED else f"{_sign(dwell)}{duration(now_ns - dwell.since_ns)}"
    span_ns = until_ns - dwell.since_ns
    if dwell.known in (Known.EXACT, Known.WIRE):
        return precise_span(span_ns)
    return f"{_sign(dwell)}{brief_span(span_ns)}" if span_ns > 0 else "?"


def _sign(dwell: Dwell) -> str:
    """What is not known of the beginning makes the stay longer, or a guess."""
    return {Known.AT_LEAST: "≥", Known.BETWEEN: "~"}.get(dwell.known, "")


def _happened(one: Happened, wall_ns: int) -> Runs:
    """`   ↻ 3 retransmissions 12:03:41.320512 to 12:03:42.1`."""
    glyph, style, name = HAPPENINGS[one.kind]
    words = several(one.times, name) if one.times > 1 or one.kind is Happening.RETRANSMISSION else name
    until = f" to {clock(one.last_ns + wall_ns, TENTHS)}" if one.times > 1 else ""
    moments = f" {clock(one.first_ns + wall_ns, MICROSECONDS)}{until}"
    return ((f"   {glyph} {words}", style), (moments, "muted"))
