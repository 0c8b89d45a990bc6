"""Contents of a report for tests: one problem, with its socket, its program and its ladder."""

from typing import Any

from tcpwatch.diagnose.problem import Cause, Certainty, Problem, Severity, Since
from tcpwatch.monitor.snapshot import SourceStatus
from tcpwatch.report.contents import Contents
from tcpwatch.report.records.problems import ReportedProblem
from tcpwatch.report.records.sockets import ReportedSocket
from tcpwatch.sockets.program import Program
from tcpwatch.sockets.row import Owner
from tcpwatch.sockets.threads import ThreadsSeen, ThreadWait
from tcpwatch.tcp.state import State
from tests.builders import connection
from tests.report.test_ladder_svg import LADDER

SECOND = 1_000_000_000


def problem(word: str = "java", **facts: Any) -> Problem:
    values: dict[str, Any] = {
        "severity": Severity.WARN,
        "message": f"{word}/4242 does not close.",
        "evidence": (f"4 of 4 unread by {word}",),
        "next_steps": (f"jcmd {word}",),
        "rule": "close-wait-leak",
        "since": Since(10 * SECOND, False),
        "cause": Cause.PROGRAM,
        "certainty": Certainty.CERTAIN,
    }
    return Problem(**(values | facts))


def contents(word: str = "java", **facts: Any) -> Contents:
    """Everything foreign in it has `word`."""
    socket = connection(state=State.CLOSE_WAIT, owners=(Owner(4242, 1, word, 7),))
    values: dict[str, Any] = {
        "subject": f"web-3 {word}",
        "scope": ("lo", "port 8080"),
        "made_by": "tcpwatch 1",
        "taken_ns": 1_700_000_000 * SECOND,
        "looked_ns": 10 * SECOND,
        "language": "en",
        "translate": str,
        "problems": [ReportedProblem(problem(word), 70 * SECOND, (socket,))],
        "ladders": [LADDER],
        "ladders_of": {0: [0]},
        "programs": [
            Program(
                4242, 1, word, ("java", "-jar", word), user="www", unit=f"{word}.service", fds_used=12, fd_limit=64,
                threads=ThreadsSeen((ThreadWait(4242, word, "futex"),), 1),
            )
        ],
        "sockets": [ReportedSocket(socket, 70 * SECOND, lambda: socket.row, str)],
        "sources": [SourceStatus("packets", False, f"no {word}")],
        "doctor": [f"owners of {word}"],
        "files": {"problems.md": "the problems"},
    }  # fmt: skip
    return Contents(**(values | facts))
