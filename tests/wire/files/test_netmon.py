from struct import pack

import pytest

from tests.wire.captures import records_and_error

START_NS = 1_120_000_000_000_000_000  # 2005-06-28 23:06:40 UTC


def netmon(major: int, minor: int, frames: list[bytes], network: int = 1, month: int = 6) -> bytes:
    body, places = b"", []
    for frame in frames:
        places.append(128 + len(body))
        body += frame
    date = pack("<8H", 2005, month, 2, 28, 23, 6, 40, 0)
    magic = b"RTSS" if major == 1 else b"GMBU"
    header = magic + pack("<BBH", minor, major, network) + date + pack("<II", 128 + len(body), 4 * len(places))
    return header + bytes(128 - len(header)) + body + b"".join(pack("<I", place) for place in places)


def old(data: bytes = b"frame") -> bytes:
    return pack("<IHH", 1_500, 60, len(data)) + data


def new(data: bytes = b"frame", network: bytes = b"") -> bytes:
    return pack("<QII", 1_500, 60, len(data)) + data + network


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (netmon(1, 1, [old(), old()]), (START_NS + 1_500_000_000, 1, b"frame", 60)),
        (netmon(2, 0, [new(), new()], 3), (START_NS + 1_500_000, 10, b"frame", 60)),
        (netmon(2, 1, [new(network=b"\x65\xe0")] * 2), (START_NS + 1_500_000, 101, b"frame", 60)),
        (netmon(2, 0, [new(), new()], 12), (START_NS + 1_500_000, 0x1000C, b"frame", 60)),
        (netmon(2, 0, [new(), new()], month=13), (1_500_000, 1, b"frame", 60)),
    ],
    ids=["1.1", "2.0, FDDI", "2.1, a network each", "network unknown", "date that cannot be"],
)
def test_netmon_frames(content: bytes, expected: tuple[int, int, bytes, int]) -> None:
    assert records_and_error(content) == ([expected, expected], None)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"GMBU" + bytes(9), "not a capture file: its header ends after 13 of 32 bytes."),
        (b"GMBU" + pack("<BB", 0, 9) + bytes(40), "a Network Monitor file of version 9.0"),
        (netmon(2, 0, [new()])[:24] + pack("<II", 1 << 31, 4), "a Network Monitor file of 2,147,483,652 bytes"),
        (netmon(1, 1, [pack("<IHH", 0, 9, 900)]), "frame 1 at byte 128 claims 900 bytes"),
        (netmon(2, 0, [pack("<QII", 0, 9, 1 << 20)]), "frame 1 at byte 128 claims 1,048,576 bytes; the limit"),
        (netmon(1, 1, [old()])[:-4] + pack("<I", 9_999), "frame 1 at byte 9,999 begins behind the end"),
    ],
)
def test_damaged_netmon(content: bytes, message: str) -> None:
    records, error = records_and_error(content)
    assert records == []
    assert error is not None
    assert error.startswith(message)
