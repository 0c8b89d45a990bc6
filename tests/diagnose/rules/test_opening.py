"""The rules on connections that open."""

from dataclasses import replace

import pytest

from tcpwatch.diagnose.diagnosis import diagnose, trouble_of
from tcpwatch.diagnose.local_cause import LocalCause
from tcpwatch.diagnose.problem import Cause, Severity
from tcpwatch.sockets.row import Backlog, Timer, TimerKind
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.tcp.state import State
from tests.builders import row
from tests.diagnose.facts import facts
from tests.diagnose.kernel_record import Record


@pytest.mark.parametrize("state", [State.SYN_SENT, State.SYN_RECEIVED])
def test_opening_that_has_just_begun_is_no_warning(state: State) -> None:
    [problem] = diagnose(facts(state=state))
    assert problem.severity is Severity.CHAT
    assert "again" not in str(problem.message)


def test_syn_sent_counts_the_syns() -> None:
    [problem] = diagnose(facts(state=State.SYN_SENT, timer=Timer(TimerKind.RETRANSMIT, 900, 3)))
    assert "sent again 3 times" in str(problem.message)
    assert problem.severity is Severity.WARN


@pytest.mark.parametrize("state", [State.SYN_SENT, State.SYN_RECEIVED])
@pytest.mark.parametrize(("times", "severity"), [(2, Severity.NOTE), (3, Severity.WARN)])
def test_opening_sent_again_is_a_warning_from_the_third_time_on(state: State, times: int, severity: Severity) -> None:
    [problem] = diagnose(facts(state=state, timer=Timer(TimerKind.RETRANSMIT, 900, times)))
    assert problem.severity is severity


def half_open(acked: int | None, defers: int | None, backlog: Backlog | None = None) -> str:
    fields = Record({"acked": acked}, None) if acked is not None else None
    setting = Record({"rskq_defer_accept": defers}, None) if defers is not None else None
    listener = row(state=State.LISTEN, record=setting, backlog=backlog) if setting or backlog else None
    [problem] = diagnose(facts(state=State.SYN_RECEIVED, record=fields, listener=listener))
    return str(problem.message).partition("; ")[2]


@pytest.mark.parametrize(
    ("acked", "defers", "backlog", "words"),
    [
        (0, 0, None, "the client's ACK has not come."),
        (0, 3, None, "the client's ACK has not come."),
        (1, 0, None, "the client's ACK came, and the accept queue had no room for it."),
        (
            None,
            None,
            Backlog(0, 16),
            "the client's ACK has not come, or the listener waits for data first (TCP_DEFER_ACCEPT).",
        ),
        (
            None,
            None,
            None,
            "the client's ACK has not come, or the accept queue has no room for it, or the listener waits for data "
            "first (TCP_DEFER_ACCEPT).",
        ),
    ],
)
def test_half_open_says_no_more_than_is_known(
    acked: int | None, defers: int | None, backlog: Backlog | None, words: str
) -> None:
    assert half_open(acked, defers, backlog) == words


def test_ack_that_the_listener_put_aside_is_said_to_have_come() -> None:
    assert half_open(1, 3).startswith("the client's ACK came and was put aside, because the listener asked for data")


@pytest.mark.parametrize(
    ("state", "cause"),
    [
        (State.SYN_SENT, LocalCause.FULL_QUEUE),
        (State.SYN_SENT, LocalCause.FLOOD),
        (State.SYN_SENT, LocalCause.ANSWERED),
        (State.SYN_RECEIVED, LocalCause.FULL_QUEUE),
        (State.SYN_RECEIVED, LocalCause.DEFERRED),
    ],
)
def test_handshake_that_a_listener_of_this_host_keeps_waiting_is_no_alarm_of_its_own(
    state: State, cause: LocalCause
) -> None:
    waiting = facts(state=state, timer=Timer(TimerKind.RETRANSMIT, 900, 5), local_cause=cause)
    assert trouble_of(waiting) is None
    [problem] = diagnose(waiting)
    assert problem.severity is Severity.NOTE


def test_syn_that_a_full_queue_of_this_host_does_not_answer_says_so() -> None:
    timer = Timer(TimerKind.RETRANSMIT, 900, 5)
    [problem] = diagnose(facts(state=State.SYN_SENT, timer=timer, local_cause=LocalCause.FULL_QUEUE))
    assert "its listener is on this host, and the accept queue there is full" in str(problem.message)


def test_syn_about_which_icmp_has_spoken_is_the_network_s() -> None:
    record = Record({"sk_err_soft": 113}, None)
    [problem] = diagnose(facts(state=State.SYN_SENT, timer=Timer(TimerKind.RETRANSMIT, 900, 3), record=record))
    assert problem.cause is Cause.NETWORK
    assert "no route to the host" in str(problem.evidence[0])


@pytest.mark.parametrize(("rto_ms", "expected"), [(4_000, True), (1_000, False)])  # doubled twice, and not yet
def test_second_syn_sent_again_is_trouble_where_three_seconds_have_passed(rto_ms: int, expected: bool) -> None:
    info = replace(TcpInfo.decode(bytes(280)), rto=rto_ms * 1_000)
    timer = Timer(TimerKind.RETRANSMIT, rto_ms, 2)
    waiting = facts(state=State.SYN_SENT, timer=timer, record=Record({}, info))
    assert (trouble_of(waiting) is not None) is expected
