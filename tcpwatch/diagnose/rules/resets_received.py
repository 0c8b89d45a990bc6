"""The rules on connections that ended in the last minute by an RST that came: from whom, and to what."""

from collections.abc import Callable, Sequence

from tcpwatch.diagnose.ended_alike import MANY, EndedAlike
from tcpwatch.diagnose.happened import OddEnd
from tcpwatch.diagnose.message import Count, Message, message
from tcpwatch.diagnose.problem import Cause, Certainty, Level, Problem, Severity
from tcpwatch.diagnose.program import ProgramFacts
from tcpwatch.diagnose.reset_words import origin_evidence
from tcpwatch.diagnose.rule import Rule
from tcpwatch.sockets.reasons import reset_meaning
from tcpwatch.tcp.reset_origin import ResetSender

SERVED = "{count} of {place}{program} ended in the last minute by an RST that came {who}."
NOT_SERVED = "{count} to {place}{program} ended in the last minute by an RST that came {who}."

# From whom the newest came, by what its TTL and IP id show and whether they are sure.
SENDERS = {
    (ResetSender.PEER, True): "from the other end, as its TTL and IP id show",
    (ResetSender.PEER, False): "from the other end, as its TTL shows",
    (ResetSender.IN_BETWEEN, True): "from something in between",
    (ResetSender.IN_BETWEEN, False): "probably from something in between",
    (ResetSender.UNKNOWN, False): "from the other end or from something in between: its TTL does not tell",
}
NOT_CAPTURED = "from the other end or from something in between: no segment of it was captured"


def reset_by_peer(facts: ProgramFacts) -> Problem | None:
    """An RST came that its other end sent, or of which nobody can tell."""
    return _that_came(facts, lambda one: not _from_in_between(one), Cause.PEER)


def reset_by_middlebox(facts: ProgramFacts) -> Problem | None:
    """An RST came that something in between sent."""
    return _that_came(facts, _from_in_between, Cause.NETWORK)


def _from_in_between(one: OddEnd) -> bool:
    return one.peer_reset is None and one.origin is not None and one.origin.sender is ResetSender.IN_BETWEEN


def _that_came(facts: ProgramFacts, wanted: Callable[[OddEnd], bool], cause: Cause) -> Problem | None:
    found = _alike(facts, lambda one: not one.was_opening and wanted(one))
    if not found:
        return None
    worst, others = found[0], sum(group.times for group in found[1:])
    newest = worst.newest
    elsewhere = (message("{count} at other places", count=Count(others, "connection")),) if others else ()
    return Problem(
        _severity(worst),
        message(
            SERVED if worst.at.served else NOT_SERVED,
            count=worst.count,
            place=worst.at.place,
            program=facts.in_brackets,
            who=_who(newest),
        ),
        (*_origin_words(newest), *worst.shares(), *elsewhere),
        (worst.look, "sysctl net.ipv4.tcp_keepalive_time") if _from_in_between(newest) else (worst.look,),
        brief=message("{count} of {place} reset", count=worst.count, place=worst.at.place),
        cause=cause if _certainty(newest) is not Certainty.OPEN else Cause.UNKNOWN,
        certainty=_certainty(newest),
        members=worst.keys,
    )


def _alike(facts: ProgramFacts, wanted: Callable[[OddEnd], bool]) -> Sequence[EndedAlike]:
    """Those that an RST from outside ended, by place, the most first."""
    places = ((at, tuple(one for one in at.odd if one.reset_came and wanted(one))) for at in facts.ended)
    found = [EndedAlike(at, len(members), members) for at, members in places if members]
    return sorted(found, key=lambda group: group.times, reverse=True)


def _severity(group: EndedAlike) -> Severity:
    """Clients break off all the time, and what this host sent itself is told at the end that sent it."""
    if any(one.peer_reset is not None for one in group.members):
        return Severity.NOTE
    return Severity.WARN if group.times >= MANY and group.is_good_part else Severity.NOTE


def _who(one: OddEnd) -> Message:
    if one.peer_reset is not None and one.peer_reset.reason is not None:
        why = message(reset_meaning(one.peer_reset.reason))
        return message("from the other end, on this host, because {why}", why=why)
    if one.peer_reset is not None:
        return message("from the other end, on this host")
    return message(NOT_CAPTURED if one.origin is None else SENDERS[one.origin.sender, one.origin.sure])


def _certainty(one: OddEnd) -> Certainty:
    if one.peer_reset is not None or (one.origin is not None and one.origin.sure):
        return Certainty.CERTAIN
    known = one.origin is not None and one.origin.sender is not ResetSender.UNKNOWN
    return Certainty.LIKELY if known else Certainty.OPEN


def _origin_words(one: OddEnd) -> tuple[Message, ...]:
    return origin_evidence(one.origin) if one.origin is not None else ()


def refused(facts: ProgramFacts) -> Problem | None:
    """SYNs of this program were answered with RST."""
    found = _alike(facts, lambda one: one.was_opening)
    if not found:
        return None
    worst, others = found[0], sum(group.times for group in found[1:])
    by_this_host = worst.newest.peer_reset is not None
    why = "nothing listens there" if by_this_host else "nothing listens there, or a firewall turns them away"
    remote = worst.newest.facts.row.remote
    elsewhere = message("{count} to {places} too", count=others, places=Count(len(found) - 1, "other place"))
    return Problem(
        Severity.WARN if worst.times >= MANY else Severity.NOTE,
        message(
            "{place} refused {count}{program} in the last minute: {why}.",
            place=worst.at.place,
            count=worst.count,
            program=facts.in_brackets,
            why=message(why),
        ),
        (*_origin_words(worst.newest), *((elsewhere,) if others else ())),
        (f"ss -tlnp sport = :{remote.port}",) if by_this_host else (f"tcpdump -ni any host {remote.ip}",),
        brief=message("{count} refused by {place}", count=worst.count, place=worst.at.place),
        cause=Cause.PEER if by_this_host else Cause.UNKNOWN,
        certainty=Certainty.CERTAIN if by_this_host else Certainty.OPEN,
        members=worst.keys,
    )


RULES: tuple[Rule[ProgramFacts], ...] = (
    Rule("reset-by-middlebox", None, reset_by_middlebox, "RST", level=Level.PROGRAM, rank=61),
    Rule("reset-by-peer", None, reset_by_peer, "RST", level=Level.PROGRAM, rank=62),
    Rule("refused", None, refused, "refused", level=Level.PROGRAM, rank=63),
)
