"""Reads a BPF ring buffer from shared memory, without a system call per record (Documentation/bpf/ringbuf.rst).

Two pages come before the data: the consumer position, which this reader writes, and the producer position. The data is
mapped twice in a row, so a record that wraps around is contiguous. A record is read only after the kernel has cleared
its busy bit.

Rule: all finished records are copied at once and their space is freed at once. The kernel can fill a ring of a hundred
thousand records in a second, so a slow reader must not keep space that it has already read.
"""

import mmap
import os
import struct
from itertools import takewhile

from tcpwatch.kernel.bpf.loader import MAP_MMAPABLE, MapType, create_map

_POSITION = struct.Struct("=Q")
_RECORD_HEADER = struct.Struct("=II")  # length with two flag bits, page offset
_ALIGNED = 8


class RingBuffer:
    """Records from the kernel, each of `record_bytes`, in order of arrival.

    `size` is in bytes, a power of two.
    """

    def __init__(self, size: int, record_bytes: int) -> None:
        """Raises SourceError if the kernel refuses the maps."""
        self.map = create_map(MapType.RING_BUFFER, 0, 0, size)
        self.lost_map = create_map(MapType.ARRAY, 4, 8, 1, MAP_MMAPABLE)
        self._size = size
        self._record_bytes = record_bytes
        self._entry = struct.Struct(f"={_RECORD_HEADER.size}x{record_bytes}s{-record_bytes % _ALIGNED}x")
        page = mmap.PAGESIZE
        self._consumer = mmap.mmap(self.map, page)
        self._producer = mmap.mmap(self.map, page + 2 * size, prot=mmap.PROT_READ, offset=page)
        self._lost = mmap.mmap(self.lost_map, page, prot=mmap.PROT_READ)

    @property
    def lost(self) -> int:
        """How many records did not fit since the start."""
        count: int = _POSITION.unpack_from(self._lost)[0]
        return count

    def read(self) -> list[bytes]:
        """The records since the last call; their space is freed."""
        position: int = _POSITION.unpack_from(self._consumer)[0]
        end: int = _POSITION.unpack_from(self._producer)[0]
        start = mmap.PAGESIZE + (position & self._size - 1)
        length = self._finished(start, start + end - position)
        copied = self._producer[start : start + length]
        _POSITION.pack_into(self._consumer, 0, position + length)
        return [record for (record,) in self._entry.iter_unpack(copied)]

    def _finished(self, start: int, end: int) -> int:
        """How many bytes from `start` are finished records: those before the first record with a flag bit."""
        with memoryview(self._producer) as shared, shared[start:end].cast("I") as words:
            lengths = words[:: self._entry.size // words.itemsize].tolist()
        unmarked = takewhile(self._record_bytes.__eq__, lengths)
        return sum(1 for _ in unmarked) * self._entry.size

    def close(self) -> None:
        """Unmap the memory and close the maps."""
        for shared in (self._consumer, self._producer, self._lost):
            shared.close()
        os.close(self.map)
        os.close(self.lost_map)
