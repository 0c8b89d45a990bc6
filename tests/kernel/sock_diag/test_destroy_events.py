"""What is told of destroyed sockets, by messages as the kernel writes them, and by real ones."""

import errno
import os
import socket
import sys
import time
from collections.abc import Iterator

import pytest

from tcpwatch.errors import SourceError
from tcpwatch.kernel.events import decode_events
from tcpwatch.kernel.sock_diag.destroy_events import DestroyEvents
from tcpwatch.sockets.row import SocketRow
from tcpwatch.sockets.timeline import Precision
from tcpwatch.tcp.state import State
from tests.kernel.real_sockets import RealSockets
from tests.kernel.records import done, info, record

CLOSE, ESTABLISHED = 7, 1
NOW_NS = 5_000_000_000


class Netlink:
    """Messages and errors in the order in which they come; then nothing more."""

    def __init__(self, *answers: bytes | int) -> None:
        self.answers = list(answers)
        self.closed = False

    def recv(self, size: int) -> bytes:
        if not self.answers:
            raise BlockingIOError
        answer = self.answers.pop(0)
        if isinstance(answer, int):
            raise OSError(answer, os.strerror(answer))
        return answer[:size]

    def close(self) -> None:
        self.closed = True


def events(*answers: bytes | int) -> DestroyEvents:
    return DestroyEvents(lambda: NOW_NS, lambda: Netlink(*answers))


def test_destroyed_socket_has_its_tcp_info() -> None:
    [end] = decode_events(events(record(CLOSE, cookie=9, inode=0, uid=0, attributes=[info(snd_cwnd=33)])).read())
    assert (end.cookie, end.new, end.time_ns, end.precision) == (9, State.CLOSED, NOW_NS, Precision.BETWEEN)
    assert end.row is not None
    assert (end.row.ends, end.row.local.port, end.row.remote.port) == (end.ends, 9999, 50_000)
    assert end.row.info is not None
    assert (end.row.info.snd_cwnd, end.row.read_ns) == (33, NOW_NS)


def test_all_that_waits_is_read_once() -> None:
    destroyed = events(record(CLOSE, cookie=1), record(CLOSE, cookie=2))
    assert [cookie for cookie, *_ in destroyed.read()] == [1, 2]
    assert destroyed.read() == []


@pytest.mark.parametrize("message", [b"", done(), record(CLOSE)[:-1], record(13)])
def test_message_about_something_else(message: bytes) -> None:
    ended = decode_events(events(message, record(CLOSE, cookie=2)).read())
    assert [end.cookie for end in ended] == [2]


def test_overrun_is_counted_and_reading_goes_on() -> None:
    destroyed = events(errno.ENOBUFS, record(CLOSE, cookie=2), errno.ENOBUFS)
    assert [cookie for cookie, *_ in destroyed.read()] == [2]
    assert destroyed.lost == 2


def test_kernel_that_breaks_off() -> None:
    with pytest.raises(SourceError, match="no longer tells"):
        events(errno.ECONNREFUSED).read()


def test_kernel_without_destroy_events() -> None:
    def refuse() -> Netlink:
        raise OSError(errno.EPROTONOSUPPORT, os.strerror(errno.EPROTONOSUPPORT))

    with pytest.raises(SourceError, match="Protocol not supported"):
        DestroyEvents(subscribe=refuse)


@pytest.fixture
def real() -> Iterator[DestroyEvents]:
    destroyed = DestroyEvents()
    yield destroyed
    destroyed.close()


@pytest.mark.e2e
@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
def test_real_sockets_short_lived(real: DestroyEvents) -> None:
    with RealSockets() as sockets:
        listening = sockets.listener()
        port = listening.getsockname()[1]
        for _ in range(100):
            with socket.create_connection(listening.getsockname()) as connecting:
                connecting.send(b"12345")
                accepted, _ = listening.accept()
                accepted.recv(5)
                accepted.close()
    ends: list[SocketRow] = []
    for _ in range(100):
        rows = [end.row for end in decode_events(real.read()) if end.row]
        ends += [row for row in rows if port in (row.local.port, row.remote.port) and row.remote.port]
        if len(ends) >= 200:
            break
        time.sleep(0.02)  # a worker of the kernel's tells of them
    assert len(ends) == 200
    assert {row.state for row in ends} == {State.CLOSED}
    assert sum(row.info.bytes_received or 0 for row in ends if row.info) >= 500
    assert real.lost == 0
