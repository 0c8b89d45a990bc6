"""Connections that an RST ended, for the rules on them: at port 8080 of java/4242, with 10.0.0.9."""

from typing import Any

from tcpwatch.diagnose.happened import EndedAt, OddEnd
from tcpwatch.diagnose.program import ProgramFacts
from tcpwatch.sockets.mishaps import EndsMishaps, ResetSent
from tcpwatch.sockets.timeline import OccurrenceKind, Precision, Timeline
from tcpwatch.tcp.flow_facts import FlowFacts
from tcpwatch.tcp.reset_origin import ResetOrigin, ResetSender
from tcpwatch.tcp.state import State
from tests.builders import ends, owner
from tests.diagnose.facts import facts

HERE, THERE = ("10.0.0.1", 8080), ("10.0.0.9", 50_000)
ENDS = ends(HERE, THERE)
SENT, CAME = OccurrenceKind.RESET_SENT, OccurrenceKind.RESET_RECEIVED


def course(*states: State, reset: OccurrenceKind | None = None) -> Timeline:
    """The states it went through to its end, which came by a reset or not."""
    told = Timeline()
    for moment, state in enumerate((*states, State.CLOSED)):
        told = told.entering(state, moment, Precision.EXACT)
    return told.noting(reset, len(states)) if reset else told


def origin(sender: ResetSender, sure: bool = False, **known: Any) -> ResetOrigin:
    values: dict[str, Any] = {"ttl": 64, "usual_ttls": (63, 63), "ip_id": 7, "last_ip_id": 6, "silent_ns": 0}
    return ResetOrigin(sender, sure, **(values | known))


def flow(**known: Any) -> FlowFacts:
    values: dict[str, Any] = {"analysis": {}, "reset_origin": None}
    return FlowFacts(
        0, False, State.CLOSED, State.CLOSED, "handshake", None, None, None, 0, 0, (5, 5), (0, 0), **(values | known)
    )


def sent(reason: str | None, cookie: int = 1, ends: bytes = ENDS) -> ResetSent:
    return ResetSent(5, ends, cookie, State.CLOSED, reason)


def odd(
    cookie: int = 1,
    reset: OccurrenceKind = SENT,
    reason: str | None = None,
    before: State = State.ESTABLISHED,
    came_from: ResetOrigin | None = None,
    peer_reset: ResetSent | None = None,
) -> OddEnd:
    """A connection that an RST ended."""
    known = facts(
        cookie=cookie,
        ends=ENDS,
        state=State.CLOSED,
        timeline=course(before, reset=reset),
        mishaps=EndsMishaps(sent(reason, cookie)) if reason else None,
        flow=flow(reset_origin=came_from) if came_from else None,
    )
    return OddEnd(known, peer_reset)


def program(*places: EndedAt, **known: Any) -> ProgramFacts:
    return ProgramFacts(**{"owner": owner(), "no_owner": None, "sockets": (), "now_ns": 9, "ended": places, **known})


def served(*members: OddEnd, total: int | None = None, **known: Any) -> EndedAt:
    """What ended at the port."""
    return EndedAt(":8080", True, len(members) if total is None else total, members, **known)


def called(*members: OddEnd, total: int | None = None) -> EndedAt:
    """What ended of its calls to another host."""
    return EndedAt("10.0.0.9:443", False, len(members) if total is None else total, members)
