"""The headline: one line, always on the screen, on the worst problem. Pure."""

from tcpwatch.diagnose.problem import SEVERITY_RANK, Limit, Problem, Severity, Trend
from tcpwatch.monitor.snapshot import Snapshot
from tcpwatch.text.duration import duration
from tcpwatch.tui.paint.format import age, grouped
from tcpwatch.tui.paint.glyphs import SEVERITIES
from tcpwatch.tui.paint.line import Line, Run

NOTHING_STUCK = Line(
    ((" ✓ ", "open"), ("nothing looks stuck: no CLOSE-WAIT, and no queue or timer that tells of trouble", "muted"))
)
NOTHING_STUCK_HALF_CLOSED = Line(
    (
        (" ✓ ", "open"),
        ("nothing looks stuck: each CLOSE-WAIT still sends or is new, and no queue or timer tells of trouble", "muted"),
    )
)
NO_CLOSE_WAIT = Line(((" no CLOSE-WAIT here. More is not known: this source has no queues and no timers", "muted"),))

BARS = "▁▂▃▄▅▆▇█"
COURSE_CELLS = 8


def headline_problems(snapshot: Snapshot) -> list[Problem]:
    """Those that the headline counts: warnings and errors, the worst first."""
    return [problem for problem in snapshot.problems if problem.rank >= SEVERITY_RANK[Severity.WARN]]


def in_trouble(snapshot: Snapshot) -> list[int]:
    """The cookies of the connections in trouble, those of the worst problem first."""
    return list(dict.fromkeys(key for problem in headline_problems(snapshot) for key in problem.members))


def summary(snapshot: Snapshot) -> Line:
    """The headline: the worst problem with its count, course, age and program; how many others there are."""
    problems = headline_problems(snapshot)
    if not problems:
        return _nothing(snapshot)
    worst, *others = problems
    more = ((f"   1 of {grouped(len(problems))} !", "muted"),) if others else ()
    return Line((*headline(worst, snapshot.mono_ns).runs, *more))


def headline(problem: Problem, now_ns: int) -> Line:
    """A problem in one line."""
    glyph, style = SEVERITIES[problem.severity]
    if not problem.brief:
        return Line(((f" {glyph} {problem.message}", style),))
    return Line(
        (
            (f" {glyph} {problem.brief}", style),
            *course_runs(problem, now_ns),
            (f"  {problem.subject}", "strong"),
            (f" {problem.must}" if problem.must else "", ""),
            *_limit(problem.limit),
        )
    )


def _nothing(snapshot: Snapshot) -> Line:
    connections = snapshot.connections
    rows = (connection.row for connection in connections)
    known = any(row.recv_q is not None or row.timer or row.backlog for row in rows)
    line = NOTHING_STUCK if known or not connections else NO_CLOSE_WAIT
    if any(connection.half_close for connection in connections):
        line = NOTHING_STUCK_HALF_CLOSED
    if not snapshot.not_looked_at:
        return line
    return Line((*line.runs, (f"; not looked at: {', '.join(snapshot.not_looked_at)}", "muted")))


def course_runs(problem: Problem, now_ns: int) -> tuple[Run, ...]:
    """How its number grows, and since when it has been there."""
    return (*_trend(problem.trend), *_since(problem, now_ns))


def _trend(trend: Trend | None) -> tuple[Run, ...]:
    """Growth in a minute and its course; nothing where the number stands still, or is of one alone."""
    if trend is None or not trend.per_minute or max(trend.course, default=0) < 2:
        return ()
    return ((f"  {trend.per_minute:+,}/min", ""), (f" {sparkline(trend.course)}", "muted"))


def sparkline(course: tuple[int, ...]) -> str:
    """The course as bars, the last of them the newest."""
    newest = course[-COURSE_CELLS:]
    top = max(newest, default=0) or 1
    return "".join(BARS[(len(BARS) - 1) * value // top] for value in newest)


def _since(problem: Problem, now_ns: int) -> tuple[Run, ...]:
    if problem.since is None:
        return ()
    return ((f"  {'oldest ' if len(problem.members) > 1 else ''}{age(now_ns, *problem.since)}", ""),)


def _limit(limit: Limit | None) -> tuple[Run, ...]:
    if limit is None:
        return ()
    full = "" if limit.reached_in_ns is None else f", full in ~{duration(limit.reached_in_ns)}"
    return ((f"   {limit.what} {limit.used:,}/{limit.limit:,}{full}", "caution"),)
