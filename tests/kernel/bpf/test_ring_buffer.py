"""The shared memory of a ring: records, marks, and the end of the buffer."""

import mmap
import struct

import pytest

from tcpwatch.kernel.bpf import ring_buffer
from tcpwatch.kernel.bpf.ring_buffer import RingBuffer

SIZE = 4096
BUSY = 1 << 31
RECORD_BYTES = 12
ENTRY_BYTES = 24  # with what stands before it, and up to the next eight


class Shared(bytearray):
    """Memory that both sides see."""

    def close(self) -> None:
        self.clear()


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> RingBuffer:
    """A ring whose memory belongs to the test."""
    monkeypatch.setattr(ring_buffer, "create_map", lambda *_: -1)
    monkeypatch.setattr(ring_buffer.mmap, "mmap", lambda _, length, **__: Shared(length))
    return RingBuffer(SIZE, RECORD_BYTES)


def produce(ring: RingBuffer, *records: bytes, mark: int = 0) -> list[bytes]:
    """Write records, filled up to their length, as the kernel does; the data is there twice in a row."""
    [position] = struct.unpack_from("=Q", ring._producer)
    records = tuple(record.ljust(RECORD_BYTES) for record in records)
    for record in records:
        entry = struct.pack("=II", len(record) | mark, 0) + record
        for offset, byte in enumerate(entry):
            place = (position + offset) % SIZE
            ring._producer[mmap.PAGESIZE + place] = ring._producer[mmap.PAGESIZE + SIZE + place] = byte
        position += ENTRY_BYTES
    struct.pack_into("=Q", ring._producer, 0, position)
    return list(records)


def test_records_in_order(ring: RingBuffer) -> None:
    written = produce(ring, b"first", b"the second")
    assert ring.read() == written
    assert ring.read() == []


def test_records_make_room(ring: RingBuffer) -> None:
    produce(ring, b"one", b"two")
    ring.read()
    assert struct.unpack_from("=Q", ring._consumer) == (2 * ENTRY_BYTES,)


def test_record_over_the_end_of_the_buffer(ring: RingBuffer) -> None:
    before_the_end = SIZE // ENTRY_BYTES
    assert SIZE % ENTRY_BYTES
    assert len(produce(ring, *[b"x"] * before_the_end)) == len(ring.read())
    assert ring.read() == []
    written = produce(ring, b"over the end", b"after it")
    assert ring.read() == written


def test_record_that_is_being_written(ring: RingBuffer) -> None:
    """It holds up those behind it, and is read once the kernel has finished it."""
    done = produce(ring, b"done")
    busy = produce(ring, b"busy", mark=BUSY)
    more = produce(ring, b"more")
    assert ring.read() == done
    struct.pack_into("=I", ring._producer, mmap.PAGESIZE + ENTRY_BYTES, RECORD_BYTES)
    assert ring.read() == [*busy, *more]


def test_lost_is_counted_by_the_kernel(ring: RingBuffer) -> None:
    struct.pack_into("=Q", ring._lost, 0, 42)
    assert ring.lost == 42
