"""What `tcpwatch doctor` says of the host beside its sockets: limits, links, routes, tracked connections."""

from collections.abc import Iterable
from contextlib import closing

from tcpwatch.kernel.host import NO_ROUTES, Host
from tcpwatch.report.records.doctor import Check
from tcpwatch.sockets.host import HostLimits, Link
from tcpwatch.system.privileges import Capability, fix
from tcpwatch.text.quantity import counted

NAMED = 5  # links that are listed; a host of containers has hundreds
LOOPBACK = b"\x7f\0\0\1" * 2 + b"\0\1\0\1"


def host_checks() -> list[Check]:
    """Each kind of fact, read for real."""
    with closing(Host()) as host:
        facts, route = host.read(0), host.route(LOOPBACK)
        routes = Check("route", route is not NO_ROUTES, "NETLINK_ROUTE: that of each connection, and its MTU")
        return [limits_check(facts), links_check(facts), routes, conntrack_check(facts, host.table_readable)]


def limits_check(facts: HostLimits) -> Check:
    """What is used, of how much; and what cannot be told, and why."""
    memory = facts.memory
    used = [
        f"{name} {count:,} of {most:,}"
        for name, count, most in (
            ("TIME-WAIT", facts.time_wait, facts.max_time_wait),
            ("orphans", facts.orphans, facts.max_orphans),
            ("pages of memory", memory.pages if memory else None, memory.high if memory else None),
        )
        if count is not None and most is not None
    ]
    if facts.bound_ports is not None:
        used.append(f"bound and unconnected ports {len(facts.bound_ports):,}")
    reasons: dict[str, list[str]] = {}
    for name, why in facts.missing.items():
        if name in LIMITS:
            reasons.setdefault(why, []).append(LIMITS[name])
    unknown = [f"not told of {' and '.join(names)} ({why})" for why, names in reasons.items()]
    return Check("limits", facts.sockets is not None, "; ".join((*used, *unknown)))


LIMITS = {
    "sockets": "sockets",
    "max_time_wait": "TIME-WAIT",
    "max_orphans": "orphans",
    "memory": "memory",
    "bound_ports": "bound ports",
}


def links_check(facts: HostLimits) -> Check:
    """How many there are, and which of them nothing can pass."""
    if facts.links is None:
        return Check("links", False, facts.missing.get("links", "unknown"))
    links = facts.links.values()
    parts = [f"NETLINK_ROUTE: {counted(len(links), 'link')}"]
    for trouble, words in (("is down", "down"), ("has no carrier", "without carrier")):
        if names := _names(link for link in links if link.trouble == trouble):
            parts.append(f"{words}: {names}")
    return Check("links", True, "; ".join(parts))


def _names(links: Iterable[Link]) -> str:
    names = [link.name for link in links]
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def conntrack_check(facts: HostLimits, readable: bool) -> Check:
    """Whether the firewall tracks connections here, and whether the entry of one can be found."""
    table = facts.conntrack
    if table is None:
        return Check("conntrack", True, facts.missing.get("conntrack", "unknown"))
    if not table.count:
        return Check("conntrack", True, "no connection is tracked here: no rule of the firewall asks for it")
    message = f"{table.count:,} of at most {table.maximum:,} connections are tracked"
    if readable:
        return Check("conntrack", True, f"{message}; the entry of each can be found")
    return Check("conntrack", False, f"{message}; their entries are shown to root only", fix(Capability.NET_ADMIN))
