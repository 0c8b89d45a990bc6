"""The rules on connections that this host ended by an RST in the last minute, and on RSTs for none that is known.

They are gone from the table: what is known of them is what the kernel reported as it happened.
"""

from collections.abc import Iterator, Mapping, Sequence

from tcpwatch.diagnose.ended_alike import MANY, SOME, EndedAlike, severity_of_many
from tcpwatch.diagnose.happened import EndedAt, OddEnd, StrayResets
from tcpwatch.diagnose.host import HostFacts
from tcpwatch.diagnose.message import Count, Message, message
from tcpwatch.diagnose.problem import Cause, Certainty, Level, Problem, Severity
from tcpwatch.diagnose.program import ProgramFacts
from tcpwatch.diagnose.rule import Rule
from tcpwatch.sockets.counters import ABORTS, Stack
from tcpwatch.sockets.reasons import NOBODY_THERE, reset_meaning

# Whose doing a reset by this host is, and the counter that goes up with it. Others are answers to what the peer sent.
BY_REASON: Mapping[str, tuple[Cause, Certainty, str]] = {
    "TCP_ABORT_ON_CLOSE": (Cause.PROGRAM, Certainty.CERTAIN, "TCPAbortOnClose"),
    "TCP_STATE": (Cause.PROGRAM, Certainty.CERTAIN, "TCPAbortOnData"),
    "TCP_ABORT_ON_LINGER": (Cause.PROGRAM, Certainty.CERTAIN, "TCPAbortOnLinger"),
    "TCP_ABORT_ON_DATA": (Cause.PROGRAM, Certainty.LIKELY, "TCPAbortOnData"),
    "TCP_TIMEWAIT_SOCKET": (Cause.PROGRAM, Certainty.LIKELY, "TCPAbortOnData"),
    "TCP_DISCONNECT_WITH_DATA": (Cause.PROGRAM, Certainty.CERTAIN, "TCPAbortOnData"),
    "TCP_ABORT_ON_MEMORY": (Cause.KERNEL_SETTING, Certainty.LIKELY, "TCPAbortOnMemory"),
    "TCP_KEEPALIVE_TIMEOUT": (Cause.NETWORK, Certainty.OPEN, "TCPAbortOnTimeout"),
}
BY_PEER = (Cause.PEER, Certainty.LIKELY, "TCPAbortOnData")
TELLING_COUNTERS = ("TCPAbortOnClose", "TCPAbortOnData", "TCPAbortOnLinger")
MANY_PORTS = 100
NOT_TOLD = "why is not known here"

# By whether they were served here, and whether it is one.
SENTENCES = {
    (True, True): "This host reset {count} of {place}{program} in the last minute, because {why}.",
    (True, False): "This host reset {count} of {place}{program} in the last minute, each because {why}.",
    (False, True): "This host reset {count} to {place}{program} in the last minute, because {why}.",
    (False, False): "This host reset {count} to {place}{program} in the last minute, each because {why}.",
}
SENTENCES_WITHOUT_REASON = {
    True: "This host reset {count} of {place}{program} in the last minute; {why}.",
    False: "This host reset {count} to {place}{program} in the last minute; {why}.",
}


def reset_by_us(facts: ProgramFacts) -> Problem | None:
    """This host ended them: its program did, or its kernel."""
    groups = sorted(_sent_by_us(facts.ended), key=lambda group: group.times, reverse=True)
    if not groups:
        return None
    worst = groups[0]
    cause, certainty, counter = BY_REASON.get(worst.reason or "", BY_PEER)
    if worst.reason is None:
        cause, certainty = Cause.UNKNOWN, Certainty.OPEN
    return Problem(
        severity_of_many(worst.times, worst.is_good_part),
        _sentence(worst, facts),
        (*worst.shares(), *(_also(group) for group in groups[1:4])),
        (worst.look, f"nstat -az TcpExt{counter}"),
        brief=message("{count} of {place} reset by this host", count=worst.count, place=worst.at.place),
        cause=cause,
        certainty=certainty,
        members=worst.keys,
    )


