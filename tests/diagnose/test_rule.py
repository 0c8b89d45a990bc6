"""One rule: where it is asked, and what it makes of a problem."""

import pytest

from tcpwatch.diagnose.problem import Problem, Severity
from tcpwatch.diagnose.rule import Rule
from tcpwatch.tcp.state import State


def small(number: int) -> Problem | None:
    return Problem(Severity.NOTE, "It is small.") if number < 9 else None


def test_problem_carries_the_id_of_its_rule() -> None:
    rule = Rule("small", None, small, "TCB")
    assert rule.apply(3) == Problem(Severity.NOTE, "It is small.", rule="small")
    assert rule.apply(9) is None


@pytest.mark.parametrize(
    ("states", "expected"), [(None, True), (frozenset({State.LISTEN}), True), (frozenset({State.CLOSING}), False)]
)
def test_rule_is_asked_in_its_states(states: frozenset[State] | None, expected: bool) -> None:
    assert Rule("small", states, small, "TCB").applies_in(State.LISTEN) is expected
