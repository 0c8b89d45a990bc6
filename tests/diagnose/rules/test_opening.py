"""The rules on connections that open."""

import pytest

from tcpwatch.diagnose.diagnosis import diagnose
from tcpwatch.diagnose.finding import Severity
from tcpwatch.sockets.row import Timer, TimerKind
from tcpwatch.tcp.state import State
from tests.diagnose.facts import facts


@pytest.mark.parametrize("state", [State.SYN_SENT, State.SYN_RECEIVED])
def test_opening_that_has_just_begun_is_no_warning(state: State) -> None:
    [finding] = diagnose(facts(state=state))
    assert finding.severity is Severity.CHAT
    assert "again" not in finding.message


def test_syn_sent_counts_the_syns() -> None:
    [finding] = diagnose(facts(state=State.SYN_SENT, timer=Timer(TimerKind.RETRANSMIT, 900, 3)))
    assert "sent again 3 times" in finding.message
    assert finding.severity is Severity.WARN


@pytest.mark.parametrize("state", [State.SYN_SENT, State.SYN_RECEIVED])
@pytest.mark.parametrize(("times", "severity"), [(2, Severity.NOTE), (3, Severity.WARN)])
def test_opening_sent_again_is_a_warning_from_the_third_time_on(state: State, times: int, severity: Severity) -> None:
    [finding] = diagnose(facts(state=state, timer=Timer(TimerKind.RETRANSMIT, 900, times)))
    assert finding.severity is severity
