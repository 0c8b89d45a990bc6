"""TCP counters of a network namespace from /proc/net/netstat (`nstat` reads it too): events that no socket shows.

The file is opened once and read many times. It always shows the namespace in which it was opened.
"""

import os
from pathlib import Path

from tcpwatch.errors import SourceError
from tcpwatch.sockets.counters import ABORTS, REFUSALS

# What was cut short because a limit of the host was reached: TIME-WAITs and memory.
LIMITS_REACHED = ("TCPTimeWaitOverflow", "TCPMemoryPressures")
COUNTERS = (*REFUSALS, *LIMITS_REACHED, *ABORTS)

_GROUP = "TcpExt:"
_WHOLE = 1 << 16  # bytes, several times the size of the file in Linux 6.18


class Netstat:
    """A reader of COUNTERS. One thread uses it."""

    def __init__(self, path: Path = Path("/proc/thread-self/net/netstat")) -> None:
        """Open the file of the calling thread's network namespace; SourceError if there is none."""
        try:
            self._file: int | None = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            raise SourceError(f"{path} cannot be read ({error.strerror}).") from error

    def read(self) -> dict[str, int]:
        """Counter values since the namespace was created; counters that this kernel lacks are left out."""
        if self._file is None:
            return {}
        lines = os.pread(self._file, _WHOLE, 0).decode("ascii", "replace").splitlines()
        names, values = ([line.split() for line in lines if line.startswith(_GROUP)] + [[], []])[:2]
        value_of = dict(zip(names, values, strict=False))
        return {name: int(value_of[name]) for name in COUNTERS if name in value_of}

    def close(self) -> None:
        """Close the file; `read` then returns nothing."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
