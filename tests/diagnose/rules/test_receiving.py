"""The rules on what waits to be read."""

from dataclasses import replace

import pytest

from tcpwatch.diagnose.diagnosis import diagnose, trouble_of
from tcpwatch.diagnose.problem import Cause, Severity
from tcpwatch.diagnose.rules.receiving import unread_for_ns
from tcpwatch.sockets.row import SocketRow
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.tcp.state import State
from tests.builders import row
from tests.diagnose.facts import facts, rules_of
from tests.diagnose.kernel_record import Record

SECOND = 1_000_000_000
NO_INFO = TcpInfo.decode(bytes(280))


def receiver(window: int = 0, silent_ms: int = 6_000, recv_q: int = 127_104, **rest: object) -> SocketRow:
    info = replace(NO_INFO, last_data_recv=silent_ms, rcv_wnd=window)
    return row(recv_q=recv_q, record=Record({"rcv_wnd": window}, info), **rest)


def test_shut_window_and_no_data_for_long_is_a_program_that_does_not_read() -> None:
    assert unread_for_ns(receiver(), 0) == 6 * SECOND
    assert unread_for_ns(receiver(read_ns=SECOND), 5 * SECOND) == 10 * SECOND  # a row that stays the same


@pytest.mark.parametrize(
    "fine",
    [
        receiver(silent_ms=2_000),  # it pauses
        receiver(window=500),  # it reads, or little came
        receiver(recv_q=0),
        receiver(state=State.CLOSE_WAIT),  # all has come
        row(recv_q=9),  # the source does not tell of the window
    ],
)
def test_near_misses_are_none(fine: SocketRow) -> None:
    assert unread_for_ns(fine, 0) is None


def test_window_is_read_from_tcp_info_where_there_is_no_record() -> None:
    assert unread_for_ns(row(recv_q=9, info_bytes=bytes(280)), 9 * SECOND) == 9 * SECOND
    assert unread_for_ns(row(recv_q=9, info_bytes=bytes(104)), 9 * SECOND) is None  # before Linux 6.2


def test_program_that_does_not_read_is_accused_with_numbers() -> None:
    stuck = facts(recv_q=127_104, unread_ns=130 * SECOND, peer=row(send_q=9_000))
    [problem] = diagnose(stuck)
    assert (problem.rule, problem.severity, problem.cause) == ("receive-window-shut", Severity.WARN, Cause.PROGRAM)
    assert str(problem.message) == (
        "java/4242 does not read: 127,104 bytes wait for it, so this end's window is shut, and nothing has come for "
        "2m10s."
    )
    assert "has 9,000 bytes more to send" in str(problem.evidence[-1])


def test_what_nobody_has_accepted_nobody_can_read() -> None:
    assert trouble_of(facts(recv_q=9, unread_ns=9 * SECOND, inode=0)) is None


def test_unread_bytes_name_the_reader_and_when_the_last_came() -> None:
    [problem] = diagnose(facts(recv_q=512))
    assert str(problem.message) == "java/4242 has not read 512 bytes that came."
    [problem] = diagnose(facts(recv_q=512, info=replace(NO_INFO, last_data_recv=4_000), now_ns=8 * SECOND))
    assert str(problem.message) == "java/4242 has not read 512 bytes that came, the last 12s ago."
    assert rules_of((problem,)) == ["unread"]
