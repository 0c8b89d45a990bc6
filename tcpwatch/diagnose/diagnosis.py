"""The rules applied to one socket: its problems, and the trouble it is in. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.problem import Problem, Since
from tcpwatch.diagnose.rule import Beginning, ObservedSocket, Rule, Trouble
from tcpwatch.diagnose.rules import HOST_RULES, PROGRAM_RULES, RULES, WIRE_RULES
from tcpwatch.diagnose.rules.wire import WIRE_PROBLEMS
from tcpwatch.tcp.state import State

TROUBLES = tuple(
    sorted(dict.fromkeys(rule.trouble for rule in RULES if rule.trouble), key=lambda trouble: trouble.rank)
)
"""Every trouble once, the worst first."""

_RULES_IN = {state: tuple(rule for rule in RULES if rule.applies_in(state)) for state in State}
_TROUBLES_IN = {
    state: tuple(trouble for trouble in TROUBLES if any(rule.trouble is trouble for rule in rules))
    for state, rules in _RULES_IN.items()
}
_TROUBLE_OF_RULE = {rule.id: rule.trouble for rule in RULES}
_TOPIC_OF_RULE = {
    rule.id: rule.topic for rules in (WIRE_PROBLEMS, RULES, PROGRAM_RULES, HOST_RULES, WIRE_RULES) for rule in rules
}

STATES_TO_TEST = frozenset(
    state
    for state, troubles in _TROUBLES_IN.items()
    if any(not trouble.only_where_something_waits for trouble in troubles)
)
"""The states in which a socket may be in trouble though it has neither a timer nor a backlog."""

TROUBLE_OF_STATE = {
    state: trouble
    for state, troubles in _TROUBLES_IN.items()
    for trouble in troubles
    if trouble.began is Beginning.WITH_ITS_STATE
}
"""The states that are trouble themselves."""


def diagnose(facts: SocketFacts) -> tuple[Problem, ...]:
    """All problems on one socket, in the order of the table."""
    found = (judged(rule, facts) for rule in _RULES_IN[facts.row.state])
    return tuple(problem for problem in found if problem is not None)


def judged(rule: Rule[SocketFacts], facts: SocketFacts) -> Problem | None:
    """What one rule finds; as severe as its trouble where the socket is in that."""
    problem, trouble = rule.apply(facts), rule.trouble
    if problem is None or trouble is None or not trouble.meets(facts):
        return problem
    return replace(problem, severity=trouble.severity)


def trouble_of(socket: ObservedSocket) -> Trouble | None:
    """The worst trouble that the socket is in, None ordinarily."""
    for trouble in _TROUBLES_IN[socket.row.state]:
        if trouble.meets(socket):
            return trouble
    return None


def problem_of_trouble(facts: SocketFacts, trouble: Trouble) -> Problem | None:
    """What the first rule finds that names this trouble."""
    rules = (rule for rule in _RULES_IN[facts.row.state] if rule.trouble is trouble)
    return next((problem for rule in rules if (problem := judged(rule, facts)) is not None), None)


def dated(problems: Iterable[Problem], trouble: Trouble, since: Since) -> tuple[Problem, ...]:
    """The problems on a socket that has been in this trouble `since` then; those of its rules carry the moment."""
    return tuple(
        replace(problem, since=since) if _TROUBLE_OF_RULE.get(problem.rule) is trouble else problem
        for problem in problems
    )


def topics_of_problems(problems: Iterable[Problem]) -> Iterator[str]:
    """The keys of the explanations of the rules that found these."""
    return (_TOPIC_OF_RULE[problem.rule] for problem in problems if problem.rule in _TOPIC_OF_RULE)
