"""The rules on connections that an RST ended which came: from whom, and to what."""

import pytest

from tcpwatch.diagnose.problem import Cause, Certainty, Problem, Severity
from tcpwatch.diagnose.program import ProgramFacts
from tcpwatch.diagnose.rules.resets_received import refused, reset_by_middlebox, reset_by_peer
from tcpwatch.tcp.reset_origin import ResetOrigin, ResetSender
from tcpwatch.tcp.state import State
from tests.diagnose.happenings import CAME, called, odd, origin, program, sent, served

PEER, IN_BETWEEN, UNKNOWN = ResetSender.PEER, ResetSender.IN_BETWEEN, ResetSender.UNKNOWN


def came(count: int, total: int | None = None, come_from: ResetOrigin | None = None) -> ProgramFacts:
    return program(served(*(odd(n, CAME, came_from=come_from) for n in range(count)), total=total))


def by_peer(facts: ProgramFacts) -> Problem:
    found = reset_by_peer(facts)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("come_from", "words", "cause", "certainty"),
    [
        (None, "in between: no segment of it was captured.", Cause.UNKNOWN, Certainty.OPEN),
        (origin(UNKNOWN), "in between: its TTL does not tell.", Cause.UNKNOWN, Certainty.OPEN),
        (origin(PEER, ttl=63), "from the other end, as its TTL shows.", Cause.PEER, Certainty.LIKELY),
        (origin(PEER, True, ttl=63), "as its TTL and IP id show.", Cause.PEER, Certainty.CERTAIN),
    ],
)
def test_sender_is_told_as_far_as_it_is_known(
    come_from: ResetOrigin | None, words: str, cause: Cause, certainty: Certainty
) -> None:
    facts = came(1, come_from=come_from)
    problem = by_peer(facts)
    assert str(problem.message).startswith("1 connection of :8080 (java/4242) ended in the last minute by an RST that")
    assert str(problem.message).endswith(words)
    assert (problem.severity, problem.cause, problem.certainty) == (Severity.NOTE, cause, certainty)
    assert reset_by_middlebox(facts) is None


@pytest.mark.parametrize(
    ("count", "total", "severity"), [(9, 9, Severity.NOTE), (10, 100, Severity.WARN), (10, 101, Severity.NOTE)]
)
def test_clients_that_break_off_are_a_warning_where_they_are_many_and_a_good_part(
    count: int, total: int, severity: Severity
) -> None:
    assert by_peer(came(count, total)).severity is severity


@pytest.mark.parametrize(("sure", "words"), [(True, "came from something in between."), (False, "came probably from")])
def test_reset_from_in_between_is_a_middlebox_s(sure: bool, words: str) -> None:
    facts = came(1, come_from=origin(IN_BETWEEN, sure))
    problem = reset_by_middlebox(facts)
    assert problem is not None
    assert words in str(problem.message)
    assert "its TTL is 64, that of the other segments from there 63" in str(problem.evidence[0])
    assert problem.cause is Cause.NETWORK
    assert reset_by_peer(facts) is None


def test_peer_on_this_host_is_told_with_its_reason_and_as_a_note() -> None:
    """The end that sent it has the warning."""
    local = sent("TCP_ABORT_ON_CLOSE")
    problem = by_peer(program(called(*(odd(n, CAME, peer_reset=local) for n in range(30)))))
    assert str(problem.message) == (
        "30 connections to 10.0.0.9:443 (java/4242) ended in the last minute by an RST that came from the other end, "
        "on this host, because the program closed it with received data still unread."
    )
    assert (problem.severity, problem.certainty) == (Severity.NOTE, Certainty.CERTAIN)
    assert by_peer(program(called(odd(1, CAME, peer_reset=sent(None))))).certainty is Certainty.CERTAIN


def test_other_places_are_counted() -> None:
    problem = by_peer(program(served(odd(1, CAME), odd(2, CAME)), called(odd(3, CAME))))
    assert str(problem.evidence[-1]) == "1 connection at other places"


def opening(*cookies: int, **known: object) -> tuple[object, ...]:
    return tuple(odd(cookie, CAME, before=State.SYN_SENT, **known) for cookie in cookies)


def test_syn_that_met_an_rst_is_refused_and_no_reset() -> None:
    facts = program(called(*opening(1)))
    problem = refused(facts)
    assert problem is not None
    assert str(problem.message) == (
        "10.0.0.9:443 refused 1 connection (java/4242) in the last minute: nothing listens there, or a firewall turns "
        "them away."
    )
    assert problem.severity is Severity.NOTE
    assert (reset_by_peer(facts), refused(program(called(odd(1, CAME))))) == (None, None)


def test_refused_by_this_host_is_certain_and_many_are_a_warning() -> None:
    answered = sent("NO_SOCKET")
    problem = refused(program(called(*opening(*range(10), peer_reset=answered))))
    assert problem is not None
    assert str(problem.message).endswith(": nothing listens there.")
    assert (problem.severity, problem.certainty) == (Severity.WARN, Certainty.CERTAIN)


def test_scan_from_here_is_a_note() -> None:
    problem = refused(program(*(called(*opening(port)) for port in range(500))))
    assert problem is not None
    assert problem.severity is Severity.NOTE
    assert str(problem.evidence[-1]) == "499 to 499 other places too"
