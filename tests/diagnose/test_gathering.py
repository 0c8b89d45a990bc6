"""All sockets of a program that are in one trouble, as one problem."""

from tcpwatch.diagnose.gathering import gathered, problems_of_program
from tcpwatch.diagnose.problem import Problem, Severity, Since, Trend
from tcpwatch.diagnose.program import ProgramFacts, ProgramSocket
from tcpwatch.diagnose.rule import Trouble
from tcpwatch.diagnose.rules.closing import NOT_CLOSED
from tcpwatch.diagnose.rules.listener import TURNED_AWAY
from tcpwatch.tcp.state import State
from tests.builders import connection, owner

SECOND = 1_000_000_000
NOW_NS = 1000 * SECOND


def leaks(count: int) -> list[ProgramSocket]:
    return [connection(cookie=n, state=State.CLOSE_WAIT) for n in range(count)]


def program(trouble: Trouble, count: int) -> ProgramFacts:
    members = leaks(count)
    since = {one.key: Since(NOW_NS - 90 * SECOND, False) for one in members}
    return ProgramFacts(
        owner=owner(), no_owner=None, sockets=members, now_ns=NOW_NS, troubled={trouble: members}, since=since,
        trends={trouble: Trend(3, (1, 4))},
    )  # fmt: skip


def worst(socket: ProgramSocket, trouble: Trouble) -> Problem | None:
    return Problem(Severity.NOTE, f"socket {socket.key}", rule="close-wait", next_steps=("ss",))


def test_many_are_worded_by_the_trouble_and_keep_the_next_steps_of_the_worst() -> None:
    facts = program(NOT_CLOSED, 4)
    problem = gathered(facts, NOT_CLOSED, facts.troubled[NOT_CLOSED], worst)
    assert problem is not None
    assert str(problem.message) == "4 connections CLOSE-WAIT, the oldest for ≥1m30s: java/4242 must close()."
    assert (problem.severity, problem.next_steps, problem.trend) == (Severity.WARN, ("ss",), Trend(3, (1, 4)))


def test_trouble_of_the_last_minute_has_neither_age_nor_brief_form() -> None:
    facts = program(TURNED_AWAY, 2)
    problem = gathered(facts, TURNED_AWAY, facts.troubled[TURNED_AWAY], worst)
    assert problem is not None
    assert (problem.since, problem.brief, problem.trend, problem.message) == (None, "", None, "socket 0")


def test_trouble_on_which_no_rule_finds_anything_is_none() -> None:
    assert list(problems_of_program(program(NOT_CLOSED, 1), lambda socket, trouble: None)) == []


def test_problem_comes_with_the_rank_of_its_trouble() -> None:
    [(rank, _)] = problems_of_program(program(NOT_CLOSED, 1), worst)
    assert rank == NOT_CLOSED.rank
