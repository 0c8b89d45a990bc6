"""The rule on the local ports towards a destination, which connect() takes from a range: no single row shows it.

__inet_hash_connect() (net/ipv4/inet_hashtables.c) goes through the range once; a port is taken per source address,
destination address and destination port.
"""

from tcpwatch.diagnose.host import HostFacts, PortUse
from tcpwatch.diagnose.message import Message, message
from tcpwatch.diagnose.problem import Cause, Certainty, Level, Limit, Problem, Severity
from tcpwatch.diagnose.rule import Rule


def local_ports_exhausted(facts: HostFacts) -> Problem | None:
    """connect() fails with EADDRNOTAVAIL, or is about to."""
    use = next((one for one in facts.port_uses if one.nearly_all), None)
    if use is None:
        return None
    return Problem(
        Severity.WARN,
        message(
            "{taken} of {usable} local ports from {source} to {remote} are taken, {in_time_wait} in TIME-WAIT: "
            "connect() fails with EADDRNOTAVAIL{unless}.",
            taken=use.taken,
            usable=use.usable,
            source=use.source,
            remote=str(use.remote),
            in_time_wait=use.in_time_wait,
            unless=_unless(use),
        ),
        tuple(_also(other) for other in facts.port_uses if other.nearly_all and other is not use),
        ("sysctl net.ipv4.ip_local_port_range net.ipv4.tcp_tw_reuse", f"ss -tan dst {use.remote}"),
        subject=str(use.remote),
        cause=Cause.PROGRAM,
        certainty=Certainty.LIKELY,
        limit=Limit("local ports", use.taken, use.usable),
        members=use.members,
    )


def _unless(use: PortUse) -> Message | str:
    if use.taken < use.usable:
        return message(" when the rest is")
    return message(", unless tcp_tw_reuse gives one back") if use.in_time_wait and use.reusable else ""


def _also(use: PortUse) -> Message:
    return message(
        "{taken} of {usable} are taken from {source} to {remote} too",
        taken=use.taken,
        usable=use.usable,
        source=use.source,
        remote=str(use.remote),
    )


RULES: tuple[Rule[HostFacts], ...] = (
    Rule("local-ports-exhausted", None, local_ports_exhausted, "TIME-WAIT", level=Level.HOST, rank=15),
)
