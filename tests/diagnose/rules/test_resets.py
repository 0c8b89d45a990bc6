"""The rules on connections that this host reset, and on RSTs for none that is known."""

import pytest

from tcpwatch.diagnose.happened import EndedAt, StrayResets
from tcpwatch.diagnose.host import HostFacts
from tcpwatch.diagnose.problem import Cause, Certainty, Problem, Severity
from tcpwatch.diagnose.rules.resets import reset_by_us, strays
from tcpwatch.sockets.counters import NO_STACK, Rise, Stack
from tests.diagnose.happenings import CAME, called, odd, program, served

UNREAD = "TCP_ABORT_ON_CLOSE"


def by_us(*places: EndedAt, **known: object) -> Problem:
    found = reset_by_us(program(*places, **known))
    assert found is not None
    return found


def test_single_reset_is_a_note_that_says_why() -> None:
    problem = by_us(served(odd(reason=UNREAD)))
    assert str(problem.message) == (
        "This host reset 1 connection of :8080 (java/4242) in the last minute, because the program closed it with "
        "received data still unread."
    )
    assert (problem.severity, problem.cause, problem.certainty) == (Severity.NOTE, Cause.PROGRAM, Certainty.CERTAIN)
    assert "nstat -az TcpExtTCPAbortOnClose" in problem.next_steps


def test_many_resets_are_a_warning_with_their_members() -> None:
    problem = by_us(called(*(odd(n, reason="TCP_STATE") for n in range(10)), total=1000))
    assert str(problem.message).startswith(
        "This host reset 10 connections to 10.0.0.9:443 (java/4242) in the last minute, each because"
    )
    assert (problem.severity, problem.members) == (Severity.WARN, tuple(range(10)))


def test_kernel_s_count_goes_beyond_those_that_were_kept() -> None:
    problem = by_us(served(odd(reason=UNREAD), resets={UNREAD: 7_000}))
    assert str(problem.message).startswith("This host reset 7,000 connections of :8080")


def test_other_reasons_stand_below_the_most_frequent() -> None:
    problem = by_us(served(odd(1, reason=UNREAD), odd(2, reason=UNREAD), odd(3, reason="TCP_STATE")))
    assert str(problem.evidence[-1]).startswith("1 connection of :8080 too: the program gave it up at once")


def test_reason_that_is_not_known_is_said_to_be_so() -> None:
    problem = by_us(served(odd()), owner=None)
    assert str(problem.message) == "This host reset 1 connection of :8080 in the last minute; why is not known here."
    assert problem.cause is Cause.UNKNOWN


def test_reset_that_came_is_not_this_host_s() -> None:
    assert reset_by_us(program(served(odd(reset=CAME)))) is None
    assert reset_by_us(program()) is None


def host(*found: StrayResets) -> Problem | None:
    return strays(HostFacts(NO_STACK, stray_resets=found))


def test_scan_of_ports_is_no_more_than_chat() -> None:
    found = host(*(StrayResets(port, "NO_SOCKET", 1) for port in range(1, 1001)), StrayResets(None, "NO_SOCKET", 9))
    assert found is not None
    assert found.severity is Severity.CHAT
    assert str(found.message).startswith("In the last minute 1,009 segments came for many ports")


def test_port_that_is_tried_again_and_again_is_a_note() -> None:
    found = host(StrayResets(81, "NO_SOCKET", 5_000))
    assert found is not None
    assert found.severity is Severity.NOTE
    assert [str(one) for one in found.evidence] == ["most for :81: 5,000"]


@pytest.mark.parametrize(("times", "severity"), [(9, Severity.NOTE), (10, Severity.WARN)])
def test_late_segments_are_told_by_port(times: int, severity: Severity) -> None:
    found = host(StrayResets(8080, "TCP_TIMEWAIT_SOCKET", times), StrayResets(81, "NO_SOCKET", 99))
    assert found is not None
    assert (found.severity, found.subject) == (severity, ":8080")
    assert "a segment came for a connection that the program had closed already" in str(found.message)


def test_nothing_reset_is_nothing() -> None:
    assert host() is None
    assert host(StrayResets(None, "NO_SOCKET", 3)) is None


def test_counters_tell_where_the_kernel_does_not() -> None:
    stack = Stack({"TCPAbortOnClose": Rise(90, 12), "TCPAbortOnData": Rise(9, 1)})
    found = strays(HostFacts(stack))
    assert found is not None
    assert str(found.message) == (
        "This host reset 12 connections in the last minute, because the program closed them with received data still "
        "unread; which ones is not told here."
    )
    assert found.severity is Severity.WARN
    assert strays(HostFacts(stack, stray_resets=())) is None
    assert strays(HostFacts(NO_STACK)) is None
