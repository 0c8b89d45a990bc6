"""The rules on connections that may carry data."""

from dataclasses import replace

import pytest

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.diagnosis import diagnose, trouble_of
from tcpwatch.diagnose.local_cause import LocalCause
from tcpwatch.diagnose.problem import Cause, Certainty, Severity
from tcpwatch.sockets.row import NoOwner, Timer, TimerKind
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.tcp.state import State
from tests.builders import row
from tests.diagnose.facts import facts, rules_of
from tests.diagnose.kernel_record import Record

NO_INFO = TcpInfo.decode(bytes(280))


def test_established_whose_queues_are_not_known_is_not_said_to_be_fine() -> None:
    assert diagnose(facts(recv_q=None, send_q=None)) == ()


def test_established_in_the_accept_queue_is_not_accepted() -> None:
    assert rules_of(diagnose(facts(inode=0, owners=(), no_owner=NoOwner.NOT_ACCEPTED))) == ["not-accepted", "idle"]


def test_established_with_the_persist_timer_has_a_zero_window() -> None:
    stalled = facts(send_q=2_500_000, timer=Timer(TimerKind.PERSIST, 344, 0))
    [problem] = diagnose(stalled)
    assert problem.rule == "peer-window-shut"
    assert "2,500,000 bytes in" in str(problem.evidence[0])


def test_established_that_is_quiet_is_said_to_be_fine() -> None:
    assert rules_of(diagnose(facts())) == ["idle"]


@pytest.mark.parametrize(("times", "severity"), [(2, Severity.NOTE), (3, Severity.WARN)])
def test_data_sent_again_is_a_warning_from_the_third_time_on(times: int, severity: Severity) -> None:
    [problem] = diagnose(facts(send_q=9, timer=Timer(TimerKind.RETRANSMIT, 200, times)))
    assert (problem.rule, problem.severity) == ("retransmitting", severity)
    assert f"sent again {times} times" in str(problem.message)


def shut(backoff: int, rto_ms: int = 200, **around: object) -> SocketFacts:
    """A window that has had no room for so many probes, all of them answered."""
    info = replace(NO_INFO, snd_wnd=0, snd_mss=1_448, backoff=backoff, rto=rto_ms * 1_000, last_ack_recv=50)
    return facts(send_q=90_000, timer=Timer(TimerKind.PERSIST, 10, 0), record=Record({}, info), info=info, **around)


@pytest.mark.parametrize(
    ("backoff", "severity"),
    [(1, Severity.NOTE), (2, Severity.NOTE), (3, Severity.WARN), (5, Severity.WARN)],  # 0.4, 1.4, 3 and 12 s
)
def test_window_is_a_warning_once_it_has_been_shut_for_longer_than_a_reader_pauses(
    backoff: int, severity: Severity
) -> None:
    [problem] = diagnose(shut(backoff))
    assert (problem.rule, problem.severity, problem.cause) == ("peer-window-shut", severity, Cause.PEER)
    assert "no room for the 90,000 bytes" in str(problem.message)


def test_peer_that_answers_no_probe_is_not_said_to_be_merely_slow() -> None:
    info = replace(NO_INFO, snd_wnd=0, snd_mss=1_448, backoff=5, rto=200_000)
    timer = Timer(TimerKind.PERSIST, 10, 4)
    [problem] = diagnose(facts(send_q=9, timer=timer, record=Record({}, info), info=info))
    assert "4 probes in a row had no answer" in str(problem.message)
    assert (problem.cause, problem.certainty) == (Cause.UNKNOWN, Certainty.OPEN)


def test_window_of_a_reader_on_this_host_is_told_of_there() -> None:
    waiting = shut(6, local_cause=LocalCause.READER)
    assert trouble_of(waiting) is None
    [problem] = diagnose(waiting)
    assert problem.severity is Severity.NOTE
    assert "its problem is told there" in str(problem.evidence[1])


def test_silent_path_is_told_apart_from_a_lossy_one() -> None:
    silent = replace(NO_INFO, unacked=2, rto=400_000, last_ack_recv=9_000, data_segs_out=8, total_retrans=5)
    heard = replace(silent, last_ack_recv=100)
    timer = Timer(TimerKind.RETRANSMIT, 200, 4)
    for info, words in ((silent, "no ACK has come for 9s"), (heard, "a lossy path, or the peer is gone")):
        [problem] = diagnose(facts(send_q=200, timer=timer, record=Record({}, info), info=info))
        assert (problem.rule, problem.severity) == ("retransmitting", Severity.WARN)
        assert words in str(problem.message)


def test_idle_connection_says_whose_turn_it_is() -> None:
    info = replace(NO_INFO, data_segs_out=3, data_segs_in=3, last_data_sent=40, last_data_recv=900)
    [problem] = diagnose(facts(info=info))
    assert [str(one) for one in problem.evidence] == ["this end sent data last"]


def test_fin_behind_data_that_the_window_has_no_room_for_has_both_problems() -> None:
    found = diagnose(facts(state=State.LAST_ACK, send_q=9, timer=Timer(TimerKind.PERSIST, 344, 1)))
    assert rules_of(found) == ["fin-unacknowledged", "peer-window-shut"]


def test_data_behind_a_cork_does_not_accuse_the_peer() -> None:
    info = replace(TcpInfo.decode(bytes(280)), snd_wnd=65_536, snd_mss=1_448)
    corked = facts(
        send_q=3, timer=Timer(TimerKind.PERSIST, 180, 0), record=Record({"nonagle": 2}, info), info=info, peer=row()
    )
    [problem] = diagnose(corked)
    assert problem.severity is Severity.CHAT
    assert str(problem.message).startswith("java/4242 holds back what waits (TCP_CORK)")
    assert (trouble := trouble_of(corked)) is not None
    assert not trouble.marks
