"""problems.md."""

from tcpwatch.monitor.snapshot import SourceStatus
from tcpwatch.report.markdown import problems_as_markdown
from tcpwatch.report.records.problems import ReportedProblem
from tests.builders import connection
from tests.report.reports import contents, problem


def test_problem_is_a_heading_with_its_facts() -> None:
    lines = list(problems_as_markdown(contents(sources=())))
    assert lines[0] == "# tcpwatch report: web-3 java"
    assert lines[2].startswith("lo · port 8080 · 2023-11-1")
    assert lines[2].endswith(" · looked for 10s · tcpwatch 1")
    assert lines[4:] == [
        "## ⚠ java/4242 does not close.",
        "",
        "`close-wait-leak` warn",
        "",
        "- since: ≥1m00s",
        "- because: 4 of 4 unread by java",
        "- cause: program (certain)",
        "- do: `jcmd java`",
        "- which: CLOSE-WAIT  127.0.0.1:9999 ⇄ 127.0.0.1:53412  java/4242 fd 7",
    ]


def test_hostile_text_stays_text() -> None:
    lines = list(problems_as_markdown(contents("<script>`|x|\n# y\u202e*z*")))
    text = "\n".join(lines)
    assert not [line for line in lines if line.startswith("# ") and line is not lines[0]]
    assert "\u202e" not in text
    assert "## ⚠ \\<script\\>\\`\\|x\\|␊\\# y\N{REPLACEMENT CHARACTER}\\*z\\*/4242 does not close." in lines
    assert "- do: ``jcmd <script>`|x|␊# y\N{REPLACEMENT CHARACTER}*z*``" in lines


def test_nothing_found_says_what_was_not_looked_at() -> None:
    lines = list(problems_as_markdown(contents(problems=(), sources=[SourceStatus("packets", False, "needs CAP_X")])))
    assert lines[4:] == ["Nothing is wrong, as far as was looked.", "", "not looked at: packets: needs CAP\\_X"]


def test_members_beyond_a_few_are_counted() -> None:
    many = ReportedProblem(problem(), 0, tuple(connection(cookie=number) for number in range(25)))
    lines = list(problems_as_markdown(contents(problems=[many], sources=())))
    assert lines[-1] == "- and 5 more"
