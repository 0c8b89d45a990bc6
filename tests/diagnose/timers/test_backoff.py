"""How long a timer has fired in vain."""

import struct

import pytest

from tcpwatch.diagnose.timers.backoff import failing_ns, failures
from tcpwatch.sockets.row import SocketRow, Timer, TimerKind
from tests.builders import row

SECOND = 1_000_000_000


def failing(kind: TimerKind, times: int, left_ms: int, rto_ms: int, backoff: int = 0) -> SocketRow:
    """A socket whose timer has fired so often, read at second 0."""
    info = struct.pack("=8BI", 1, 0, times, 0, backoff, 0, 0, 0, rto_ms * 1_000)
    return row(timer=Timer(kind, left_ms, times), info_bytes=info)


@pytest.mark.parametrize(
    ("socket", "times", "ms"),
    [
        (failing(TimerKind.RETRANSMIT, 3, 1_600, 1_600), 3, 200 + 400 + 800),
        (failing(TimerKind.RETRANSMIT, 3, 600, 1_600), 3, 200 + 400 + 800 + 1_000),
        (failing(TimerKind.RETRANSMIT, 0, 100, 200), 0, 0),
        (failing(TimerKind.PERSIST, 0, 1_600, 200, backoff=3), 3, 200 + 400 + 800),
        (failing(TimerKind.PERSIST, 12, 120_000, 200, backoff=12), 12, 120_000 - (120_000 >> 12)),
        (failing(TimerKind.KEEPALIVE, 3, 100, 200), 0, 0),
    ],
)
def test_waits_that_are_over_add_up(socket: SocketRow, times: int, ms: int) -> None:
    assert failures(socket) == times
    assert failing_ns(socket, 0) == ms * 1_000_000


def test_wait_under_way_goes_on() -> None:
    socket = failing(TimerKind.RETRANSMIT, 1, 400, 400)
    assert failing_ns(socket, SECOND // 10) - failing_ns(socket, 0) == SECOND // 10


@pytest.mark.parametrize("socket", [row(), row(timer=Timer(TimerKind.PERSIST, 100, 3))])
def test_failing_is_not_reckoned_without_timer_and_measurements(socket: SocketRow) -> None:
    assert failing_ns(socket, 0) == 0
