"""The socket table as /proc/net/tcp prints it: independent of everything in the package."""

import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

STATES = (
    *("", "ESTABLISHED", "SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "CLOSED", "CLOSE-WAIT"),
    *("LAST-ACK", "LISTEN", "CLOSING"),
)  # include/net/tcp_states.h

needs_proc_net = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/net/tcp")


class Socket(NamedTuple):
    local_port: int
    remote_port: int
    state: str
    recv_q: int


def sockets(port: int) -> list[Socket]:
    """Every IPv4 socket with `port` at either end."""
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    found = (
        Socket(_port(local), _port(remote), STATES[int(state, 16)], int(queues.partition(":")[2], 16))
        for _, local, remote, state, queues, *_ in rows
    )
    return [row for row in found if port in (row.local_port, row.remote_port)]


def states(port: int) -> Counter[str]:
    return Counter(row.state for row in sockets(port))


def eventually(holds: Callable[[], bool], within_s: float = 5) -> bool:
    """Whether `holds` comes true in time."""
    deadline = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def _port(end: str) -> int:
    return int(end.partition(":")[2], 16)
