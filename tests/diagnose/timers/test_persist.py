"""A persist timer's name is not its reason: a full window, or a program that holds back what it has written."""

from dataclasses import replace

import pytest

from tcpwatch.diagnose.timers.persist import Persists, persists
from tcpwatch.sockets.row import SocketRow, Timer, TimerKind
from tcpwatch.sockets.tcp_info import TcpInfo
from tests.builders import row
from tests.diagnose.kernel_record import Record

NO_INFO = TcpInfo.decode(bytes(280))


def waiting(snd_wnd: int, send_q: int = 10, probes: int = 0, **fields: int) -> SocketRow:
    info = replace(NO_INFO, snd_wnd=snd_wnd, snd_mss=1_448)
    return row(send_q=send_q, timer=Timer(TimerKind.PERSIST, 200, probes), record=Record(fields, info))


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (waiting(0), Persists.WINDOW),
        (waiting(1_000, send_q=50_000), Persists.WINDOW),  # less than a segment
        (waiting(9, send_q=10), Persists.WINDOW),
        (waiting(65_536, nonagle=2), Persists.CORKED),
        (waiting(65_536, nonagle=7), Persists.CORKED),  # and TCP_NODELAY
        (waiting(65_536, nonagle=1), Persists.PROGRAM),  # MSG_MORE is not kept in the socket
        (waiting(65_536), Persists.PROGRAM),
        (waiting(65_536, probes=2), Persists.RETRIED),
        (row(timer=Timer(TimerKind.PERSIST, 180, 0)), Persists.UNKNOWN),
        (row(timer=Timer(TimerKind.PERSIST, 180, 1)), Persists.WINDOW),
        (row(timer=Timer(TimerKind.PERSIST, 800, 0)), Persists.WINDOW),
        (row(timer=Timer(TimerKind.RETRANSMIT, 180, 0)), None),
        (row(), None),
    ],
)
def test_reason_of_a_persist_timer(found: SocketRow, why: Persists | None) -> None:
    assert persists(found) is why
