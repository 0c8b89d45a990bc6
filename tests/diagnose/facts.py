"""The facts that rules look at: a socket with an owner, and nothing around it."""

from typing import Any

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.problem import Problem
from tcpwatch.sockets.counters import NO_STACK
from tcpwatch.sockets.timeline import Timeline
from tests.builders import owner, row


def facts(**facts: Any) -> SocketFacts:
    around: dict[str, Any] = {
        "owners": (owner(),),
        "no_owner": None,
        "info": None,
        "peer": None,
        "peer_owners": (),
        "turned_away": 0,
        "stack": NO_STACK,
        "half_close": None,
        "listener": None,
        "timeline": Timeline(),
        "mishaps": None,
        "flow": None,
        "local_cause": None,
        "queues": None,
        "unread_ns": None,
        "earlier": None,
        "icmp_error": None,
        "now_ns": 0,
    }
    given = {name: facts.pop(name) for name in tuple(facts) if name in around}
    return SocketFacts(row=row(**facts), **(around | given))


def rules_of(found: tuple[Problem, ...]) -> list[str]:
    return [problem.rule for problem in found]
