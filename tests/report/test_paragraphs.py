"""Problems as text for a person."""

from tcpwatch.diagnose.problem import Cause, Certainty, Problem, Severity, Since
from tcpwatch.report.paragraphs import MOST_MEMBERS, paragraphs
from tcpwatch.report.records.problems import ReportedProblem
from tests.builders import connection

SECOND = 1_000_000_000
LEAK = Problem(
    Severity.WARN, "java/4242 does not close.", ("4 of 4 unread",), ("jcmd 4242 Thread.print", "ss -tanp"),
    rule="close-wait-leak", since=Since(10 * SECOND, False), cause=Cause.PROGRAM, certainty=Certainty.CERTAIN,
)  # fmt: skip


def test_paragraph_has_the_sentence_first_and_a_label_once() -> None:
    assert list(paragraphs([ReportedProblem(LEAK, 70 * SECOND)])) == [
        "⚠ java/4242 does not close.",
        "  since    ≥1m00s",
        "  because  4 of 4 unread",
        "  cause    program (certain)",
        "  do       jcmd 4242 Thread.print",
        "           ss -tanp",
        "           [close-wait-leak, warn]",
    ]


def test_paragraphs_stand_apart() -> None:
    assert list(paragraphs([ReportedProblem(LEAK, 0)] * 2)).count("") == 1


def test_many_members_are_counted() -> None:
    members = tuple(connection(cookie=n) for n in range(MOST_MEMBERS + 3))
    lines = list(paragraphs([ReportedProblem(LEAK, 0, members)]))
    assert lines[-2].strip() == "and 3 more"
    assert sum("⇄" in line for line in lines) == MOST_MEMBERS
