"""The rules on the way of segments: links that nothing can pass, directions not captured, ends used before."""

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.host import BlockedWay, HostFacts
from tcpwatch.diagnose.message import Count, Message, message
from tcpwatch.diagnose.problem import Cause, Certainty, Level, Problem, Severity
from tcpwatch.diagnose.rule import Rule
from tcpwatch.tcp.state import State

FEW_FLOWS = 3  # that tell nothing: a link may have changed under one


def no_carrier(facts: HostFacts) -> Problem | None:
    """A link that connections use is down or unplugged; one that nobody uses is no problem."""
    if not facts.blocked_ways:
        return None
    worst = max(facts.blocked_ways, key=lambda way: len(way.members))
    name = worst.link.name
    return Problem(
        Severity.WARN,
        _cannot_send(worst),
        tuple(_cannot_send(way) for way in facts.blocked_ways if way is not worst),
        (f"ip link show dev {name}", f"ip route get {worst.remote.ip}"),
        subject=name,
        brief=message("{count} cannot send", count=Count(len(worst.members), "connection")),
        must=message(worst.link.trouble or "has no route"),
        cause=Cause.NETWORK,
        certainty=Certainty.CERTAIN if worst.error is None else Certainty.LIKELY,
        members=worst.members,
    )


def _cannot_send(way: BlockedWay) -> Message:
    count, trouble = Count(len(way.members), "connection"), message(way.link.trouble or "")
    if way.error is not None:
        return message(
            "There is no route to {remote} ({error}), and {link} {trouble}: {count} cannot send.",
            remote=way.remote.ip,
            error=way.error,
            link=way.link.name,
            trouble=trouble,
            count=count,
        )
    return message(
        "{link} {trouble}: {count} cannot send over it, as to {remote}.",
        link=way.link.name,
        trouble=trouble,
        count=count,
        remote=str(way.remote),
    )


def asymmetric_capture(facts: HostFacts) -> Problem | None:
    """Of open connections one direction alone is captured: what the wire says of them is half of it."""
    one_way = facts.one_way
    found = one_way.outgoing + one_way.incoming if one_way is not None else 0
    if one_way is None or found < FEW_FLOWS or found * 2 < one_way.busy:
        return None
    direction = "what this host sends" if one_way.outgoing >= one_way.incoming else "what comes to this host"
    return Problem(
        Severity.NOTE,
        message(
            "Of {found} of {busy} captured connections only {direction} was seen: the other direction takes another "
            "interface. What is said of their segments is half of it.",
            found=found,
            busy=one_way.busy,
            direction=message(direction),
        ),
        (),
        ("ip route", "ip rule"),
        cause=Cause.NETWORK,
        certainty=Certainty.LIKELY,
        members=one_way.members,
    )


def port_reuse(facts: SocketFacts) -> Problem | None:
    """Its SYN came between ends that had a connection before."""
    if facts.flow is None or not facts.flow.analysis.get("reused_ports"):
        return None
    if facts.row.state is State.SYN_SENT:
        return Problem(
            Severity.NOTE,
            message(
                "An earlier connection had the same addresses and ports: while the other end keeps it, as in "
                "TIME-WAIT, it may answer this SYN with an ACK, or not at all."
            ),
            (),
            (f"ss -tan dst {facts.row.remote}", "sysctl net.ipv4.tcp_tw_reuse"),
        )
    return Problem(Severity.CHAT, message("An earlier connection had the same addresses and ports."))


SOCKET_RULES: tuple[Rule[SocketFacts], ...] = (Rule("port-reuse", None, port_reuse, "reused_ports"),)
RULES: tuple[Rule[HostFacts], ...] = (
    Rule("no-carrier", None, no_carrier, "network", level=Level.HOST, rank=14),
    Rule("asymmetric-capture", None, asymmetric_capture, "network", level=Level.HOST, rank=70),
)
