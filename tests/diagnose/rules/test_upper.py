"""The rule on a TCP socket below another protocol's socket."""

import pytest

from tcpwatch.diagnose.diagnosis import diagnose, trouble_of
from tcpwatch.diagnose.half_close import HalfClose
from tcpwatch.diagnose.problem import Severity
from tcpwatch.diagnose.rules.upper import UPPER_NOT_CLOSED
from tcpwatch.sockets.extras import Extensions
from tcpwatch.sockets.row import UpperSocket
from tcpwatch.tcp.state import State
from tests.diagnose.facts import facts, rules_of
from tests.diagnose.kernel_record import Record


def test_peer_that_has_closed_above_is_told_though_tcp_is_established() -> None:
    one = facts(upper=UpperSocket("MPTCP", State.CLOSE_WAIT, 5_832))
    [problem] = diagnose(one)
    assert problem.severity is Severity.WARN
    assert str(problem.message).startswith("java/4242 must call close(): the peer has closed the MPTCP connection")
    assert "5,832 bytes of memory hold what is unread" in map(str, problem.evidence)
    assert trouble_of(one) is UPPER_NOT_CLOSED


@pytest.mark.parametrize("ordinary", [HalfClose(True, 1), HalfClose(False)])
def test_half_close_above_is_ordinary(ordinary: HalfClose) -> None:
    one = facts(upper=UpperSocket("MPTCP", State.CLOSE_WAIT, 0), half_close=ordinary)
    assert [problem.severity for problem in diagnose(one)] == [Severity.CHAT]
    assert trouble_of(one) is None


def test_open_above_is_no_trouble() -> None:
    one = facts(upper=UpperSocket("MPTCP", State.ESTABLISHED, 0))
    [problem] = diagnose(one)
    assert str(problem.message) == "Carries a connection of MPTCP in ESTABLISHED; nothing waits there to be read."
    assert trouble_of(one) is None


def test_queues_of_a_socket_below_one_that_is_not_read_are_not_said_to_be_all() -> None:
    [problem] = diagnose(facts(record=Record({}, extensions=Extensions(ulp="mptcp"))))
    assert rules_of((problem,)) == ["idle"]
    assert "kept there" in str(problem.message)
