"""Names of the kernel's functions by address, from /proc/kallsyms.

The kernel shows the addresses to whoever could see them when the file was opened, so that is done before privilege is
dropped. It is read when the first address is asked for, because writing its five megabytes costs the kernel a tenth of
a second. The kernel's own symbols come first in it, in the order of their addresses; those of modules follow in none.
"""

import re
from pathlib import Path

from tcpwatch.errors import SourceError

KALLSYMS = Path("/proc/kallsyms")
MOST_NAMES = 4_096  # remembered; threads wait at few addresses
_FUNCTION = re.compile(rb"[0-9a-f]{16} [tTwW] ([^\t\n]+)")
_ADDRESS_DIGITS = 16


class KernelSymbols:
    """Finds the function of the kernel itself in which an address lies."""

    def __init__(self, path: Path = KALLSYMS) -> None:
        """Open the file; SourceError where that is refused."""
        try:
            self._file = open(path, "rb")  # noqa: SIM115 -- closed by `close`
        except OSError as error:
            raise SourceError(f"{path} cannot be read ({error.strerror}).") from error
        self._listed: bytes | None = None
        self._names: dict[int, str | None] = {}

    def name(self, address: int) -> str | None:
        """The function; None in a module, and where the kernel tells no addresses."""
        if address not in self._names:
            if self._listed is None:
                self._listed = _of_kernel(self._file.read())
            if len(self._names) >= MOST_NAMES:
                self._names.clear()
            self._names[address] = _search(self._listed, b"%016x" % address)
        return self._names[address]

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def open_symbols() -> KernelSymbols | None:
    """The symbols, or None where the file cannot be opened."""
    try:
        return KernelSymbols()
    except SourceError:
        return None


def _of_kernel(listed: bytes) -> bytes:
    """The lines without those of modules, and with a newline at the end of each."""
    module = listed.find(b"\t[")
    return listed if module < 0 else listed[: listed.rfind(b"\n", 0, module) + 1]


def _search(listed: bytes, wanted: bytes) -> str | None:
    """The last function that begins at this address or before; None behind the last line, where modules are."""
    low, high = 0, len(listed)  # the beginnings of the first line that may be it, and of the first that is not
    while low < high:
        line = listed.rfind(b"\n", 0, (low + high) // 2) + 1
        if line < low:
            line = low
        following = listed.find(b"\n", line) + 1
        if listed[line : line + _ADDRESS_DIGITS] <= wanted:
            low = following
        else:
            high = line
    while 0 < low < len(listed):
        low = listed.rfind(b"\n", 0, low - 1) + 1
        if (found := _FUNCTION.match(listed, low)) is not None:
            return found[1].decode(errors="replace") if int(listed[low : low + _ADDRESS_DIGITS], 16) else None
    return None
