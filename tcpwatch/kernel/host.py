"""What the network namespace and the host have left for TCP, read once a refresh: `sockets.host.HostLimits`.

All is opened before privilege is dropped. What cannot be read is None, with a word in `HostLimits.missing`.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, TypeVar

from tcpwatch.errors import SourceError
from tcpwatch.kernel.netfilter.conntrack import ConntrackTable
from tcpwatch.kernel.proc.conntrack_counters import conntrack_counters
from tcpwatch.kernel.proc.kept_files import KeptFiles
from tcpwatch.kernel.proc.socket_counts import socket_counts
from tcpwatch.kernel.rtnetlink.links import Links
from tcpwatch.kernel.rtnetlink.routes import Routes
from tcpwatch.kernel.sock_diag.bound_ports import BoundPorts
from tcpwatch.sockets.host import Conntrack, HostLimits, Link, Route, TcpMemory, TrackedConnection
from tcpwatch.text.duration import SECOND_NS

# For the bound ports the kernel walks its table of all namespaces' ports: 0.6 ms on an idle host, 10 ms with 20,000
# sockets. So they are read the less often the longer it takes: 0.2 ms a second.
BOUND_EVERY_NS, BOUND_SELDOM_NS, BOUND_REST = 10 * SECOND_NS, 60 * SECOND_NS, 5_000
NET, SYSCTL = Path("thread-self/net"), Path("sys/net")
PATHS = {
    "sockets": NET / "sockstat",
    "sockets 6": NET / "sockstat6",
    "max_time_wait": SYSCTL / "ipv4/tcp_max_tw_buckets",
    "max_orphans": SYSCTL / "ipv4/tcp_max_orphans",
    "memory": SYSCTL / "ipv4/tcp_mem",
    "conntrack": SYSCTL / "netfilter/nf_conntrack_count",
    "conntrack limit": SYSCTL / "netfilter/nf_conntrack_max",
    "conntrack counters": NET / "stat/nf_conntrack",
}
FIRST_NAMESPACE_ONLY = "shown only in the network namespace that the system started with"
NO_CONNTRACK = "this kernel tracks no connections (nf_conntrack is not loaded)"
UNTOLD = {"max_orphans": FIRST_NAMESPACE_ONLY, "memory": FIRST_NAMESPACE_ONLY, "conntrack": NO_CONNTRACK}
NO_ROUTES = Route(error="the kernel tells no routes here")


class Closable(Protocol):
    """What is open and can be closed."""

    def close(self) -> None:
        """Close it."""


_Opened = TypeVar("_Opened", bound=Closable)


class Host:
    """A reader of the facts. One thread reads; any thread may ask for a route or an entry of netfilter's table."""

    def __init__(self, proc: Path = Path("/proc")) -> None:
        """Open what there is, in the calling thread's network namespace."""
        self._files = KeptFiles({name: proc / path for name, path in PATHS.items()})
        self._why_not = {name: UNTOLD.get(name, why) for name, why in self._files.why_not.items()}
        self._links = self._open("links", Links)
        self._routes = self._open("routes", Routes)
        self._bound = self._open("bound_ports", BoundPorts)
        self._table = ConntrackTable()
        self._bound_ports: frozenset[int] | None = None
        self._bound_next_ns: int | None = None

    def read(self, now_ns: int) -> HostLimits:
        """The facts now; the bound ports as of BOUND_SELDOM_NS ago at most. `now_ns` is the monotonic clock's."""
        files = self._files
        counts = socket_counts(files.text("sockets") or "", files.text("sockets 6") or "")
        pages, limits = counts.get("mem"), files.numbers("memory")
        count, maximum = files.numbers("conntrack"), files.numbers("conntrack limit")
        return HostLimits(
            sockets=counts.get("inuse"),
            time_wait=counts.get("tw"),
            max_time_wait=_first(files.numbers("max_time_wait")),
            orphans=counts.get("orphan"),
            max_orphans=_first(files.numbers("max_orphans")),
            memory=TcpMemory(pages, *limits) if pages is not None and limits and len(limits) == 3 else None,
            conntrack=Conntrack(count[0], maximum[0]) if count and maximum else None,
            bound_ports=self._ports(now_ns),
            links=self.links(),
            missing=dict(self._why_not),
        )

    def counters(self) -> dict[str, int]:
        """What connection tracking counted since it was loaded, by `CONNTRACK_COUNTERS`."""
        return conntrack_counters(self._files.text("conntrack counters") or "")

    def links(self) -> Mapping[int, Link] | None:
        """The links now, by number."""
        if self._links is None:
            return None
        self._links.read()
        return self._links.now

    def route(self, ends: bytes, bound_to: int = 0) -> Route:
        """The route of what the first of these ends sends to the second; `bound_to` is its socket's interface, or 0."""
        if self._routes is None:
            return NO_ROUTES
        return self._routes.route(ends, self._links.now if self._links is not None else {}, bound_to)

    def tracked(self, ends: bytes) -> TrackedConnection | None:
        """The connection's entry in netfilter's table; None if it has none. SourceError where one may not know."""
        return self._table.find(ends)

    @property
    def table_readable(self) -> bool:
        """Whether entries of netfilter's table can be read."""
        return self._table.readable

    def close(self) -> None:
        """Close what is open."""
        for opened in (self._files, self._links, self._routes, self._bound, self._table):
            if opened is not None:
                opened.close()
        self._links = self._routes = self._bound = None

    def _open(self, name: str, open_it: Callable[[], _Opened]) -> _Opened | None:
        try:
            return open_it()
        except (SourceError, OSError) as error:
            self._why_not[name] = str(error)
            return None

    def _ports(self, now_ns: int) -> frozenset[int] | None:
        if self._bound is not None and (self._bound_next_ns is None or now_ns >= self._bound_next_ns):
            begun_ns = time.thread_time_ns()
            try:
                self._bound_ports = self._bound.read()
            except OSError as error:
                self._bound_ports, self._why_not["bound_ports"] = None, str(error)
            rest_ns = (time.thread_time_ns() - begun_ns) * BOUND_REST
            self._bound_next_ns = now_ns + min(max(rest_ns, BOUND_EVERY_NS), BOUND_SELDOM_NS)
        return self._bound_ports


def _first(numbers: tuple[int, ...] | None) -> int | None:
    return numbers[0] if numbers else None
