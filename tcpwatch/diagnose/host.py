"""What the rules on a host look at: one network namespace, its counters, settings and limits."""

from collections.abc import Sequence
from dataclasses import dataclass

from tcpwatch.diagnose.happened import StrayResets
from tcpwatch.diagnose.problem import Trend
from tcpwatch.sockets.counters import Stack
from tcpwatch.sockets.host import Link
from tcpwatch.wire.segment import Endpoint

NEARLY_ALL_PERCENT = 90


@dataclass(frozen=True, slots=True)
class PortUse:
    """How many of the `usable` local ports from `source` to `remote` are taken, and how many of these are in TIME-WAIT.

    `reusable` is whether net.ipv4.tcp_tw_reuse lets connect() take one that has been in TIME-WAIT for a second.
    `members` are the cookies of the sockets; `trend` is how `taken` has changed.
    """

    source: str
    remote: Endpoint
    taken: int
    in_time_wait: int
    usable: int
    reusable: bool
    members: tuple[int, ...] = ()
    trend: Trend | None = None

    @property
    def nearly_all(self) -> bool:
        """Whether few are left."""
        return self.taken * 100 >= self.usable * NEARLY_ALL_PERCENT


@dataclass(frozen=True, slots=True)
class HeldPorts:
    """The local ports that connect() may choose towards no destination, of the `usable` ones of the namespace.

    A listener holds its port, and so does a socket that is bound and not connected; of which address makes no
    difference to connect() without bind(). `bound` is None where this kernel does not list such sockets. What was
    bound before it was connected holds its port as well, and is not told apart from what connect() chose.
    """

    usable: int
    listening: int
    bound: int | None

    @property
    def held(self) -> int:
        """How many are held, as far as is known."""
        return self.listening + (self.bound or 0)

    @property
    def nearly_all(self) -> bool:
        """Whether few are left for connect()."""
        return self.usable > 0 and self.held * 100 >= self.usable * NEARLY_ALL_PERCENT


@dataclass(frozen=True, slots=True)
class BlockedWay:
    """Connections that cannot send, as no frame can pass the link that they use, or as there is no route.

    `link` is that link; where `error` says why there is no route, one that is down or without carrier. `remote` is the
    other end of one of them.
    """

    link: Link
    remote: Endpoint
    members: tuple[int, ...]
    error: str | None = None


@dataclass(frozen=True, slots=True)
class OneWayFlows:
    """Of the `busy` flows of open connections that were captured of late, those of which one direction alone was."""

    busy: int
    outgoing: int
    incoming: int
    members: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class HostFacts:
    """One network namespace at one moment: `port_uses` are those towards crowded destinations, the fullest first.

    `blamed` is whether a listener is known to have turned clients away in the last minute. `held_ports` are taken
    towards every destination. `stray_resets` ended no connection that is known; None where they are not reported.
    """

    stack: Stack
    port_uses: Sequence[PortUse] = ()
    blamed: bool = False
    held_ports: HeldPorts | None = None
    stray_resets: Sequence[StrayResets] | None = None
    blocked_ways: Sequence[BlockedWay] = ()
    one_way: OneWayFlows | None = None
