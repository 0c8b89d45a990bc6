"""A BPF ring buffer, read from shared memory (Documentation/bpf/ringbuf.rst): no call of the kernel for a record.

Two pages of positions come before the data: this reader's own, which it may write, and the kernel's. The data is mapped
twice in a row, so that a record that runs over the end lies in one piece. A record is not read before the kernel has
taken its busy mark away.
"""

import mmap
import os
import struct

from tcpwatch.kernel.bpf.loader import MAP_MMAPABLE, MapType, create_map

_POSITION = struct.Struct("=Q")
_HEADER = struct.Struct("=II")  # length with two marks, offset of the page
_BUSY, _DISCARDED = 1 << 31, 1 << 30
_LENGTH = _DISCARDED - 1


class RingBuffer:
    """Records from the kernel, in the order in which they came; `size` is in bytes, a power of two."""

    def __init__(self, size: int) -> None:
        """Raises SourceError where the kernel gives no such memory."""
        self.map = create_map(MapType.RING_BUFFER, 0, 0, size)
        self.lost_map = create_map(MapType.ARRAY, 4, 8, 1, MAP_MMAPABLE)
        self._size = size
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
        records = []
        position: int = _POSITION.unpack_from(self._consumer)[0]
        end: int = _POSITION.unpack_from(self._producer)[0]
        shared, mask, first = self._producer, self._size - 1, mmap.PAGESIZE + _HEADER.size
        while position < end:
            start = first + (position & mask)
            marked, _ = _HEADER.unpack_from(shared, start - _HEADER.size)
            if marked & _BUSY:
                break
            length = marked & _LENGTH
            if not marked & _DISCARDED:
                records.append(shared[start : start + length])
            position += _HEADER.size + length + 7 & ~7
        _POSITION.pack_into(self._consumer, 0, position)
        return records

    def close(self) -> None:
        """Give the memory back."""
        for shared in (self._consumer, self._producer, self._lost):
            shared.close()
        os.close(self.map)
        os.close(self.lost_map)
