import errno

import pytest

from tcpwatch.capture.libc import call


def test_call_that_is_done_returns() -> None:
    call("sched_yield")


def test_call_that_fails_raises_its_errno() -> None:
    with pytest.raises(OSError, match="Bad file descriptor") as failure:
        call("close", -1)
    assert failure.value.errno == errno.EBADF
