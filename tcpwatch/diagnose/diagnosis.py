"""The rules applied to one socket: its findings, and the trouble it is in. Pure."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.finding import Finding, Since
from tcpwatch.diagnose.rule import Beginning, ObservedSocket, Rule, Trouble
from tcpwatch.diagnose.rules import RULES, WIRE_RULES
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
_TOPIC_OF_RULE = {rule.id: rule.topic for rule in RULES} | {rule.id: rule.topic for rule in WIRE_RULES}

STATES_TO_TEST = frozenset(
    state
    for state, troubles in _TROUBLES_IN.items()
    if any(not trouble.only_with_timer_or_backlog for trouble in troubles)
)
"""The states in which a socket may be in trouble though it has neither a timer nor a backlog."""

TROUBLE_OF_STATE = {
    state: trouble
    for state, troubles in _TROUBLES_IN.items()
    for trouble in troubles
    if trouble.began is Beginning.WITH_ITS_STATE
}
"""The states that are trouble themselves."""


def diagnose(facts: SocketFacts) -> tuple[Finding, ...]:
    """All findings on one socket, in the order of the table."""
    found = (judged(rule, facts) for rule in _RULES_IN[facts.row.state])
    return tuple(finding for finding in found if finding is not None)


def judged(rule: Rule[SocketFacts], facts: SocketFacts) -> Finding | None:
    """What one rule finds; as severe as its trouble where the socket is in that."""
    finding, trouble = rule.apply(facts), rule.trouble
    if finding is None or trouble is None or not trouble.meets(facts):
        return finding
    return replace(finding, severity=trouble.severity)


def trouble_of(socket: ObservedSocket) -> Trouble | None:
    """The worst trouble that the socket is in, None ordinarily."""
    for trouble in _TROUBLES_IN[socket.row.state]:
        if trouble.meets(socket):
            return trouble
    return None


def troubles_of_rules(ids: Iterable[str]) -> frozenset[Trouble]:
    """The troubles of the rules with these ids."""
    return frozenset(trouble for one in ids if (trouble := _TROUBLE_OF_RULE.get(one)) is not None)


def dated(findings: Iterable[Finding], trouble: Trouble, since: Since) -> tuple[Finding, ...]:
    """The findings on a socket that has been in this trouble `since` then; those of its rules carry the moment."""
    return tuple(
        replace(finding, since=since) if _TROUBLE_OF_RULE.get(finding.rule) is trouble else finding
        for finding in findings
    )


def topics_of_findings(findings: Iterable[Finding]) -> Iterator[str]:
    """The keys of the explanations of the rules that found these."""
    return (_TOPIC_OF_RULE[finding.rule] for finding in findings if finding.rule in _TOPIC_OF_RULE)
