"""Current values of the sysctls that control TCP timers and queues.

Each file is opened once and read often, because a change applies to the next timer. It always shows the network
namespace in which it was opened.
"""

import os
from pathlib import Path

from tcpwatch.sockets.counters import TW_REUSE, LocalPorts

# Documentation/networking/ip-sysctl.rst. All of them are per network namespace.
NAMES = (
    *("net.core.somaxconn", "net.ipv4.tcp_max_syn_backlog", "net.ipv4.tcp_syncookies"),
    *("net.ipv4.tcp_syn_retries", "net.ipv4.tcp_synack_retries", "net.ipv4.tcp_syn_linear_timeouts"),
    *("net.ipv4.tcp_retries2", "net.ipv4.tcp_orphan_retries", "net.ipv4.tcp_rto_min_us", "net.ipv4.tcp_rto_max_ms"),
    *("net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes"),
    *("net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_early_retrans", TW_REUSE),
)
LOCAL_PORT_RANGE, RESERVED_PORTS = "net.ipv4.ip_local_port_range", "net.ipv4.ip_local_reserved_ports"

_LONGEST = 32  # characters of a number
_LONGEST_LIST = 1 << 16  # characters of a list of ports


class Sysctls:
    """A reader of NAMES. One thread uses it."""

    def __init__(self, root: Path = Path("/proc/sys")) -> None:
        """Open the sysctls that this kernel has and this user may read, in the calling thread's network namespace."""
        self._files: dict[str, int] = {}
        for name in (*NAMES, LOCAL_PORT_RANGE, RESERVED_PORTS):
            try:
                self._files[name] = os.open(root / name.replace(".", "/"), os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                continue

    def read(self) -> dict[str, int]:
        """Values by name."""
        return {
            name: int(os.pread(file, _LONGEST, 0))
            for name, file in self._files.items()
            if name not in (LOCAL_PORT_RANGE, RESERVED_PORTS)
        }

    def local_ports(self) -> LocalPorts | None:
        """What connect() chooses from; None where that may not be read."""
        if LOCAL_PORT_RANGE not in self._files:
            return None
        first, last = map(int, os.pread(self._files[LOCAL_PORT_RANGE], _LONGEST, 0).split())
        listed = os.pread(self._files[RESERVED_PORTS], _LONGEST_LIST, 0) if RESERVED_PORTS in self._files else b""
        spans = (span.split(b"-") for span in listed.strip().split(b",") if span)
        reserved = {port for span in spans for port in range(max(first, int(span[0])), min(last, int(span[-1])) + 1)}
        return LocalPorts(first, last, frozenset(reserved))

    def close(self) -> None:
        """Close the files."""
        while self._files:
            os.close(self._files.popitem()[1])
