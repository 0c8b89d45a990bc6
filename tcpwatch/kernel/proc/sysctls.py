"""Current values of the sysctls that control TCP timers and queues.

Each file is opened once and read often, because a change applies to the next timer. It always shows the network
namespace in which it was opened.
"""

import os
from pathlib import Path

# Documentation/networking/ip-sysctl.rst. All of them are per network namespace.
NAMES = (
    *("net.core.somaxconn", "net.ipv4.tcp_max_syn_backlog", "net.ipv4.tcp_syncookies"),
    *("net.ipv4.tcp_syn_retries", "net.ipv4.tcp_synack_retries", "net.ipv4.tcp_syn_linear_timeouts"),
    *("net.ipv4.tcp_retries2", "net.ipv4.tcp_orphan_retries", "net.ipv4.tcp_rto_min_us", "net.ipv4.tcp_rto_max_ms"),
    *("net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_keepalive_intvl", "net.ipv4.tcp_keepalive_probes"),
    *("net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_early_retrans"),
)

_LONGEST = 32  # characters of a number


class Sysctls:
    """A reader of NAMES. One thread uses it."""

    def __init__(self, root: Path = Path("/proc/sys")) -> None:
        """Open the sysctls that this kernel has and this user may read, in the calling thread's network namespace."""
        self._files: dict[str, int] = {}
        for name in NAMES:
            try:
                self._files[name] = os.open(root / name.replace(".", "/"), os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                continue

    def read(self) -> dict[str, int]:
        """Values by name."""
        return {name: int(os.pread(file, _LONGEST, 0)) for name, file in self._files.items()}

    def close(self) -> None:
        """Close the files."""
        while self._files:
            os.close(self._files.popitem()[1])
