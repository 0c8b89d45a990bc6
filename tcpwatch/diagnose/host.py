"""What the rules on a host look at: one network namespace, its counters, settings and limits."""

from collections.abc import Sequence
from dataclasses import dataclass

from tcpwatch.sockets.counters import Stack
from tcpwatch.wire.segment import Endpoint

NEARLY_ALL_PERCENT = 90


@dataclass(frozen=True, slots=True)
class PortUse:
    """How many of the `usable` local ports from `source` to `remote` are taken, and how many of these are in TIME-WAIT.

    `reusable` is whether net.ipv4.tcp_tw_reuse lets connect() take one that has been in TIME-WAIT for a second.
    `members` are the cookies of the sockets.
    """

    source: str
    remote: Endpoint
    taken: int
    in_time_wait: int
    usable: int
    reusable: bool
    members: tuple[int, ...] = ()

    @property
    def nearly_all(self) -> bool:
        """Whether few are left."""
        return self.taken * 100 >= self.usable * NEARLY_ALL_PERCENT


@dataclass(frozen=True, slots=True)
class HostFacts:
    """One network namespace at one moment: `port_uses` are those towards crowded destinations, the fullest first.

    `blamed` is whether a listener is known to have turned clients away in the last minute.
    """

    stack: Stack
    port_uses: Sequence[PortUse] = ()
    blamed: bool = False
