"""Resets in a capture: who refused, broke off or gave up, as far as the wire shows."""

from collections.abc import Callable

from tcpwatch.diagnose.message import Count, Message, message
from tcpwatch.diagnose.problem import Cause, Certainty, Problem, Severity
from tcpwatch.diagnose.wire.group import FlowGroup, Span, WireRule, seconds
from tcpwatch.diagnose.wire.signs import Sign
from tcpwatch.tcp.reset_origin import ResetOrigin, ResetSender

SILENT_NS = seconds(30)  # before an RST: from here on it is worth a word


def refused(group: FlowGroup) -> Problem:
    """A SYN was answered with RST."""
    return Problem(
        Severity.NOTE,
        group.both(
            message("{end} refused the connection of {other}: its SYN was answered with RST."),
            message("{connections} to {server} were refused: the SYN was answered with RST."),
        ),
        group.evidence(
            message("nothing listens there, or a firewall turns it away with RST"),
            group.in_frames(),
        ),
        brief=message("{count} refused", count=group.count),
        cause=Cause.PEER,
    )


def rejected(group: FlowGroup) -> Problem:
    """An RST before the connection was open at both ends."""
    return Problem(
        Severity.NOTE,
        group.both(
            message("{end} broke off the handshake with {other} by RST."),
            message("{connections} to {server} were broken off by RST during the handshake."),
        ),
        group.evidence(
            message("so does a scan, or an end that knows nothing of the SYN that is answered"), group.in_frames()
        ),
        brief=message("{count} broken off", count=group.count),
    )


def reset(group: FlowGroup) -> Problem:
    """An RST in place of a close."""
    late = group.sign is Sign.RESET_AFTER_FIN
    origin = origin_of(group)
    one = message("{end} reset the connection with {other}.")
    if late:
        one = message("{end} reset the connection with {other} while it was being closed.")
    return Problem(
        Severity.NOTE if late else Severity.WARN,
        group.both(one, message("{connections} with {server} were reset in place of a close.")),
        group.evidence(silence(origin), path(origin), group.in_frames()),
        brief=message("{count} reset", count=group.count),
        cause=Cause.PEER,
        certainty=certainty(origin, ResetSender.PEER),
    )


def reset_in_between(group: FlowGroup) -> Problem:
    """An RST whose way was another than that of the end it speaks for."""
    origin = origin_of(group)
    return Problem(
        Severity.WARN,
        group.both(
            message("Something between {end} and {other} reset their connection in the name of {end}."),
            message("{connections} with {server} were reset by something in between."),
        ),
        group.evidence(path(origin), silence(origin), group.in_frames()),
        brief=message("{count} reset in between", count=group.count),
        cause=Cause.NETWORK,
        certainty=certainty(origin, ResetSender.IN_BETWEEN),
    )


def given_up(group: FlowGroup) -> Problem:
    """An RST behind keep-alives that nobody answered."""
    return Problem(
        Severity.WARN,
        group.both(
            message("{end} gave its connection to {other} up: {other} did not answer its keep-alives."),
            message("{connections} with {server} were given up: keep-alives had no answer."),
        ),
        group.evidence(group.in_frames()),
        brief=message("{count} given up", count=group.count),
        cause=Cause.NETWORK,
    )


def origin_of(group: FlowGroup) -> ResetOrigin | None:
    """Who sent the first connection's RST, as far as known."""
    found = group.seen.detail
    return found if isinstance(found, ResetOrigin) else None


def silence(origin: ResetOrigin | None) -> Message | None:
    """How long its sender had said nothing."""
    if origin is None or origin.silent_ns is None or origin.silent_ns < SILENT_NS:
        return None
    return message(
        "its sender had been silent for {span}: boxes in between forget a connection after some minutes",
        span=Span(origin.silent_ns),
    )


def path(origin: ResetOrigin | None) -> Message | None:
    """Whether the RST came as far as the other segments."""
    if origin is None or origin.usual_ttls is None:
        return None
    low, high = origin.usual_ttls
    usual = str(low) if low == high else f"{low}–{high}"
    if low <= origin.ttl <= high:
        return message("the RST came the same way as the other segments (TTL {ttl})", ttl=str(origin.ttl))
    return message(
        "the RST came with TTL {ttl}, the other segments with {usual}: over {hops}, if it began as usual",
        ttl=str(origin.ttl),
        usual=usual,
        hops=Count(origin.hops, "router"),
    )


def certainty(origin: ResetOrigin | None, sender: ResetSender) -> Certainty:
    """How sure it is that this was the sender."""
    if origin is None or origin.sender is not sender:
        return Certainty.OPEN
    return Certainty.CERTAIN if origin.sure else Certainty.LIKELY


def _rule(name: str, sign: Sign, find: Callable[[FlowGroup], Problem], topic: str = "RST") -> WireRule:
    return WireRule(name, None, find, topic, sign=sign)


RESET_RULES = (
    _rule("reset-by-middlebox", Sign.RESET_IN_BETWEEN, reset_in_between),
    _rule("dead-peer", Sign.GIVEN_UP, given_up, "keep_alive"),
    _rule("reset-by-peer", Sign.RESET, reset),
    _rule("refused", Sign.REFUSED, refused, "refused"),
    _rule("reset-by-peer", Sign.REJECTED, rejected),
    _rule("reset-by-peer", Sign.RESET_AFTER_FIN, reset),
)
