"""Problems as Markdown, to paste into a ticket: a heading each, then its facts and the commands to type.

Rule: foreign text is shown as it stands; no table, so that a bar in a name breaks none.
"""

from collections.abc import Iterator
from datetime import datetime

from tcpwatch.diagnose.problem import Cause
from tcpwatch.report import texts
from tcpwatch.report.contents import Contents
from tcpwatch.report.markup import code_span, markdown
from tcpwatch.report.paragraphs import BECAUSE, DO, GLYPHS, LASTS, WHICH, WHOSE
from tcpwatch.report.records.problems import ReportedProblem
from tcpwatch.text.duration import SECOND_NS, duration

MOST_MEMBERS = 20


def problems_as_markdown(contents: Contents) -> Iterator[str]:
    """The lines of problems.md."""
    translate = contents.translate
    yield f"# {markdown(translate(texts.REPORT))}: {markdown(contents.subject)}"
    yield ""
    yield " · ".join(map(markdown, about(contents)))
    if not contents.problems:
        yield from ("", markdown(translate(texts.NO_PROBLEM)))
    for record in contents.problems:
        yield ""
        yield from _problem(record)
    for lacking in lacking_facts(contents):
        yield ""
        yield markdown(f"{translate(texts.NOT_LOOKED_AT)}: {lacking}")


def about(contents: Contents) -> tuple[str, ...]:
    """What of the host or file it is about, when that was, for how long, and what made it."""
    template = texts.LOOKED_FOR if contents.sockets is not None else texts.COVERS
    looked = contents.translate(template).format(duration=duration(contents.looked_ns))
    return (*contents.scope, moment(contents.taken_ns), looked, contents.made_by)


def _problem(record: ReportedProblem) -> Iterator[str]:
    problem, translate = record.problem, record.translate
    yield f"## {GLYPHS[problem.severity]} {markdown(record.message)}"
    yield ""
    yield f"{code_span(problem.rule)} {markdown(str(problem.severity))}"
    yield ""
    if record.age_ns is not None and problem.since is not None:
        yield f"- {markdown(translate(LASTS))}: {'' if problem.since.seen else '≥'}{duration(record.age_ns)}"
    for fact in record.evidence:
        yield f"- {markdown(translate(BECAUSE))}: {markdown(fact)}"
    if problem.cause is not Cause.UNKNOWN:
        certainty = markdown(translate(problem.certainty))
        yield f"- {markdown(translate(WHOSE))}: {markdown(translate(problem.cause))} ({certainty})"
    for step in record.next_steps:
        yield f"- {markdown(translate(DO))}: {code_span(step)}"
    for one in record.members[:MOST_MEMBERS]:
        line = f"{one.row.state}  {one.row.local} ⇄ {one.row.remote}  {one.holders}"
        yield f"- {markdown(translate(WHICH))}: {markdown(line)}"
    if (more := len(record.members) - MOST_MEMBERS) > 0:
        yield f"- {markdown(translate(texts.AND_MORE).format(count=more))}"


def lacking_facts(contents: Contents) -> Iterator[str]:
    """What was not there to be looked at: sources that do not work, and what the rules lacked."""
    lacking = (source for source in contents.sources if not source.working)
    yield from (f"{source.name}: {source.partly or source.message}" for source in lacking)
    yield from contents.not_looked_at


def moment(time_ns: int) -> str:
    """The local date and time, with its distance from UTC."""
    local = datetime.fromtimestamp(time_ns // SECOND_NS).astimezone()
    distance = f"{local:%z}"
    return f"{local:%Y-%m-%d %H:%M:%S} UTC{distance[:3]}:{distance[3:5]}"
