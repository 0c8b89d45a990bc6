"""Counters of a network namespace's TCP from /proc/net/netstat, what `nstat` reads: events that no socket tells.

The file is opened once and read again and again. It goes on telling of the namespace that it was opened in, whatever
this process becomes afterwards.
"""

import os
from pathlib import Path

from tcpwatch.errors import SourceError

# What a listener refuses, and what it answers with SYN cookies (Documentation/networking/snmp_counter.rst).
COUNTERS = ("ListenOverflows", "ListenDrops", "TCPReqQFullDrop", "TCPReqQFullDoCookies", "SyncookiesSent")

_GROUP = "TcpExt:"
_WHOLE = 1 << 16  # bytes, several times what Linux 6.18 has to say


class Netstat:
    """A reader of COUNTERS. One thread uses it."""

    def __init__(self, path: Path = Path("/proc/thread-self/net/netstat")) -> None:
        """Open the file of the calling thread's network namespace; SourceError where there is none."""
        try:
            self._file: int | None = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise SourceError(f"{path} cannot be read ({error.strerror}).") from error

    def read(self) -> dict[str, int]:
        """Each counter's value since the namespace began; those that this kernel lacks are left out."""
        if self._file is None:
            return {}
        lines = os.pread(self._file, _WHOLE, 0).decode("ascii", "replace").splitlines()
        names, values = ([line.split() for line in lines if line.startswith(_GROUP)] + [[], []])[:2]
        found = dict(zip(names, values, strict=False))
        return {name: int(found[name]) for name in COUNTERS if name in found}

    def close(self) -> None:
        """Close the file; nothing is read any more."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
