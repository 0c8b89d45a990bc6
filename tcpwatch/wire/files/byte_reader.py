"""A binary file read forward once: what pipes, FIFOs and growing files can do, and no more.

Law of the room: memory is bounded by the largest piece asked for, and what gzip unpacks to is bounded as a whole.
"""

import zlib
from collections.abc import Callable
from typing import Protocol

from tcpwatch.errors import CaptureFileError

CHUNK_BYTES = 1 << 17
MAX_INFLATED_BYTES = 1 << 32
GZIP_WINDOW = zlib.MAX_WBITS | 16
GZIP_MAGIC = b"\x1f\x8b"

Read = Callable[[int], bytes]


class Readable(Protocol):
    """What bytes are read from, as a binary file."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; none at the end."""


class ByteStream:
    """The bytes of a file, unpacked where it is gzip: `buffer[at:]` is what has been read of it and not yet used."""

    def __init__(self, file: Readable) -> None:
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
        """How many bytes into the (unpacked) file `at` stands."""
        return self._passed + self.at

    def fill(self, size: int) -> int:
        """Read until `size` bytes are held, or the file ends; how many are."""
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
    """gzip (RFC 1952), several members in a row included, unpacked a chunk at a time."""

    def __init__(self, read: Read, packed: bytes) -> None:
        self._read_packed = read
        self._packed = packed
        self._member = zlib.decompressobj(GZIP_WINDOW)
        self._inflated_bytes = 0

    def read(self, size: int) -> bytes:
        """Up to `size` unpacked bytes; none where the file ends."""
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
        """Whether there are packed bytes to go on with; opens the next member where one has ended."""
        self._packed = self._packed or self._read_packed(CHUNK_BYTES)
        if self._packed and self._member.eof:
            self._member = zlib.decompressobj(GZIP_WINDOW)
        if not self._packed and not self._member.eof:
            raise CaptureFileError("the gzip data is cut short. What comes before it was read.")
        return bool(self._packed)
