"""Problems as text for a person: a paragraph each, the sentence first. The labels are in the reader's language."""

from collections.abc import Iterable, Iterator

from tcpwatch.diagnose.message import message
from tcpwatch.diagnose.problem import Cause, Severity
from tcpwatch.report.records.problems import ReportedProblem
from tcpwatch.text.cells import cells
from tcpwatch.text.duration import duration

GLYPHS = {Severity.ERROR: "✖", Severity.WARN: "⚠", Severity.NOTE: "!", Severity.CHAT: "·"}
BECAUSE, WHOSE, DO, WHICH, LASTS = "because", "cause", "do", "which", "since"
LABELS = (BECAUSE, WHOSE, DO, WHICH, LASTS)
MOST_MEMBERS = 5


def paragraphs(records: Iterable[ReportedProblem]) -> Iterator[str]:
    """The problems one after the other, an empty line between."""
    for number, record in enumerate(records):
        if number:
            yield ""
        yield f"{GLYPHS[record.problem.severity]} {record.message}"
        labels = {label: record.translate(label) for label in LABELS}
        width = max(map(cells, labels.values()))
        for label, text in _parts(record):
            name = labels[label] if label else ""
            yield f"  {name}{' ' * (width - cells(name))}  {text}"
        yield f"  {' ' * width}  [{record.problem.rule}, {record.problem.severity}]"


def _parts(record: ReportedProblem) -> Iterator[tuple[str, str]]:
    """Label and text of each line; of those with one label, only the first has it."""
    problem = record.problem
    if record.age_ns is not None and problem.since is not None:
        yield LASTS, f"{'' if problem.since.seen else '≥'}{duration(record.age_ns)}"
    yield from _labelled(BECAUSE, record.evidence)
    if problem.cause is not Cause.UNKNOWN:
        yield WHOSE, f"{record.translate(problem.cause)} ({record.translate(problem.certainty)})"
    yield from _labelled(DO, record.next_steps)
    yield from _labelled(WHICH, _members(record))


def _labelled(label: str, texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    return ((label if not index else "", text) for index, text in enumerate(texts))


def _members(record: ReportedProblem) -> Iterator[str]:
    for one in record.members[:MOST_MEMBERS]:
        yield f"{one.row.state}  {one.row.ends_in_words}  {one.holders}"
    if (more := record.count - MOST_MEMBERS) > 0:
        yield message("and {count} more", count=more).words(record.translate)