def _sent_by_us(places: Sequence[EndedAt]) -> Iterator[EndedAlike]:
    for at in places:
        by_reason: dict[str | None, list[OddEnd]] = {}
        for one in at.odd:
            if not one.reset_came:
                by_reason.setdefault(one.reason, []).append(one)
        for reason, members in by_reason.items():
            yield EndedAlike(at, max(len(members), at.resets.get(reason or "", 0)), tuple(members), reason)


def _sentence(group: EndedAlike, facts: ProgramFacts) -> Message:
    served, alone = group.at.served, group.times == 1
    return message(
        SENTENCES[served, alone] if group.reason is not None else SENTENCES_WITHOUT_REASON[served],
        count=group.count,
        place=group.at.place,
        program=facts.in_brackets,
        why=_why(group.reason),
    )


def _also(group: EndedAlike) -> Message:
    return message("{count} of {place} too: {why}", count=group.count, place=group.at.place, why=_why(group.reason))


def _why(reason: str | None) -> Message:
    return message(reset_meaning(reason) if reason is not None else NOT_TOLD)


def strays(facts: HostFacts) -> Problem | None:
    """RSTs that ended no connection known here; where they are not reported, what the counters tell."""
    if facts.stray_resets is None:
        return _counted_only(facts.stack)
    by_port = [one for one in facts.stray_resets if one.port is not None]
    late = [one for one in by_port if one.reason != NOBODY_THERE]
    if late:
        return _late(max(late, key=lambda one: one.times))
    if not by_port:
        return None
    return _to_nobody(by_port, sum(one.times for one in facts.stray_resets))


def _to_nobody(found: Sequence[StrayResets], times: int) -> Problem:
    """Nothing listens: a scan is no trouble, and one that tries again and again is worth a note."""
    worst = max(found, key=lambda one: one.times)
    return Problem(
        Severity.NOTE if worst.times >= SOME else Severity.CHAT,
        message(
            "In the last minute {count} came for {ports} where no connection was: this host answered with RST.",
            count=Count(times, "segment"),
            ports=Count(len(found), "port") if len(found) < MANY_PORTS else message("many ports"),
        ),
        (message("most for :{port}: {times}", port=str(worst.port), times=worst.times),),
        (f"ss -tlnp sport = :{worst.port}",),
        cause=Cause.PEER,
    )


def _late(worst: StrayResets) -> Problem:
    """To a socket that is no connection any more, or not yet one."""
    cause, certainty, counter = BY_REASON.get(worst.reason, BY_PEER)
    return Problem(
        Severity.WARN if worst.times >= MANY else Severity.NOTE,
        message(
            "This host sent RST from :{port} {times} in the last minute, because {why}.",
            port=str(worst.port),
            times=Count(worst.times, "time"),
            why=_why(worst.reason or None),
        ),
        (),
        (f"ss -tanp sport = :{worst.port}", f"nstat -az TcpExt{counter}"),
        subject=f":{worst.port}",
        cause=cause,
        certainty=certainty,
    )


def _counted_only(stack: Stack) -> Problem | None:
    risen = {name: times for name in TELLING_COUNTERS if (times := stack.last_minute(name))}
    if not risen:
        return None
    name = max(risen, key=lambda one: risen[one])
    return Problem(
        severity_of_many(risen[name], good_part=False),
        message(
            "This host reset {count} in the last minute, because {why}; which ones is not told here.",
            count=Count(risen[name], "connection"),
            why=message(ABORTS.get(name, name)),
        ),
        tuple(message("{counter} +{times}", counter=one, times=times) for one, times in risen.items()),
        (f"nstat -az TcpExt{name}",),
        cause=Cause.PROGRAM,
        certainty=Certainty.LIKELY,
    )


RULES: tuple[Rule[ProgramFacts], ...] = (Rule("reset-by-us", None, reset_by_us, "RST", level=Level.PROGRAM, rank=60),)
HOST_RULES: tuple[Rule[HostFacts], ...] = (Rule("reset-by-us", None, strays, "RST", level=Level.HOST, rank=64),)
