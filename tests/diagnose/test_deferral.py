"""What has become of the last ACK of a handshake, by the kernel's records of it and of its listener."""

import pytest

from tcpwatch.diagnose.deferral import FinalAck, defers, final_ack, stays_silent
from tcpwatch.sockets.row import SocketRow
from tcpwatch.tcp.state import State
from tests.builders import row
from tests.diagnose.kernel_record import Record


def handshake(acked: int = 1, num_timeout: int = 0) -> SocketRow:
    return row(state=State.SYN_RECEIVED, record=Record({"acked": acked, "num_timeout": num_timeout}, None))


def listener(rskq_defer_accept: int = 3) -> SocketRow:
    return row(state=State.LISTEN, record=Record({"rskq_defer_accept": rskq_defer_accept}, None))


UNKNOWN = row(state=State.SYN_RECEIVED)


@pytest.mark.parametrize(
    ("half_open", "server", "ack", "silent"),
    [
        (handshake(), listener(), FinalAck.DEFERRED, True),
        (handshake(num_timeout=2), listener(), FinalAck.DEFERRED, False),  # once more, at the last timeout
        (handshake(num_timeout=3), listener(), FinalAck.NO_ROOM, False),
        (handshake(), listener(0), FinalAck.NO_ROOM, False),
        (handshake(acked=0), listener(), FinalAck.NOT_COME, False),
        (handshake(), None, None, False),
        (UNKNOWN, listener(), None, False),
        (UNKNOWN, None, None, False),
    ],
)
def test_last_ack(half_open: SocketRow, server: SocketRow | None, ack: FinalAck | None, silent: bool) -> None:
    assert final_ack(half_open, server) is ack
    assert stays_silent(half_open, server) is silent


def test_listener_that_defers() -> None:
    assert [defers(one) for one in (listener(), listener(0), row(state=State.LISTEN), None)] == [
        True,
        False,
        None,
        None,
    ]
