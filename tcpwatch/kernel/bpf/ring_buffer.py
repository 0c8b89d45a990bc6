"""A BPF ring buffer, read from shared memory (Documentation/bpf/ringbuf.rst): no call of the kernel for a record.

Two pages of positions come before the data: this reader's own, which it may write, and the kernel's. The data is mapped
twice in a row, so that what runs over the end lies in one piece. A record is not read before the kernel has taken its
busy mark away.

Law: what is there is copied in one go and its room given back at once. The kernel fills a ring of some hundred thousand
records in a second, and a reader that is short of processor time must not hold up the room that it has read.
"""

import mmap
import os
import struct
from itertools import takewhile

from tcpwatch.kernel.bpf.loader import MAP_MMAPABLE, MapType, create_map

_POSITION = struct.Struct("=Q")
_RECORD_HEADER = struct.Struct("=II")  # length with two marks, offset of the page
_ALIGNED = 8


class RingBuffer:
    """Records from the kernel, all of `record_bytes`, in the order in which they came.

    `size` is in bytes, a power of two.
    """

    def __init__(self, size: int, record_bytes: int) -> None:
        """Raises SourceError where the kernel gives no such memory."""
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
        """How many records found no room, from the beginning."""
        count: int = _POSITION.unpack_from(self._lost)[0]
        return count

    def read(self) -> list[bytes]:
        """What has come since the last time; its room is free again."""
        position: int = _POSITION.unpack_from(self._consumer)[0]
        end: int = _POSITION.unpack_from(self._producer)[0]
        start = mmap.PAGESIZE + (position & self._size - 1)
        length = self._finished(start, start + end - position)
        copied = self._producer[start : start + length]
        _POSITION.pack_into(self._consumer, 0, position + length)
        return [record for (record,) in self._entry.iter_unpack(copied)]

    def _finished(self, start: int, end: int) -> int:
        """How many bytes from `start` are records that the kernel has finished: those up to the first with a mark."""
        with memoryview(self._producer) as shared, shared[start:end].cast("I") as words:
            lengths = words[:: self._entry.size // words.itemsize].tolist()
        unmarked = takewhile(self._record_bytes.__eq__, lengths)
        return sum(1 for _ in unmarked) * self._entry.size

    def close(self) -> None:
        """Give the memory back."""
        for shared in (self._consumer, self._producer, self._lost):
            shared.close()
        os.close(self.map)
        os.close(self.lost_map)
