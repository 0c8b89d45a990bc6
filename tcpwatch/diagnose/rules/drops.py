"""The rules on segments that this kernel dropped: of a connection, or for a listener.

What it drops in the ordinary course (`ORDINARY_DROPS`) is never told, nor what came for a port of nobody.
"""

from collections.abc import Mapping

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.ended_alike import MANY
from tcpwatch.diagnose.happened import DroppedAt
from tcpwatch.diagnose.message import Count, Message, message
from tcpwatch.diagnose.problem import Cause, Certainty, Level, Problem, Severity
from tcpwatch.diagnose.program import ProgramFacts
from tcpwatch.diagnose.rule import Rule
from tcpwatch.sockets.mishaps import SegmentDropped
from tcpwatch.sockets.reasons import ORDINARY_DROPS, drop_meaning

AGAIN = 3  # of one connection: what is dropped once may be sent again and arrive
FIREWALL, HOOK = "NETFILTER_DROP", "nf_hook_slow"

TOLD_BY_OTHERS = frozenset({"TCP_LISTEN_OVERFLOW"})
"""What the rules on listeners tell, with the program that must act."""

NOTES = frozenset(
    {
        *("PROTO_MEM", "SOCKET_RCVBUFF", "SOCKET_BACKLOG", "TCP_ZEROWINDOW", "TCP_OVERWINDOW"),
        *("TCP_INVALID_SEQUENCE", "TCP_INVALID_END_SEQUENCE", "TCP_TOO_OLD_ACK", "SOCKET_FILTER"),
    }
)
"""Not trouble by themselves.

A reader that is slow has rules of its own, late copies of segments do no harm, and a filter was put there on purpose.
"""

STEPS: Mapping[str, str] = {
    FIREWALL: "nft list ruleset",
    "TCP_CSUM": "nstat -az TcpInCsumErrors",
    "IP_RPFILTER": "sysctl net.ipv4.conf.all.rp_filter",
    "NEIGH_FAILED": "ip neigh",
    "XFRM_POLICY": "ip xfrm policy",
    "TC_EGRESS": "tc -s filter show",
    "TC_INGRESS": "tc -s filter show",
    "QDISC_DROP": "tc -s qdisc",
    "QDISC_OVERLIMIT": "tc -s qdisc",
    "CPU_BACKLOG": "sysctl net.core.netdev_max_backlog",
    "TCP_RFC7323_PAWS": "nstat -az TcpExtPAWSEstab",
}
CAUSES: Mapping[str, Cause] = {
    **dict.fromkeys((FIREWALL, "IP_RPFILTER", "XFRM_POLICY", "SECURITY_HOOK"), Cause.KERNEL_SETTING),
    **dict.fromkeys(("TC_INGRESS", "TC_EGRESS", "XDP", "BPF_CGROUP_EGRESS"), Cause.KERNEL_SETTING),
    "SOCKET_FILTER": Cause.PROGRAM,
    **dict.fromkeys(("NEIGH_FAILED", "NEIGH_QUEUEFULL", "QDISC_DROP", "TCP_CSUM"), Cause.NETWORK),
}

# By whether it is of a connection, and whether it is one segment.
SENTENCES = {
    (True, True): "This host dropped {count} of {connection}{program} in the last minute, because {why}.",
    (True, False): "This host dropped {count} of {connection}{program} in the last minute, each because {why}.",
    (False, True): "This host dropped {count} for {connection}{program} in the last minute, because {why}.",
    (False, False): "This host dropped {count} for {connection}{program} in the last minute, each because {why}.",
}


def is_worth_telling(reason: str) -> bool:
    """Whether a drop for this reason may be trouble that no other rule tells."""
    return reason not in ORDINARY_DROPS and reason not in TOLD_BY_OTHERS


def dropped_by_kernel(facts: ProgramFacts) -> Problem | None:
    """Segments of the program's connections, or for its listeners, were dropped in the last minute."""
    drops = sorted(facts.drops, key=lambda one: (_severity(one) is Severity.WARN, one.times), reverse=True)
    if not drops:
        return None
    worst = drops[0]
    return Problem(
        _severity(worst),
        message(
            SENTENCES[worst.of_connection, worst.times == 1],
            count=Count(worst.times, "segment"),
            connection=_place(worst),
            program=facts.in_brackets,
            why=_why(worst.reason, worst.newest),
        ),
        (*_where(worst.newest), *(_also(one) for one in drops[1:4])),
        (_step(worst.reason, worst.place.rpartition(":")[2]),),
        brief=message("{count} dropped at {place}", count=Count(worst.times, "segment"), place=worst.place),
        cause=CAUSES.get(worst.reason, Cause.UNKNOWN),
        certainty=Certainty.CERTAIN if worst.reason in CAUSES else Certainty.OPEN,
        members=worst.members,
    )


def _severity(drops: DroppedAt) -> Severity:
    """What a firewall keeps from a listener may be meant so: a note."""
    if drops.reason in NOTES or (drops.reason == FIREWALL and not drops.of_connection):
        return Severity.NOTE
    return Severity.WARN if drops.times >= (AGAIN if drops.of_connection else MANY) else Severity.NOTE


def _place(drops: DroppedAt) -> Message | str:
    if not drops.of_connection:
        return drops.place
    if drops.served:
        return message("connections of {place}", place=drops.place)
    return message("connections to {place}", place=drops.place)


def _why(reason: str, newest: SegmentDropped | None) -> Message:
    """nf_tables drops by itself; what its caller drops, iptables or the tracking of connections refused."""
    if reason == FIREWALL and newest is not None and newest.location == HOOK:
        return message("iptables drops it, or its connection cannot be tracked (conntrack)")
    return message(drop_meaning(reason))


def _where(newest: SegmentDropped | None) -> tuple[Message, ...]:
    if newest is None:
        return ()
    way = message("it had come in") if newest.received else message("it was to be sent")
    if newest.location is None:
        return (message("the newest: {way}", way=way),)
    return (message("the newest: {way}, and was dropped in {function}()", way=way, function=newest.location),)


def _also(one: DroppedAt) -> Message:
    return message(
        "{count} at {place} too: {why}",
        count=Count(one.times, "segment"),
        place=one.place,
        why=_why(one.reason, one.newest),
    )


def _step(reason: str, port: str) -> str:
    return STEPS.get(reason, f"tcpdump -ni any tcp port {port}")


def dropped_of_this_one(facts: SocketFacts) -> Problem | None:
    """Segments of this very connection were dropped in the last minutes."""
    drops = facts.mishaps.drops if facts.mishaps is not None else {}
    found = {reason: one for reason, one in drops.items() if is_worth_telling(reason)}
    if not found or not facts.row.remote.port:
        return None
    reason, (times, newest) = max(found.items(), key=lambda item: item[1][0])
    template = "Of this connection this host has dropped {count}, the newest because {why}."
    return Problem(
        Severity.NOTE,
        message(template, count=Count(times, "segment"), why=_why(reason, newest)),
        _where(newest),
        (_step(reason, str(facts.row.local.port)),),
        cause=CAUSES.get(reason, Cause.UNKNOWN),
    )


SOCKET_RULES: tuple[Rule[SocketFacts], ...] = (Rule("dropped-by-kernel", None, dropped_of_this_one, "network"),)
RULES: tuple[Rule[ProgramFacts], ...] = (
    Rule("dropped-by-kernel", None, dropped_by_kernel, "network", level=Level.PROGRAM, rank=55),
)
