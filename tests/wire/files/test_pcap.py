from io import BytesIO

import pytest

from tcpwatch.wire.files.capture_file import read_batches
from tests.wire.captures import MICROSECONDS, NANOSECONDS, pcap_header, pcap_record, records_and_error

MAX_RECORD_BYTES = 262_144


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("magic", "time_ns"), [(MICROSECONDS, 1_000_002_000), (NANOSECONDS, 1_000_000_002)])
def test_pcap_of_each_magic_number(order: str, magic: int, time_ns: int) -> None:
    content = pcap_header(order, magic, link_type=113) + pcap_record(b"frame", order, wire_length=60)
    assert records_and_error(content) == ([(time_ns, 113, b"frame", 60)], None)


def test_pcap_without_records() -> None:
    assert records_and_error(pcap_header()) == ([], None)


@pytest.mark.parametrize("version", [(2, 2), (2, 4)])
@pytest.mark.parametrize(
    ("magic", "fraction", "time_ns", "undated"),
    [
        (MICROSECONDS, 999_999, 1_999_999_000, False),
        (MICROSECONDS, 1_000_000, 1_999_999_000, True),
        (MICROSECONDS, 0xFFFF_FFFF, 1_999_999_000, True),
        (NANOSECONDS, 999_999_999, 1_999_999_999, False),
        (NANOSECONDS, 1_000_000_000, 1_999_999_999, True),
    ],
)
def test_fraction_of_a_second_or_more_is_no_time(
    version: tuple[int, int], magic: int, fraction: int, time_ns: int, undated: bool
) -> None:
    odd = pcap_record(seconds=1, fraction=fraction)
    content = pcap_header(magic=magic, version=version) + pcap_record(seconds=1) + odd
    batches = list(read_batches(BytesIO(content)))
    found = [(one, place in getattr(batch, "undated", ())) for batch in batches for place, one in enumerate(batch)]
    assert [(record[0], marked) for record, marked in found][1:] == [(time_ns, undated)]
    assert not found[0][1]


def test_bits_above_the_link_type_are_left_out() -> None:
    records, _ = records_and_error(pcap_header(link_type=0x2400_0001) + pcap_record())
    assert records[0][1] == 1


def test_record_of_no_bytes() -> None:
    assert records_and_error(pcap_header() + pcap_record(b""))[0] == [(1_000_002_000, 1, b"", 0)]


def test_record_longer_than_its_packet_is_kept() -> None:
    assert records_and_error(pcap_header() + pcap_record(b"frame", wire_length=3))[0][0][2:] == (b"frame", 3)


def test_records_larger_than_a_chunk() -> None:
    frames = [bytes([n]) * size for n, size in enumerate((1, 200_000, 3, MAX_RECORD_BYTES, 70_000))]
    records, error = records_and_error(pcap_header() + b"".join(map(pcap_record, frames)))
    assert [record[2] for record in records] == frames
    assert error is None


@pytest.mark.parametrize("claimed", [MAX_RECORD_BYTES + 1, 0xFFFF_FFFF])
def test_record_beyond_the_limit(claimed: int) -> None:
    content = pcap_header() + pcap_record() * 2 + pcap_record(captured=claimed) + pcap_record()
    records, error = records_and_error(content)
    assert len(records) == 2
    assert error is not None
    assert error.startswith(f"record 3 at byte 66 claims {claimed:,} bytes; the limit is 262,144.")


@pytest.mark.parametrize(("left", "claimed"), [(1, 16), (15, 16), (16, 21), (20, 21)])
def test_record_cut_short(left: int, claimed: int) -> None:
    records, error = records_and_error(pcap_header() + pcap_record() + pcap_record()[:left])
    assert len(records) == 1
    assert error is not None
    assert error.startswith(f"record 2 at byte 45 claims {claimed} bytes; the file ends after {left}.")


def test_header_cut_short() -> None:
    assert records_and_error(pcap_header()[:12]) == (
        [],
        "not a capture file: its pcap header ends after 12 of 24 bytes.",
    )


@pytest.mark.parametrize("version", [(1, 4), (2, 5), (3, 0)])
def test_version_other_than_the_one(version: tuple[int, int]) -> None:
    major, minor = version
    expected = f"a pcap file of version {major}.{minor}: only 2.0 to 2.4 can be read."
    assert records_and_error(pcap_header(version=version) + pcap_record()) == ([], expected)


@pytest.mark.parametrize(
    ("version", "first", "second"),
    [((2, 0), 60, 5), ((2, 2), 60, 5), ((2, 3), 60, 5), ((2, 3), 5, 60)],
    ids=["2.0", "2.2", "2.3, swapped", "2.3"],
)
@pytest.mark.parametrize("order", ["<", ">"])
def test_old_pcap_with_lengths_the_other_way_round(
    order: str, version: tuple[int, int], first: int, second: int
) -> None:
    record = pcap_record(b"frame", order, captured=first, wire_length=second)
    expected = (1_000_002_000, 1, b"frame", 60)
    assert records_and_error(pcap_header(order, version=version) + record * 2) == ([expected] * 2, None)


@pytest.mark.parametrize(
    ("rest", "message"),
    [
        (b"\0" * 9, "record 2 at byte 45 claims 16 bytes; the file ends after 9."),
        (pcap_record(b"", captured=60, wire_length=5), "record 2 at byte 45 claims 21 bytes; the file ends after 16."),
        (pcap_record(b"", captured=1, wire_length=1 << 20), "record 2 at byte 45 claims 1,048,576 bytes; the limit"),
    ],
)
def test_damaged_old_pcap(rest: bytes, message: str) -> None:
    record = pcap_record(b"frame", captured=60, wire_length=5)
    records, error = records_and_error(pcap_header(version=(2, 2)) + record + rest)
    assert len(records) == 1
    assert error is not None
    assert error.startswith(message)
