"""What a network namespace, and the host below it, have left for TCP: as data.

No I/O: `kernel/host.py` reads it. None is "not readable", and `HostLimits.missing` says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tcpwatch.wire.segment import reversed_ends


@dataclass(frozen=True, slots=True)
class Link:
    """A network interface. `up` is what was set (IFF_UP), `carrier` what the device below says (IFF_LOWER_UP)."""

    index: int
    name: str
    up: bool
    carrier: bool
    loopback: bool = False
    mtu: int | None = None

    @property
    def trouble(self) -> str | None:
        """Why no frame can pass it; None if one can."""
        return "is down" if not self.up else None if self.carrier else "has no carrier"


@dataclass(frozen=True, slots=True)
class LinkChange:
    """A link before and after a change; None where there was none, or is none any more."""

    before: Link | None
    after: Link | None


@dataclass(frozen=True, slots=True)
class TcpMemory:
    """Pages in TCP's buffers on the whole host, and net.ipv4.tcp_mem: all is free below `low`, none above `high`."""

    pages: int
    low: int
    pressure: int
    high: int


@dataclass(frozen=True, slots=True)
class Conntrack:
    """The connections that netfilter tracks in this namespace; with none, no rule of the firewall asks for it.

    What was `dropped` and could not be inserted is in `Stack.counters`, under CONNTRACK_COUNTERS.
    """

    count: int
    maximum: int


CONNTRACK_COUNTERS = ("nf_conntrack.drop", "nf_conntrack.early_drop", "nf_conntrack.insert_failed")


@dataclass(frozen=True, slots=True)
class HostLimits:
    """`sockets` and `time_wait` are of the namespace; `orphans` and `memory` of the whole host, as their limits are.

    `bound_ports` are the local ports of sockets that were bound and are neither connected nor listening: no table of
    connections has them, and connect() may not choose them. `links` are those of the namespace by number. `missing`
    says why a fact is None, by the name of its field.
    """

    sockets: int | None = None
    time_wait: int | None = None
    max_time_wait: int | None = None
    orphans: int | None = None
    max_orphans: int | None = None
    memory: TcpMemory | None = None
    conntrack: Conntrack | None = None
    bound_ports: frozenset[int] | None = None
    links: Mapping[int, Link] | None = None
    missing: Mapping[str, str] = field(default_factory=dict)


NO_HOST = HostLimits()


@dataclass(frozen=True, slots=True)
class Route:
    """Where the kernel sends what goes to an address (`ip route get`).

    `kind` is the route's type as ip-route(8) has it: unicast, local, blackhole … `mtu` is the route's where it has
    one, `learned` whether an ICMP error told it. `error` is why there is none; the rest is None then.
    """

    kind: str | None = None
    link: Link | None = None
    gateway: str | None = None
    source: str | None = None
    mtu: int | None = None
    learned: bool = False
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Path:
    """The way of a connection's segments: the route that they take now, and its entry in netfilter's table.

    Without an entry it is not tracked, unless `unknown` says why that cannot be told.
    """

    route: Route
    tracked: "TrackedConnection | None"
    unknown: str | None = None


@dataclass(frozen=True, slots=True)
class TrackedConnection:
    """The entry of a connection in netfilter's table. `state` is the firewall's own, of what it saw pass.

    `ends` are those of what the initiator sends, `reply_ends` of what comes back, as in `Segment.ends`.
    """

    state: str
    expires_s: int | None
    replied: bool
    assured: bool
    ends: bytes
    reply_ends: bytes

    @property
    def translated(self) -> bool:
        """Whether an address or a port is another on the other side (NAT)."""
        return self.reply_ends != reversed_ends(self.ends)
