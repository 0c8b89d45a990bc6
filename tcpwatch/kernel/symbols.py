"""Names of the kernel's functions by address, from /proc/kallsyms.

The kernel shows the addresses to whoever could see them when the file was opened, so that is done before privilege is
dropped. Reading takes a tenth of a second, so it waits until the first address is asked for.
"""

import os
from array import array
from bisect import bisect_right
from pathlib import Path

from tcpwatch.errors import SourceError

KALLSYMS = Path("/proc/kallsyms")
_FUNCTIONS = (b"t", b"T", b"w", b"W")


class KernelSymbols:
    """Finds the function in which an address lies."""

    def __init__(self, path: Path = KALLSYMS) -> None:
        """Open the file; SourceError where that is refused."""
        try:
            self._file = open(path, "rb")  # noqa: SIM115 -- closed by `close`
        except OSError as error:
            raise SourceError(f"{path} cannot be read ({error.strerror}).") from error
        self._addresses: array[int] | None = None
        self._names: list[bytes] = []

    def name(self, address: int) -> str | None:
        """The function; None where the kernel tells no addresses, or it lies before all functions."""
        if self._addresses is None:
            self._addresses = self._read()
        place = bisect_right(self._addresses, address) - 1
        return self._names[place].decode(errors="replace") if place >= 0 else None

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _read(self) -> "array[int]":
        self._file.seek(0, os.SEEK_SET)
        lines = (line.split(None, 3) for line in self._file)
        found = sorted((int(fields[0], 16), fields[2].rstrip()) for fields in lines if fields[1] in _FUNCTIONS)
        known = [(address, name) for address, name in found if address]
        self._names = [name for _, name in known]
        return array("Q", (address for address, _ in known))


def open_symbols() -> KernelSymbols | None:
    """The symbols, or None where the file cannot be opened."""
    try:
        return KernelSymbols()
    except SourceError:
        return None
