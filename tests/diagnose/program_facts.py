"""What rules on a program look at: sockets of one owner, and what is known of the process."""

from collections.abc import Sequence
from typing import Any

from tcpwatch.diagnose.problem import Since, Trend
from tcpwatch.diagnose.program import ProgramFacts
from tcpwatch.diagnose.rule import Trouble
from tcpwatch.monitor.snapshot import Connection
from tcpwatch.sockets.program import Program
from tcpwatch.sockets.threads import ThreadsSeen, ThreadWait
from tests.builders import owner

SECOND = 1_000_000_000
NOW_NS = 1000 * SECOND


def program(sockets: Sequence[Connection], *troubles: Trouble, growth: int | None = None, **facts: Any) -> ProgramFacts:
    """A program all of whose sockets are in these troubles."""
    return ProgramFacts(
        owner=owner(),
        no_owner=None,
        sockets=sockets,
        now_ns=NOW_NS,
        troubled=dict.fromkeys(troubles, sockets),
        since={one.key: Since(one.since_ns, one.since_seen) for one in sockets},
        trends=dict.fromkeys(troubles, Trend(growth, (0, growth or 0))),
        **facts,
    )


def process(**facts: Any) -> Program:
    known: dict[str, Any] = {"pid": 4242, "start_ticks": 1, "command": "java", "fds_used": 64, "fd_limit": 1024}
    return Program(**(known | facts))


def waiting_in(*syscalls: str) -> ThreadsSeen:
    threads = tuple(ThreadWait(4242 + number, "worker", syscall) for number, syscall in enumerate(syscalls))
    return ThreadsSeen(threads, len(threads))
