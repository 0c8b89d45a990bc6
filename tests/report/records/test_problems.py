from tcpwatch.diagnose.message import message
from tcpwatch.diagnose.problem import Limit, Problem, Severity, Since, Trend
from tcpwatch.report.records.problems import PROBLEMS, ReportedProblem
from tests.builders import connection, owner


def test_record_has_facts_in_english_keys_and_texts_in_the_language_asked_for() -> None:
    problem = Problem(
        Severity.WARN, message("{who} leaks", who="java/1"), (message("it waits"),), trend=Trend(40),
        since=Since(5, True), limit=Limit("fds", 64, 1024), rule="close-wait-leak",
    )  # fmt: skip
    korean = {"{who} leaks": "{who} 누수", "it waits": "기다림"}
    record = ReportedProblem(
        problem, 12, (connection(cookie=7, owners=(owner(pid=1, fd=3),)),), lambda text: korean[text]
    )
    found = PROBLEMS.as_dict(record)
    assert (found["message"], found["evidence"]) == ("java/1 누수", ["기다림"])
    assert (found["age_ns"], found["beginning_seen"], found["per_minute"]) == (7, True, 40)
    assert found["limit"] == {"what": "fds", "used": 64, "limit": 1024, "reached_in_ns": None}
    [shown] = found["members"]  # type: ignore[misc]
    assert (shown["cookie"], shown["pid"], shown["fd"]) == (7, 1, 3)


def test_what_is_not_known_is_null() -> None:
    found = PROBLEMS.as_dict(ReportedProblem(Problem(Severity.NOTE, ""), 0))
    assert [found[name] for name in ("subject", "age_ns", "beginning_seen", "per_minute", "limit")] == [None] * 5
