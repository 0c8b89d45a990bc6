"""The rule on the local ports, which connect() takes from a range: no single row shows that few are left.

__inet_hash_connect() (net/ipv4/inet_hashtables.c) goes through the range once; a port is taken per source address,
destination address and destination port, and one that is held by bind() or by a listener towards all of them.
"""

from tcpwatch.diagnose.host import HeldPorts, HostFacts, PortUse
from tcpwatch.diagnose.message import Message, message
from tcpwatch.diagnose.problem import Cause, Certainty, Level, Limit, Problem, Severity
from tcpwatch.diagnose.rule import Rule

MINUTE_NS = 60_000_000_000
PORTS = "local ports"
SHOWN = 8  # by number


def local_ports_exhausted(facts: HostFacts) -> Problem | None:
    """connect() fails with EADDRNOTAVAIL, or is about to."""
    if facts.held_ports is not None and facts.held_ports.nearly_all:
        return held_towards_all(facts.held_ports, _bound_ports(facts))
    use = next((one for one in facts.port_uses if one.nearly_all), None)
    return taken_towards_one(facts, use) if use is not None else None


def held_towards_all(ports: HeldPorts, bound_ports: tuple[Message, ...] = ()) -> Problem:
    """bind() and listeners leave none: no connection without bind() can be opened to anywhere."""
    bound: Message | str = ""
    if ports.bound is not None:
        bound = message(", {bound} by sockets that are bound only", bound=ports.bound)
    return Problem(
        Severity.WARN,
        message(
            "{held} of {usable} local ports are held towards every destination, {listening} by listeners{bound}: "
            "connect() to any destination fails with EADDRNOTAVAIL{unless}.",
            held=ports.held,
            usable=ports.usable,
            listening=ports.listening,
            bound=bound,
            unless=message(" when the rest is") if ports.held < ports.usable else "",
        ),
        bound_ports,
        ("sysctl net.ipv4.ip_local_port_range net.ipv4.ip_local_reserved_ports", "ss -tlnp"),
        cause=Cause.PROGRAM,
        certainty=Certainty.CERTAIN,
        limit=Limit(PORTS, ports.held, ports.usable),
    )


def taken_towards_one(facts: HostFacts, use: PortUse) -> Problem:
    """Connections to one destination take nearly all of them."""
    held = facts.held_ports
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
        (
            *(_also(other) for other in facts.port_uses if other.nearly_all and other is not use),
            *((_held(held),) if held is not None and held.held else ()),
        ),
        ("sysctl net.ipv4.ip_local_port_range net.ipv4.tcp_tw_reuse", f"ss -tan dst {use.remote}"),
        subject=str(use.remote),
        cause=Cause.PROGRAM,
        certainty=Certainty.LIKELY,
        trend=use.trend,
        limit=Limit(PORTS, use.taken, use.usable, _full_in_ns(use)),
        members=use.members,
    )


def _bound_ports(facts: HostFacts) -> tuple[Message, ...]:
    """The first of those that are bound only: no table of connections has them."""
    usable, bound = facts.stack.local_ports, facts.stack.host.bound_ports
    if usable is None or not bound:
        return ()
    ports = sorted(port for port in bound if port in usable)
    named = ", ".join(map(str, ports[:SHOWN])) + (" …" if len(ports) > SHOWN else "")
    return (message("bound only: {ports}", ports=named),)


def _full_in_ns(use: PortUse) -> int | None:
    """When the rest will be taken, if it goes on like this."""
    growth = use.trend.per_minute if use.trend is not None else None
    left = use.usable - use.taken
    return left * MINUTE_NS // growth if growth is not None and growth > 0 and left > 0 else None


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


def _held(ports: HeldPorts) -> Message:
    if ports.bound is None:
        return message("{listening} of them are held by listeners", listening=ports.listening)
    return message(
        "of them {listening} are held by listeners, {bound} by sockets that are bound only",
        listening=ports.listening,
        bound=ports.bound,
    )


RULES: tuple[Rule[HostFacts], ...] = (
    Rule("local-ports-exhausted", None, local_ports_exhausted, "TIME-WAIT", level=Level.HOST, rank=15),
)
