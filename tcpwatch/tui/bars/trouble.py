"""The headline: one line, always on the screen, on the worst problem. Pure."""

from tcpwatch.diagnose.message import Time, in_words, message
from tcpwatch.diagnose.problem import SEVERITY_RANK, Limit, Problem, Severity, Trend
from tcpwatch.monitor.snapshot import Snapshot
from tcpwatch.tui.paint.format import age, grouped
from tcpwatch.tui.paint.glyphs import SEVERITIES
from tcpwatch.tui.paint.line import Line, Run
from tcpwatch.why.catalog import Translate

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


def summary(snapshot: Snapshot, translate: Translate = str) -> Line:
    """The headline: the worst problem with its count, course, age and program; how many others there are."""
    problems = headline_problems(snapshot)
    if not problems:
        return in_language(_nothing(snapshot), translate)
    worst, *others = problems
    place = message("1 of {count} !", count=grouped(len(problems))).words(translate)
    more = ((f"   {place}", "muted"),) if others else ()
    return Line((*headline(worst, snapshot.mono_ns, translate).runs, *more))


def headline(problem: Problem, now_ns: int, translate: Translate = str) -> Line:
    """A problem in one line."""
    glyph, style = SEVERITIES[problem.severity]
    if not problem.brief:
        return Line(((f" {glyph} {in_words(problem.message, translate)}", style),))
    must = in_words(problem.must, translate)
    return Line(
        (
            (f" {glyph} {in_words(problem.brief, translate)}", style),
            *course_runs(problem, now_ns, translate),
            (f"  {in_words(problem.subject, translate)}", "strong"),
            (f" {must}" if must else "", ""),
            *_limit(problem.limit, translate),
        )
    )


def in_language(line: Line, translate: Translate) -> Line:
    """A line of texts that the catalogs know."""
    return Line(tuple((translate(text), style) for text, style in line.runs), line.row)


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


def course_runs(problem: Problem, now_ns: int, translate: Translate = str) -> tuple[Run, ...]:
    """How its number grows, and since when it has been there."""
    return (*_trend(problem.trend, translate), *_since(problem, now_ns, translate))


def _trend(trend: Trend | None, translate: Translate) -> tuple[Run, ...]:
    """Growth in a minute and its course; nothing where the number stands still, or is of one alone."""
    if trend is None or not trend.per_minute or max(trend.course, default=0) < 2:
        return ()
    growth = message("{growth}/min", growth=f"{trend.per_minute:+,}").words(translate)
    return ((f"  {growth}", ""), (f" {sparkline(trend.course)}", "muted"))


def sparkline(course: tuple[int, ...]) -> str:
    """The course as bars, the last of them the newest."""
    newest = course[-COURSE_CELLS:]
    top = max(newest, default=0) or 1
    return "".join(BARS[(len(BARS) - 1) * value // top] for value in newest)


def _since(problem: Problem, now_ns: int, translate: Translate) -> tuple[Run, ...]:
    if problem.since is None:
        return ()
    since = age(now_ns, *problem.since)
    return ((f"  {message('oldest {age}', age=since).words(translate) if len(problem.members) > 1 else since}", ""),)


def _limit(limit: Limit | None, translate: Translate) -> tuple[Run, ...]:
    if limit is None:
        return ()
    used = f"{translate(limit.what)} {limit.used:,}/{limit.limit:,}"
    if limit.reached_in_ns is not None:
        used = message("{used}, full in ~{time}", used=used, time=Time(limit.reached_in_ns)).words(translate)
    return ((f"   {used}", "caution"),)
