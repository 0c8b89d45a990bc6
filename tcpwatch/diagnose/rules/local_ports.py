"""The rule on the local ports towards one destination, which connect() takes from a range: no single row shows it.

__inet_hash_connect() (net/ipv4/inet_hashtables.c) goes through the range once; a port is taken per source address,
destination address and destination port.
"""

from dataclasses import dataclass

from tcpwatch.diagnose.finding import Finding, Severity
from tcpwatch.diagnose.rule import Level, Rule
from tcpwatch.wire.segment import Endpoint

NEARLY_ALL_PERCENT = 90


@dataclass(frozen=True, slots=True)
class PortUse:
    """How many of the `usable` local ports from `source` to `remote` are taken, and how many of these are in TIME-WAIT.

    `reusable` is whether net.ipv4.tcp_tw_reuse lets connect() take one that has been in TIME-WAIT for a second.
    """

    source: str
    remote: Endpoint
    taken: int
    in_time_wait: int
    usable: int
    reusable: bool

    @property
    def nearly_all(self) -> bool:
        """Whether few are left."""
        return self.taken * 100 >= self.usable * NEARLY_ALL_PERCENT


def no_local_port_left(use: PortUse) -> Finding | None:
    """connect() fails with EADDRNOTAVAIL, or is about to."""
    if not use.nearly_all:
        return None
    message = (
        f"{use.taken:,} of {use.usable:,} local ports from {use.source} to {use.remote} are taken, "
        f"{use.in_time_wait:,} in TIME-WAIT: connect() fails with EADDRNOTAVAIL"
    )
    if use.taken < use.usable:
        message += " when the rest is"
    elif use.in_time_wait and use.reusable:
        message += ", unless tcp_tw_reuse gives one back"
    return Finding(
        Severity.WARN,
        message + ".",
        (),
        ("sysctl net.ipv4.ip_local_port_range net.ipv4.tcp_tw_reuse", f"ss -tan dst {use.remote}"),
    )


RULES: tuple[Rule[PortUse], ...] = (Rule("no-local-port", None, no_local_port_left, "TIME-WAIT", level=Level.HOST),)
