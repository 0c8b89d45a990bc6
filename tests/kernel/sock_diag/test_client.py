"""The client against a scripted kernel: each request gets the next list of replies."""

import errno
import socket
from collections.abc import Callable

import pytest

from tcpwatch.errors import SourceError
from tcpwatch.kernel.sock_diag.client import BUFFER_BYTES, TIMER_TOLERANCE_MS, SockDiag
from tcpwatch.kernel.sock_diag.inet_diag import NLM_F_DUMP_INTR
from tests.kernel.records import BOUND_INACTIVE, NLM_F_MULTI, TIME_WAIT, done, error, info, netlink, record

Reply = bytes | OSError | tuple[bytes, int]
NO_IPV6: list[Reply] = [done()]
SECOND_NS = 1_000_000_000


class Kernel:
    """A netlink socket that plays back one list of replies for each request."""

    def __init__(self, *answers: list[Reply]) -> None:
        self.answers = list(answers)
        self.replies: list[Reply] = []
        self.sizes: list[int] = []
        self.closed = 0

    def send(self, request: bytes) -> int:
        self.replies = list(self.answers.pop(0))
        return len(request)

    def recvmsg(self, size: int) -> tuple[bytes, list[tuple[int, int, bytes]], int, object]:
        self.sizes.append(size)
        reply = self.replies.pop(0)
        if isinstance(reply, OSError):
            raise reply
        message, flags = reply if isinstance(reply, tuple) else (reply, 0)
        return message, [], flags, (0, 0)

    def close(self) -> None:
        self.closed += 1


class Clock:
    def __init__(self) -> None:
        self.now_ns = 10 * SECOND_NS

    def __call__(self) -> int:
        return self.now_ns


def client(*answers: list[Reply], clock: Callable[[], int] | None = None) -> SockDiag:
    kernel = Kernel(*answers)
    return SockDiag(clock or Clock(), lambda: kernel)


def dumped_twice(first: bytes, second: bytes, later_ns: int = SECOND_NS) -> tuple[object, object]:
    """The row of a socket that is `first`, and `second` at the next dump."""
    clock = Clock()
    diag = client([first, done()], NO_IPV6, [second, done()], NO_IPV6, clock=clock)
    (before,) = diag.dump()
    clock.now_ns += later_ns
    (after,) = diag.dump()
    return before, after


def test_dump_both_families() -> None:
    diag = client([record(cookie=1), record(cookie=2) + done()], [record(cookie=3, local="::1", remote="::1") + done()])
    assert [row.cookie for row in diag.dump()] == [1, 2, 3]


def test_dump_idle_socket_is_the_same_row() -> None:
    before, after = dumped_twice(record(attributes=[info()]), record(attributes=[info()]))
    assert before is after


def test_dump_ages_tick() -> None:
    before, after = dumped_twice(record(attributes=[info()]), record(attributes=[info(ages=(1000,) * 4)]))
    assert before is after


@pytest.mark.parametrize(
    "changed",
    [
        {"rqueue": 1},
        {"state": 8},
        {"inode": 1},
        {"retransmits": 1},
        {"attributes": [info(snd_cwnd=11)]},
        {"attributes": []},
    ],
)
def test_dump_socket_changed(changed: dict) -> None:
    before, after = dumped_twice(record(attributes=[info()]), record(**{"attributes": [info()]} | changed))
    assert before != after


def test_dump_timer_runs_down() -> None:
    before, after = dumped_twice(record(TIME_WAIT, timer=3, expires=60_000), record(TIME_WAIT, timer=3, expires=59_000))
    assert before is after


def test_dump_timer_runs_out() -> None:
    before, after = dumped_twice(record(timer=2, expires=500), record(timer=2, expires=0))
    assert before is after


def test_dump_timer_started_anew() -> None:
    late = 59_000 + TIMER_TOLERANCE_MS + 1
    before, after = dumped_twice(record(TIME_WAIT, timer=3, expires=60_000), record(TIME_WAIT, timer=3, expires=late))
    assert before is not after


def test_dump_socket_gone() -> None:
    diag = client([record(cookie=1), record(cookie=2), done()], NO_IPV6, [record(cookie=2), done()], NO_IPV6)
    diag.dump()
    assert [row.cookie for row in diag.dump()] == [2]


def test_dump_cookie_twice() -> None:
    diag = client([record(rqueue=1), record(rqueue=2), done()], NO_IPV6)
    assert [row.recv_q for row in diag.dump()] == [2]


def test_dump_state_without_a_word() -> None:
    diag = client([record(BOUND_INACTIVE), record(), done()], NO_IPV6)
    assert len(diag.dump()) == 1
    assert diag.skipped == 1


def test_dump_interrupted_once() -> None:
    torn = record(flags=NLM_F_MULTI | NLM_F_DUMP_INTR)
    diag = client([torn, done()], NO_IPV6, [record(rqueue=2), done()], NO_IPV6)
    assert [row.recv_q for row in diag.dump()] == [2]
    assert not diag.inconsistent


def test_dump_interrupted_twice() -> None:
    torn = [record(), done(flags=NLM_F_MULTI | NLM_F_DUMP_INTR)]
    diag = client(torn, NO_IPV6, torn, NO_IPV6)
    assert len(diag.dump()) == 1
    assert diag.inconsistent


def test_dump_message_cut_short() -> None:
    kernel = Kernel([(record(), socket.MSG_TRUNC)], [record(), done()], NO_IPV6)
    assert len(SockDiag(Clock(), lambda: kernel).dump()) == 1
    assert kernel.sizes == [BUFFER_BYTES, *[2 * BUFFER_BYTES] * 3]
    assert kernel.closed == 1


@pytest.mark.parametrize("number", [errno.ENOBUFS, errno.EBUSY])
def test_dump_disturbed(number: int) -> None:
    diag = client([OSError(number, "busy")], [record(), done()], NO_IPV6)
    assert len(diag.dump()) == 1


@pytest.mark.parametrize("message", [netlink(77, bytes(80), 0), bytes(4) + record()[4:], record() + done()[:-1]])
def test_dump_message_that_makes_no_sense(message: bytes) -> None:
    diag = client([message], [record(), done()], NO_IPV6)
    assert len(diag.dump()) == 1


def test_dump_always_disturbed() -> None:
    diag = client(*[[OSError(errno.ENOBUFS, "No buffer space available")]] * 4)
    with pytest.raises(SourceError, match=r"4 tries \(No buffer space available\)"):
        diag.dump()


@pytest.mark.parametrize("reply", [error(errno.EPERM), done(-errno.EPERM)])
def test_dump_refused(reply: bytes) -> None:
    with pytest.raises(SourceError, match=r"refuses .* not permitted"):
        client([reply]).dump()


def test_dump_without_ipv6() -> None:
    assert len(client([record(), done()], [error(errno.ENOENT)]).dump()) == 1


def test_dump_without_inet_diag() -> None:
    with pytest.raises(SourceError, match="No such file"):
        client([error(errno.ENOENT)]).dump()


def test_open_without_netlink() -> None:
    def refuse() -> Kernel:
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported")

    with pytest.raises(SourceError, match="Address family not supported"):
        SockDiag(Clock(), refuse)


def test_close_gives_the_socket_back() -> None:
    kernel = Kernel()
    SockDiag(Clock(), lambda: kernel).close()
    assert kernel.closed == 1
