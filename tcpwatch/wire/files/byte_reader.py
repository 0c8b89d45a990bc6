"""Reads a binary file forward once, so that pipes, FIFOs and growing files work.

Rule: memory is bounded by the largest requested piece; the total unpacked size of a gzip file is limited.
"""

import zlib
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from tcpwatch.errors import CaptureFileError

CHUNK_BYTES = 1 << 17
MAX_INFLATED_BYTES = 1 << 32
GZIP_WINDOW = zlib.MAX_WBITS | 16
GZIP_MAGIC = b"\x1f\x8b"

Read = Callable[[int], bytes]


class Readable(Protocol):
    """A source of bytes, such as a binary file."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; empty at the end."""


class ByteStream:
    """The bytes of a file, unpacked if it is gzip. `buffer[at:]` has been read and not yet used.

    `remarks` counts what is irregular in it and can be read all the same.
    """

    def __init__(self, file: Readable, remarks: Counter[str] | None = None) -> None:
        self.remarks = Counter() if remarks is None else remarks
        self.buffer = b""
        self.at = 0
        self._read: Read = getattr(file, "read1", file.read)
        self._passed = 0
        self.fill(len(GZIP_MAGIC))
        if self.buffer.startswith(GZIP_MAGIC):
            self._read = Gunzip(self._read, self.buffer).read
            self.buffer = b""

    @property
    def offset(self) -> int:
        """The position of `at` in the (unpacked) file."""
        return self._passed + self.at

    def fill(self, size: int) -> int:
        """Read until `size` bytes are buffered or the file ends; returns how many are buffered."""
        held = len(self.buffer) - self.at
        if held >= size:
            return held
        pieces = [self.buffer[self.at :]]
        while held < size and (piece := self._read(CHUNK_BYTES)):
            pieces.append(piece)
            held += len(piece)
        self._passed += self.at
        self.buffer, self.at = b"".join(pieces), 0
        return held


class Gunzip:
    """gzip (RFC 1952), with one or more members, unpacked in chunks."""

    def __init__(self, read: Read, packed: bytes) -> None:
        self._read_packed = read
        self._packed = packed
        self._member = zlib.decompressobj(GZIP_WINDOW)
        self._inflated_bytes = 0

    def read(self, size: int) -> bytes:
        """Up to `size` unpacked bytes; empty at the end."""
        inflated = b""
        while not inflated and self._refill():
            try:
                inflated = self._member.decompress(self._packed, size)
            except zlib.error as error:
                raise CaptureFileError(f"the gzip data is damaged ({error}). What comes before it was read.") from error
            self._packed = self._member.unconsumed_tail or self._member.unused_data
        self._inflated_bytes += len(inflated)
        if self._inflated_bytes > MAX_INFLATED_BYTES:
            raise CaptureFileError(f"the gzip data unpacks to more than {MAX_INFLATED_BYTES:,} bytes: gunzip it first.")
        return inflated

    def _refill(self) -> bool:
        """Whether there are packed bytes left; starts the next member if one has ended."""
        self._packed = self._packed or self._read_packed(CHUNK_BYTES)
        if self._packed and self._member.eof:
            self._member = zlib.decompressobj(GZIP_WINDOW)
        if not self._packed and not self._member.eof:
            raise CaptureFileError("the gzip data is cut short. What comes before it was read.")
        return bool(self._packed)
