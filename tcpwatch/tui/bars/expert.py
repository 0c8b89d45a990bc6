"""The headline of a capture file: what it holds, and what is wrong in it, each part a place one can go to. Pure."""

from collections.abc import Iterable

from tcpwatch.diagnose.message import Count, Message, in_words
from tcpwatch.diagnose.problem import SEVERITY_RANK, Problem, Severity
from tcpwatch.tui.paint.glyphs import SEVERITIES
from tcpwatch.tui.paint.line import Line, Run
from tcpwatch.why.catalog import Translate

NOTHING = "nothing is wrong, as far as the capture shows"
NOTHING_ELSE = "nothing else is wrong, as far as the capture shows"
BETWEEN: Run = (" · ", "muted")
HINT: Run = ("   n !", "muted")


def expert_summary(problems: Iterable[Problem], connections: int, translate: Translate = str) -> Line:
    """`12 connections · 4 zero windows, not reopened · 3 probes`; what else there is where nothing is wrong."""
    found = [problem for problem in problems if problem.brief]
    wrong = [problem for problem in found if problem.rank >= SEVERITY_RANK[Severity.WARN]]
    shown = wrong or [problem for problem in found if problem.severity is Severity.NOTE]
    glyph, style = SEVERITIES[shown[0].severity] if shown else ("✓", "open")
    runs: list[Run] = [(f" {glyph} ", style), (Count(connections, "connection").words(translate), "")]
    for brief in merged(shown):
        runs += [BETWEEN, (in_words(brief, translate), style)]
    if not wrong:
        runs += [BETWEEN, (translate(NOTHING_ELSE if shown else NOTHING), "muted")]
    return Line((*runs, *((HINT,) if shown else ())))


def merged(problems: Iterable[Problem]) -> list[Message | str]:
    """Their short forms; those that count the same at several servers are counted together."""
    found: dict[object, Message | str] = {}
    for problem in problems:
        brief = problem.brief
        if not isinstance(brief, Message) or not isinstance(count := dict(brief.values).get("count"), int):
            found[problem.rule, problem.subject, str(brief)] = brief
            continue
        others = tuple(value for value in brief.values if value[0] != "count")
        key = brief.template, others
        before = found.get(key)
        so_far = dict(before.values)["count"] if isinstance(before, Message) else 0
        assert isinstance(so_far, int)
        found[key] = Message(brief.template, (("count", so_far + count), *others))
    return list(found.values())
