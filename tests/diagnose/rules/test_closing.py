"""The rules on the states after the first FIN."""

from dataclasses import replace

import pytest

from tcpwatch.diagnose.diagnosis import diagnose, trouble_of
from tcpwatch.diagnose.half_close import HalfClose
from tcpwatch.diagnose.problem import Problem, Severity
from tcpwatch.sockets.row import NoOwner, Timer, TimerKind
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.tcp.state import State
from tests.builders import row
from tests.diagnose.facts import facts


def test_close_wait_names_the_program_that_must_close() -> None:
    [problem] = diagnose(facts(state=State.CLOSE_WAIT))
    assert problem.severity is Severity.WARN
    assert str(problem.message).startswith("java/4242 must call close()")
    assert "closed first by the peer" in map(str, problem.evidence)
    assert "ls -l /proc/4242/fd/58" in problem.next_steps


def test_close_wait_without_the_right_to_see_the_owner_says_who_may() -> None:
    [problem] = diagnose(facts(state=State.CLOSE_WAIT, owners=(), no_owner=NoOwner.NEEDS_ROOT))
    assert str(problem.message).startswith("its program (root sees which) must call close()")


def test_close_wait_of_a_source_without_queues_does_not_say_that_no_timer_runs() -> None:
    [known], [unknown] = (diagnose(facts(state=State.CLOSE_WAIT, recv_q=recv_q)) for recv_q in (0, None))
    assert any("no timer runs" in str(fact) for fact in known.evidence)
    assert not any("no timer runs" in str(fact) for fact in unknown.evidence)
    assert not any("unread" in str(fact) for fact in unknown.evidence)


def test_fin_wait_2_claims_no_more_of_the_peer_than_is_seen() -> None:
    [inferred] = diagnose(facts(state=State.FIN_WAIT_2))
    assert str(inferred.next_steps[0]).endswith("by RFC 9293 it should be in CLOSE-WAIT")
    [seen] = diagnose(facts(state=State.FIN_WAIT_2, peer=row(state=State.CLOSE_WAIT)))
    assert str(seen.next_steps[0]).endswith(": it is in CLOSE-WAIT")


@pytest.mark.parametrize(("inode", "words"), [(0, "tcp_fin_timeout"), (7, "without limit")])
def test_fin_wait_2_says_whether_the_kernel_gives_up(inode: int, words: str) -> None:
    [problem] = diagnose(facts(state=State.FIN_WAIT_2, inode=inode, owners=()))
    assert words in str(problem.evidence[1])


@pytest.mark.parametrize("state", [State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK])
def test_fin_sent_again_is_a_warning(state: State) -> None:
    again = diagnose(facts(state=state, timer=Timer(TimerKind.RETRANSMIT, 200, 3)))
    assert again[0].severity is Severity.WARN
    assert "sent again 3 times" in str(again[0].message)
    assert diagnose(facts(state=state))[0].severity is Severity.CHAT


def closed_with(send_q: int, notsent_bytes: int, times: int = 0, state: State = State.FIN_WAIT_1) -> Problem:
    info = replace(TcpInfo.decode(bytes(280)), notsent_bytes=notsent_bytes)
    timer = Timer(TimerKind.RETRANSMIT, 200, times) if times else None
    return diagnose(facts(state=state, send_q=send_q, info=info, timer=timer))[0]


@pytest.mark.parametrize("state", [State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK])
def test_fin_behind_what_is_not_sent_is_not_said_to_be_sent(state: State) -> None:
    found = closed_with(78_193, 62_265, times=6, state=state)
    assert found.severity is Severity.WARN
    assert str(found.message).startswith(
        "This end has closed; 62,264 bytes and the FIN behind them are not sent yet, and before that 15,928 bytes not "
        "acknowledged, the first of it sent again 6 times"
    )


@pytest.mark.parametrize(
    ("send_q", "notsent_bytes", "message"),
    [
        (34_049, 34_049, "This end has closed; 34,048 bytes and the FIN behind them are not sent yet."),
        (1, 1, "This end has closed; its FIN is not sent yet."),
        (1, 0, "This end's FIN is not acknowledged yet."),
        (11, 0, "This end's FIN and the 10 bytes before it are not acknowledged."),
    ],
)
def test_what_waits_behind_a_close(send_q: int, notsent_bytes: int, message: str) -> None:
    assert str(closed_with(send_q, notsent_bytes).message) == message


def test_source_without_tcp_info_does_not_say_what_was_sent() -> None:
    found = diagnose(facts(state=State.FIN_WAIT_1, send_q=100, timer=Timer(TimerKind.RETRANSMIT, 200, 4)))[0]
    assert str(found.message).startswith(
        "This end has closed, and not all that it has to send, FIN included, is acknowledged"
    )


@pytest.mark.parametrize(
    ("ordinary", "message"),
    [
        (HalfClose(True, 100_000_000), "is still sending (last data 0s ago)."),
        (HalfClose(True, None), "is still sending (9 bytes in the send queue)."),
        (HalfClose(False), "java/4242 has yet to call close()."),
    ],
)
def test_half_close_is_not_accused(ordinary: HalfClose, message: str) -> None:
    send_q = 0 if ordinary.sent_ago_ns or not ordinary.sends else 9
    one = facts(state=State.CLOSE_WAIT, half_close=ordinary, send_q=send_q)
    [problem] = diagnose(one)
    assert problem.severity is Severity.CHAT
    assert str(problem.message).endswith(message)
    assert trouble_of(one) is None


def test_close_wait_that_waits_for_accept_is_no_fault_of_close() -> None:
    waiting = facts(state=State.CLOSE_WAIT, inode=0, uid=1000, owners=(), no_owner=NoOwner.NOT_ACCEPTED)
    assert trouble_of(waiting) is None
