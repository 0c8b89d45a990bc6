"""The rules on connections that may carry data."""

from dataclasses import replace

import pytest

from tcpwatch.diagnose.diagnosis import diagnose, trouble_of
from tcpwatch.diagnose.problem import Severity
from tcpwatch.sockets.row import NoOwner, Timer, TimerKind
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.tcp.state import State
from tests.builders import row
from tests.diagnose.facts import facts, rules_of
from tests.diagnose.kernel_record import Record


def test_established_whose_queues_are_not_known_is_not_said_to_be_fine() -> None:
    assert diagnose(facts(recv_q=None, send_q=None)) == ()


def test_established_in_the_accept_queue_is_not_accepted() -> None:
    assert rules_of(diagnose(facts(inode=0, owners=(), no_owner=NoOwner.NOT_ACCEPTED))) == ["not-accepted", "idle"]


def test_established_with_the_persist_timer_has_a_zero_window() -> None:
    stalled = facts(send_q=2_500_000, timer=Timer(TimerKind.PERSIST, 344, 0))
    [problem] = diagnose(stalled)
    assert problem.rule == "zero-window"
    assert "2,500,000 bytes in" in problem.evidence[0]


def test_established_with_unread_bytes_names_the_reader() -> None:
    [problem] = diagnose(facts(recv_q=512))
    assert problem.message == "java/4242 has not read 512 bytes that came."


def test_established_that_is_quiet_is_said_to_be_fine() -> None:
    assert rules_of(diagnose(facts())) == ["idle"]


@pytest.mark.parametrize(("times", "severity"), [(2, Severity.NOTE), (3, Severity.WARN)])
def test_data_sent_again_is_a_warning_from_the_third_time_on(times: int, severity: Severity) -> None:
    [problem] = diagnose(facts(send_q=9, timer=Timer(TimerKind.RETRANSMIT, 200, times)))
    assert (problem.rule, problem.severity) == ("retransmitting", severity)
    assert f"sent again {times} times" in problem.message


@pytest.mark.parametrize(("probes", "severity"), [(0, Severity.NOTE), (1, Severity.WARN)])
def test_window_is_a_warning_once_a_probe_has_found_no_room(probes: int, severity: Severity) -> None:
    timer, info = Timer(TimerKind.PERSIST, 344, probes), bytes((1, 0, 0, 0, probes))
    [problem] = diagnose(facts(send_q=9, timer=timer, info_bytes=info))
    assert (problem.rule, problem.severity) == ("zero-window", severity)


def test_fin_behind_data_that_the_window_has_no_room_for_has_both_problems() -> None:
    found = diagnose(facts(state=State.LAST_ACK, send_q=9, timer=Timer(TimerKind.PERSIST, 344, 1)))
    assert rules_of(found) == ["fin-unacknowledged", "zero-window"]


def test_data_behind_a_cork_does_not_accuse_the_peer() -> None:
    info = replace(TcpInfo.decode(bytes(280)), snd_wnd=65_536, snd_mss=1_448)
    corked = facts(
        send_q=3, timer=Timer(TimerKind.PERSIST, 180, 0), record=Record({"nonagle": 2}, info), info=info, peer=row()
    )
    [problem] = diagnose(corked)
    assert problem.severity is Severity.CHAT
    assert problem.message.startswith("java/4242 holds back what waits (TCP_CORK)")
    assert trouble_of(corked) is None
