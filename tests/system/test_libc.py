"""Calls of the C library."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tcpwatch.system.libc import call, prctl

PR_SET_TIMERSLACK, SLACK = 29, Path("/proc/self/timerslack_ns")


def test_call_success_returns() -> None:
    call("sched_yield")


def test_call_unknown_function_raises_enosys() -> None:
    with pytest.raises(OSError, match="Function not implemented"):
        call("no_such_call")


@pytest.mark.skipif(not SLACK.exists(), reason="Linux tells it")
def test_prctl_takes_its_values() -> None:
    prctl(PR_SET_TIMERSLACK, 61_000)
    assert SLACK.read_text() == "61000\n"
    prctl(PR_SET_TIMERSLACK, 0)  # what it was at first


@pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")
def test_capset_drops_capabilities_not_in_the_mask() -> None:
    given_up = "from tcpwatch.system.libc import capset; capset(1 << 13); print(open('/proc/self/status').read())"
    if os.geteuid():
        pytest.skip("needs root")
    output = subprocess.run([sys.executable, "-c", given_up], capture_output=True, text=True, check=True).stdout
    held = dict(line.split(":\t") for line in output.splitlines() if line.startswith("Cap"))
    assert [int(held[name], 16) for name in ("CapEff", "CapPrm", "CapInh")] == [1 << 13, 1 << 13, 0]


def test_call_that_fails_raises_its_errno() -> None:
    with pytest.raises(OSError, match="Bad file descriptor") as failure:
        call("close", -1)
    assert failure.value.errno == errno.EBADF
