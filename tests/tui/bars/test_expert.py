"""The headline of a capture file."""

from tcpwatch.diagnose.message import message
from tcpwatch.diagnose.problem import Problem, Severity
from tcpwatch.tui.bars.expert import expert_summary


def text(problems: list[Problem], connections: int) -> str:
    return "".join(run[0] for run in expert_summary(problems, connections).runs)


def refused(count: int, server: str = "10.0.0.9:80") -> Problem:
    return Problem(Severity.NOTE, "", rule="refused", subject=server, brief=message("{count} refused", count=count))


def test_what_is_wrong_stands_behind_the_number_of_connections() -> None:
    zero = Problem(Severity.WARN, "", rule="zero", brief="4 zero windows, not reopened · 3 probes")
    assert text([zero, refused(3)], 1) == " ⚠ 1 connection · 4 zero windows, not reopened · 3 probes   n !"


def test_notes_stand_where_nothing_is_wrong_the_same_of_several_servers_together() -> None:
    assert text([refused(2), refused(1, "10.0.0.9:81")], 12) == (
        " ! 12 connections · 3 refused · nothing else is wrong, as far as the capture shows   n !"
    )


def test_file_without_a_problem_says_as_far_as_it_shows() -> None:
    assert text([], 12) == " ✓ 12 connections · nothing is wrong, as far as the capture shows"
