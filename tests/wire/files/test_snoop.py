from struct import pack

import pytest

from tests.wire.captures import records_and_error


def header(version: int = 2, data_link: int = 4) -> bytes:
    return b"snoop\0\0\0" + pack("!II", version, data_link)


def record(data: bytes = b"frame", padding: int = 3, captured: int | None = None) -> bytes:
    captured = len(data) if captured is None else captured
    return pack("!6I", 60, captured, 24 + captured + padding, 0, 1, 2) + data + bytes(padding)


def test_snoop_records_without_their_padding() -> None:
    one = (1_000_002_000, 1, b"frame", 60)
    assert records_and_error(header() + record() * 2) == ([one, one], None)


@pytest.mark.parametrize(("data_link", "link_type"), [(0, 1), (4, 1), (8, 10), (99, 0x10063)])
def test_snoop_data_link(data_link: int, link_type: int) -> None:
    assert records_and_error(header(data_link=data_link) + record())[0][0][1] == link_type


def test_snoop_whose_last_padding_is_missing() -> None:
    assert records_and_error(header() + record(padding=0))[1] is None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (header(3), "a snoop file of version 3: only 2 can be read."),
        (header() + record() + record()[:9], "record 2 at byte 48 claims 24 bytes; the file ends after 9."),
        (header() + record() + record()[:26], "record 2 at byte 48 claims 32 bytes; the file ends after 26."),
        (header() + record(captured=1 << 20), "record 1 at byte 16 claims 1,048,576 bytes; the limit is 262,144."),
        (header() + record(padding=99), "record 1 at byte 16 claims 128 bytes for a packet of 5."),
    ],
)
def test_damaged_snoop(content: bytes, message: str) -> None:
    error = records_and_error(content)[1]
    assert error is not None
    assert error.startswith(message)
