"""The shared memory of a ring: records, marks, and the end of the buffer."""

import mmap
import struct

import pytest

from tcpwatch.kernel.bpf import ring_buffer
from tcpwatch.kernel.bpf.ring_buffer import RingBuffer

SIZE = 4096
BUSY, DISCARDED = 1 << 31, 1 << 30


class Shared(bytearray):
    """Memory that both sides see."""

    def close(self) -> None:
        self.clear()


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> RingBuffer:
    """A ring whose memory belongs to the test."""
    monkeypatch.setattr(ring_buffer, "create_map", lambda *_: -1)
    monkeypatch.setattr(ring_buffer.mmap, "mmap", lambda _, length, **__: Shared(length))
    return RingBuffer(SIZE)


def produce(ring: RingBuffer, *records: bytes, mark: int = 0) -> None:
    """Write records as the kernel does; the data is there twice in a row."""
    [position] = struct.unpack_from("=Q", ring._producer)
    for record in records:
        entry = struct.pack("=II", len(record) | mark, 0) + record
        for offset, byte in enumerate(entry):
            place = (position + offset) % SIZE
            ring._producer[mmap.PAGESIZE + place] = ring._producer[mmap.PAGESIZE + SIZE + place] = byte
        position += len(entry) + 7 & ~7
    struct.pack_into("=Q", ring._producer, 0, position)


def test_records_in_order(ring: RingBuffer) -> None:
    produce(ring, b"first", b"the second")
    assert ring.read() == [b"first", b"the second"]
    assert ring.read() == []


def test_records_make_room(ring: RingBuffer) -> None:
    produce(ring, b"12345678")
    ring.read()
    assert struct.unpack_from("=Q", ring._consumer) == (16,)


def test_record_over_the_end_of_the_buffer(ring: RingBuffer) -> None:
    produce(ring, bytes(SIZE - 16))
    ring.read()
    produce(ring, b"runs over the end")
    assert ring.read() == [b"runs over the end"]


def test_record_that_is_being_written(ring: RingBuffer) -> None:
    """It holds up those behind it, and is read once the kernel has finished it."""
    produce(ring, b"done")
    produce(ring, b"busy", mark=BUSY)
    produce(ring, b"more")
    assert ring.read() == [b"done"]
    struct.pack_into("=I", ring._producer, mmap.PAGESIZE + 16, 4)
    assert ring.read() == [b"busy", b"more"]


def test_record_that_was_given_up(ring: RingBuffer) -> None:
    produce(ring, b"never", mark=DISCARDED)
    produce(ring, b"more")
    assert ring.read() == [b"more"]


def test_lost_is_counted_by_the_kernel(ring: RingBuffer) -> None:
    struct.pack_into("=Q", ring._lost, 0, 42)
    assert ring.lost == 42
