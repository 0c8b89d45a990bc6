"""The names of kernel functions by address, from /proc/kallsyms.

The file shows addresses only to who may see them when it is opened, so it is opened before privilege is dropped. It has
a hundred thousand lines and is read again for addresses that are new, which are few.
"""

import os
from bisect import bisect_right
from collections.abc import Collection
from pathlib import Path

from tcpwatch.text.clean import clean

READINGS = 32  # of the file, some 70 ms each
_CHUNK = 1 << 20
_ADDRESS_DIGITS = 16


class KernelSymbols:
    """Names by address; what cannot be found is None. One thread uses it."""

    def __init__(self, path: Path = Path("/proc/kallsyms")) -> None:
        try:
            self._file: int | None = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            self._file = None
        self._names: dict[int, str | None] = {}
        self._readings_left = READINGS

    def find(self, addresses: Collection[int]) -> dict[int, str | None]:
        """The function that each address is in."""
        new = [address for address in addresses if address not in self._names]
        if new and self._readings_left and self._file is not None:
            self._readings_left -= 1
            self._names |= _functions_at(new, _lines(self._file))
        return {address: self._names.get(address) for address in addresses}

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _lines(file: int) -> list[bytes]:
    """All lines in order of their addresses, which have the same number of digits."""
    chunks, offset = [], 0
    try:
        while chunk := os.pread(file, _CHUNK, offset):
            chunks.append(chunk)
            offset += len(chunk)
    except OSError:
        return []
    return sorted(b"".join(chunks).splitlines())


def _functions_at(addresses: Collection[int], lines: list[bytes]) -> dict[int, str | None]:
    return {address: _function_at(address, lines) for address in addresses}


def _function_at(address: int, lines: list[bytes]) -> str | None:
    place = bisect_right(lines, b"%016x\xff" % address)
    digits, *rest = lines[place - 1].split() if place else [b""]
    if len(digits) != _ADDRESS_DIGITS or len(rest) < 2 or not int(digits, 16):  # zeros: addresses are hidden
        return None
    return clean(rest[1].decode(errors="replace"))
