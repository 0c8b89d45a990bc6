import gzip
import os
import threading
from collections import Counter
from io import BytesIO
from pathlib import Path
from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpwatch.wire.files.capture_file import FORMAT_READERS, read_batches, read_records
from tests.wire.captures import block, interface, option, packet, pcap_header, pcap_record, records_and_error, section

PCAP = pcap_header() + pcap_record(b"one") + pcap_record(b"two")
PCAPNG = section() + interface() + packet(b"one") + packet(b"two")
NO_CAPTURE = "not a capture file: pcap, pcapng, snoop, ERF, NetMon and Sniffer can be read, also in gzip."


@pytest.mark.parametrize("content", [PCAP, PCAPNG], ids=["pcap", "pcapng"])
@pytest.mark.parametrize("packed", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_format_follows_from_the_first_bytes(content: bytes, packed: type[bytes]) -> None:
    records, error = records_and_error(packed(content))
    assert [record[2] for record in records] == [b"one", b"two"]
    assert error is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a capture file: it is empty."),
        (b"\xd4\xc3", NO_CAPTURE),
        (b"time,flags\n1,SYN\n", NO_CAPTURE),
        (bytes(1000), NO_CAPTURE),
        (b"\x1b]0;owned\x07", NO_CAPTURE),
        (b"root:$6$salt$hash", NO_CAPTURE),
        (b"snoop\0\0\0\0\0\0\2", "not a capture file: its snoop header ends after 12 of 16 bytes."),
        (b"btsnoop\0" + bytes(9), "unsupported format: Bluetooth's snoop"),
        (b"\xa1\xb2\xcd\x34" + bytes(20), "unsupported format: modified pcap"),
        (b"\x34\xcd\xb2\xa1" + bytes(20), "unsupported format: modified pcap"),
        (b"\x28\xb5\x2f\xfd" + bytes(20), "unsupported format: zstd: unpack it first"),
        (b"\x04\x22\x4d\x18" + bytes(20), "unsupported format: lz4"),
        (b"\xfd7zXZ\0" + bytes(20), "unsupported format: xz"),
        (b"BZh9" + bytes(20), "unsupported format: bzip2"),
        (b"PK\3\4" + bytes(20), "unsupported format: zip"),
        (gzip.compress(gzip.compress(PCAP, mtime=0), mtime=0), "not a capture file"),
    ],
)
def test_file_of_no_known_format_is_named(content: bytes, message: str) -> None:
    records, error = records_and_error(content)
    assert records == []
    assert error is not None
    assert error.startswith(message)


def test_records_come_as_they_are_written_into_a_fifo(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    read = threading.Event()

    def write() -> None:
        with path.open("wb", buffering=0) as fifo:
            fifo.write(pcap_header() + pcap_record(b"one"))
            assert read.wait(10)
            fifo.write(pcap_record(b"two"))

    writer = threading.Thread(target=write)
    writer.start()
    with path.open("rb") as fifo:
        records = read_records(fifo)
        assert next(records)[2] == b"one"
        read.set()
        assert [record[2] for record in records] == [b"two"]
    writer.join()


@given(magic=st.sampled_from([b"", *FORMAT_READERS, b"\x1f\x8b\x08\x00"]), rest=st.binary(max_size=400))
def test_arbitrary_bytes_raise_nothing_but_the_domain_error(magic: bytes, rest: bytes) -> None:
    records_and_error(magic + rest)


@given(
    content=st.sampled_from(
        [PCAP, PCAPNG, PCAPNG + section(">") + interface(101, ">") + packet(b"three", ">"), gzip.compress(PCAP)]
    ),
    flips=st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 255)), max_size=6),
)
def test_damaged_file_raises_nothing_but_the_domain_error(content: bytes, flips: list[tuple[int, int]]) -> None:
    damaged = bytearray(content)
    for position, mask in flips:
        damaged[position % len(damaged)] ^= mask
    records_and_error(bytes(damaged))


@pytest.mark.parametrize("content", [PCAP, PCAPNG + block(5, b""), gzip.compress(PCAP)], ids=["pcap", "pcapng", "gzip"])
def test_every_prefix_gives_a_prefix_of_the_records(content: bytes) -> None:
    whole, error = records_and_error(content)
    assert error is None
    for length in range(len(content)):
        records, _ = records_and_error(content[:length])
        assert records == whole[: len(records)]


@pytest.mark.parametrize(
    ("content", "remark", "count"),
    [
        (pcap_header() + pcap_record(fraction=1_000_000) + pcap_record(fraction=999_999), "fraction of a second", 1),
        (pcap_header(version=(2, 2)) + pcap_record(fraction=1_000_000), "fraction of a second", 1),
        (pcap_header(link_type=0x0030_0001) + pcap_record(), "link types with reserved bits", 1),
        (section() + interface(options=option(14, b"\xff" * 7 + b"\x7f")) + packet(), "centuries off", 1),
    ],
)
def test_irregular_record_is_read_and_remarked(content: bytes, remark: str, count: int) -> None:
    remarks: Counter[str] = Counter()
    assert list(read_batches(BytesIO(content), remarks))
    [(said, times)] = remarks.items()
    assert remark in said
    assert times == count


@pytest.mark.parametrize(
    "content",
    [
        PCAP,
        PCAPNG,
        pcap_header(link_type=0x2400_0001) + pcap_record(),  # the length of a frame check sequence
        section() + interface(options=option(14, pack("<q", -3600))) + packet(),
    ],
)
def test_regular_file_is_not_remarked(content: bytes) -> None:
    remarks: Counter[str] = Counter()
    assert list(read_batches(BytesIO(content), remarks))
    assert not remarks
