"""What threads do, in words that are true of all of them."""

import pytest

from tcpwatch.diagnose.threads import threads_in_words
from tcpwatch.sockets.threads import ThreadsSeen, ThreadWait
from tests.builders import in_call


def seen(*threads: ThreadWait, total: int | None = None) -> ThreadsSeen:
    return ThreadsSeen(threads, len(threads) if total is None else total)


def words(threads: ThreadsSeen) -> tuple[str, ...]:
    return tuple(map(str, threads_in_words(threads)))


POOL = tuple(in_call(tid, "futex") for tid in range(12_001, 12_009))


@pytest.mark.parametrize(
    ("threads", "told"),
    [
        (POOL, ("8 of 8 threads wait in futex (for a lock or another thread)", "none is in recv or accept")),
        (
            (*POOL[:7], in_call(12_031, "recvfrom", 57)),
            ("7 of 8 threads wait in futex (for a lock or another thread)", "thread 12031 is in recvfrom(fd 57)"),
        ),
        ((in_call(7, "accept4", 3),), ("its only thread is in accept4(fd 3)",)),
        ((in_call(7, "accept", 3), in_call(8, "accept", 3)), ("2 of 2 threads are in accept(fd 3)",)),
        (tuple(in_call(9, "read", fd) for fd in range(9, 3, -1)), ("6 of 6 threads are in read(fd 4, 5, 6, 7 …)",)),
        ((in_call(7, "poll"),), ("its only thread is in poll",)),
        (
            (in_call(7, "clock_nanosleep"),),
            ("its only thread waits in clock_nanosleep (asleep)", "none is in recv or accept"),
        ),
        ((ThreadWait(7, "x", running=True),), ("its only thread runs, or waits for a CPU",)),
        (
            (ThreadWait(7, "x", running=True), ThreadWait(8, "x", running=True)),
            ("2 of 2 threads run, or wait for a CPU",),
        ),
        (
            (ThreadWait(7, "x", stopped=True),),
            ("its only thread is stopped, by a signal, a debugger or the freezer",),
        ),
        ((ThreadWait(7, "x", waits_in="folio_wait_bit"),), ("its only thread waits in the kernel (folio_wait_bit)",)),
        ((), ()),
    ],
)
def test_words_of(threads: tuple[ThreadWait, ...], told: tuple[str, ...]) -> None:
    assert words(seen(*threads)) == told


@pytest.mark.parametrize(
    "other",
    [
        in_call(9, "epoll_wait", 4),
        in_call(9, "ppoll"),
        in_call(9, "recvmsg", 4),
        in_call(9, "accept4", 4),
        in_call(9, "io_uring_enter", 4),
        in_call(9, "system call 500"),
        ThreadWait(9, "x", running=True),
        ThreadWait(9, "x", stopped=True),
        ThreadWait(9, "x", waits_in="page_fault"),
    ],
)
def test_nothing_is_said_of_recv_where_a_thread_may_take_from_a_socket(other: ThreadWait) -> None:
    assert not seen(*POOL, other).none_takes
    assert "none is in recv or accept" not in words(seen(*POOL, other))


def test_nothing_is_said_of_recv_where_not_all_threads_were_seen() -> None:
    assert not seen(*POOL, total=9).none_takes
    assert words(seen(*POOL, total=9)) == ("8 of 9 threads wait in futex (for a lock or another thread)",)


def test_words_are_bounded() -> None:
    many = [in_call(tid, f"system call {tid}") for tid in range(7)]
    assert words(seen(*many))[-1] == "3 more do something else"
