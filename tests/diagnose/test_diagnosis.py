"""The table of rules as a whole: what holds for every row of it."""

from itertools import product
from typing import Any

import pytest

from tcpwatch.diagnose.diagnosis import (
    STATES_TO_TEST,
    TROUBLE_OF_STATE,
    TROUBLES,
    dated,
    diagnose,
    problem_of_trouble,
    topics_of_problems,
    trouble_of,
)
from tcpwatch.diagnose.problem import Problem, Severity, Since
from tcpwatch.diagnose.rule import Rule
from tcpwatch.diagnose.rules import HOST_RULES, PROGRAM_RULES, RULES, WIRE_RULES
from tcpwatch.diagnose.rules.closing import NOT_CLOSED
from tcpwatch.diagnose.rules.retransmission import NOT_ACKNOWLEDGED
from tcpwatch.diagnose.rules.transfer import WINDOW_STAYS_SHUT
from tcpwatch.diagnose.rules.wire import WIRE_PROBLEMS
from tcpwatch.sockets.row import Backlog, Timer, TimerKind
from tcpwatch.tcp.state import State
from tcpwatch.why.topics import find_topic
from tests.diagnose.facts import facts, rules_of

TABLES = (RULES, PROGRAM_RULES, HOST_RULES, WIRE_RULES)
ALL_TOPICS = [rule.topic for table in (*TABLES, WIRE_PROBLEMS) for rule in table]
TIMERS = (None, *(Timer(kind, 100, times) for kind in TimerKind for times in (0, 1, 3)))
BACKLOGS = ((None, 0), (Backlog(0, 128), 0), (Backlog(129, 128, half_open=128), 0), (Backlog(0, 128), 4))


@pytest.mark.parametrize("table", TABLES)
def test_ids_are_unique_at_each_level(table: tuple[Rule[Any], ...]) -> None:
    ids = [rule.id for rule in table]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("topic", ALL_TOPICS)
def test_topic_has_an_explanation(topic: str) -> None:
    assert find_topic(topic).key == topic


@pytest.mark.parametrize("state", State)
def test_every_state_has_its_rules(state: State) -> None:
    assert any(rule.applies_in(state) for rule in RULES)


def test_ranks_are_unique_so_that_the_order_of_the_headline_is_fixed() -> None:
    ranks = [trouble.rank for trouble in TROUBLES]
    assert ranks == sorted(set(ranks))


@pytest.mark.parametrize(("state", "backlog"), list(product(State, BACKLOGS)))
def test_socket_has_a_warning_where_it_is_in_trouble_and_only_there(
    state: State, backlog: tuple[Backlog | None, int]
) -> None:
    if backlog[0] is not None and state is not State.LISTEN:
        return
    for timer in TIMERS if state is not State.LISTEN else (None,):
        one = facts(state=state, timer=timer, backlog=backlog[0], turned_away=backlog[1])
        warned = any(found.severity in (Severity.WARN, Severity.ERROR) for found in diagnose(one))
        trouble = trouble_of(one)
        assert warned is (trouble is not None and trouble.marks), (state, timer)


@pytest.mark.parametrize("state", State)
def test_socket_where_nothing_waits_is_in_trouble_only_in_the_states_that_are_tested(state: State) -> None:
    assert (trouble_of(facts(state=state)) is None) or state in STATES_TO_TEST


def test_states_that_are_trouble_themselves() -> None:
    assert {state: trouble.name for state, trouble in TROUBLE_OF_STATE.items()} == {State.CLOSE_WAIT: "CLOSE-WAIT"}
    assert all(trouble.group for trouble in TROUBLE_OF_STATE.values())


def test_worse_of_two_troubles_counts() -> None:
    lost = facts(state=State.CLOSE_WAIT, timer=Timer(TimerKind.RETRANSMIT, 100, 4))
    assert trouble_of(lost) is NOT_CLOSED
    assert rules_of(diagnose(lost)) == ["close-wait", "retransmitting"]


def test_problem_of_a_trouble_is_that_of_the_rule_that_names_it() -> None:
    lost = facts(state=State.CLOSE_WAIT, timer=Timer(TimerKind.RETRANSMIT, 100, 4))
    found = [problem_of_trouble(lost, trouble) for trouble in (NOT_CLOSED, NOT_ACKNOWLEDGED, WINDOW_STAYS_SHUT)]
    assert [one and one.rule for one in found] == ["close-wait", "retransmitting", None]


def test_topics_of_problems_are_those_of_their_rules() -> None:
    found = [Problem(Severity.NOTE, "", rule=rule) for rule in ("not-accepted", "sent-unseen", "no-such-rule")]
    assert list(topics_of_problems(found)) == ["accept queue", "SND.NXT"]


def test_dated_are_the_problems_that_tell_of_the_trouble() -> None:
    named, other = (Problem(Severity.WARN, "", rule=rule) for rule in ("peer-window-shut", "unread"))
    since = Since(1_000_000_000, seen=True)
    assert [problem.since for problem in dated((named, other), WINDOW_STAYS_SHUT, since)] == [since, None]
    assert [problem.since for problem in dated((named, other), NOT_ACKNOWLEDGED, since)] == [None, None]
