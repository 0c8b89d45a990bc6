"""What threads wait for, and on which descriptor."""

from tcpwatch.sockets.threads import ThreadsSeen, ThreadWait
from tests.builders import in_call

POOL = tuple(in_call(tid, "futex") for tid in range(12_001, 12_009))


def test_threads_on_a_descriptor() -> None:
    reader = in_call(12_031, "recvfrom", 57)
    seen = ThreadsSeen((*POOL, reader), 9)
    assert seen.on(57) == (reader,)
    assert seen.on(58) == ()
    assert seen.count("futex", "read") == 8


def test_call_of_a_thread_has_its_descriptor() -> None:
    assert (in_call(7, "accept4", 3).call, POOL[0].call, ThreadWait(7, "x").call) == ("accept4(fd 3)", "futex", "")
