"""The sysctls that set TCP's timers and queues, as they are now.

Each file is opened once and read again and again, for a change counts from the next timer on. It goes on telling of
the network namespace that it was opened in.
"""

import os
from pathlib import Path

# Documentation/networking/ip-sysctl.rst. All of them belong to a network namespace.
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
        """Open those that this kernel has and this user may read, of the calling thread's network namespace."""
        self._files: dict[str, int] = {}
        for name in NAMES:
            try:
                self._files[name] = os.open(root / name.replace(".", "/"), os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                continue

    def read(self) -> dict[str, int]:
        """Their values by name."""
        return {name: int(os.pread(file, _LONGEST, 0)) for name, file in self._files.items()}

    def close(self) -> None:
        """Close the files."""
        while self._files:
            os.close(self._files.popitem()[1])
