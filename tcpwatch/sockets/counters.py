"""Counters and sysctls of a namespace's network stack, as data.

No I/O: `kernel/` reads them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tcpwatch.sockets.host import NO_HOST, HostLimits
from tcpwatch.sockets.row import Backlog

SYNCOOKIES, SYN_BACKLOG = "net.ipv4.tcp_syncookies", "net.ipv4.tcp_max_syn_backlog"


TW_REUSE = "net.ipv4.tcp_tw_reuse"

REFUSALS = ("ListenOverflows", "ListenDrops", "TCPReqQFullDrop", "TCPReqQFullDoCookies", "SyncookiesSent")
"""Connections that listeners refused, and SYN cookies that they sent (Documentation/networking/snmp_counter.rst)."""

ABORTS = {
    "TCPAbortOnClose": "the program closed them with received data still unread",
    "TCPAbortOnData": "the program closed them and data came afterwards, or gave them up at once (SO_LINGER 0)",
    "TCPAbortOnTimeout": "the peer did not answer in time",
    "TCPAbortOnLinger": "the program closed them and does not wait for the peer's FIN (TCP_LINGER2 below 0)",
    "TCPAbortOnMemory": "too many closed connections were waiting, or TCP had no memory left",
    "TCPAbortFailed": "and the RST could not be sent: memory was short, or a rule on this host drops it",
}
"""Connections that this kernel ended, by its counter: why, in words that follow "because", but for the last.

They tell how many of a namespace, not which (Documentation/networking/snmp_counter.rst, net/ipv4/tcp.c).
"""


@dataclass(frozen=True, slots=True)
class LocalPorts:
    """The local ports that connect() chooses from: a range, less those that are reserved (ip-sysctl.rst)."""

    first: int
    last: int
    reserved: frozenset[int] = frozenset()

    @property
    def usable(self) -> int:
        """How many there are."""
        return self.last - self.first + 1 - len(self.reserved)

    def __contains__(self, port: int) -> bool:
        return self.first <= port <= self.last and port not in self.reserved


@dataclass(frozen=True, slots=True)
class Rise:
    """By how much a counter has risen since it was first read, and in the last minute."""

    in_all: int
    last_minute: int


NOT_RISEN = Rise(0, 0)


@dataclass(frozen=True, slots=True)
class Stack:
    """Counters by their names in /proc/net/netstat, sysctls by sysctl(8)'s; one that is not read is missing.

    `host` is what the namespace and the host have left.
    """

    counters: Mapping[str, Rise] = field(default_factory=dict)
    sysctls: Mapping[str, int] = field(default_factory=dict)
    local_ports: LocalPorts | None = None
    host: HostLimits = NO_HOST

    def last_minute(self, counter: str) -> int:
        """By how much a counter has risen in the last minute; 0 also where it is not read."""
        return self.counters.get(counter, NOT_RISEN).last_minute


NO_STACK = Stack()


def half_open_limit(backlog: Backlog, stack: Stack) -> int:
    """How many handshakes Linux lets wait in SYN-RECEIVED for this listener, before SYN cookies or silence.

    As many as connections for accept() (inet_csk_reqsk_queue_is_full). Without SYN cookies the last quarter of
    tcp_max_syn_backlog is kept for peers that are known from before (tcp_conn_request, net/ipv4/tcp_input.c).
    """
    maximum = stack.sysctls.get(SYN_BACKLOG)
    if maximum is None or stack.sysctls.get(SYNCOOKIES) != 0:
        return backlog.limit
    return min(backlog.limit, maximum - (maximum >> 2))
