from struct import pack

import pytest

from tests.wire.captures import records_and_error

DAY_NS = 1_119_916_800_000_000_000  # 2005-06-28
DATE = 25 << 9 | 6 << 5 | 28


def dos_record(kind: int, body: bytes) -> bytes:
    return pack("<HHH", kind, len(body), 0) + body


def dos(*records: bytes, date: int = DATE, network: int = 1, packed: int = 1, unit: int = 5) -> bytes:
    version = dos_record(1, pack("<HHHHBBBB6x", 4, 0, 0, date, 4, network, packed, unit))
    return b"TRSNIFF data    \x1a" + version + b"".join(records)


def dos_frame(true_bytes: int = 0, data: bytes = b"frame") -> bytes:
    return dos_record(4, pack("<HHBBHxxHxx", 7, 1, 0, 1, len(data), true_bytes) + data)


def windows(version: bytes, body: bytes, first: int = 128, network: int = 0, unit: int = 0, own: int = 0) -> bytes:
    start = (
        b"XCP\0"
        + version
        + b"\0"
        + pack("<I8xII12xHxxB3xII16xI", 100, first, 128 + len(body), network, unit, 5, 0, own)
    )
    return start + bytes(128 - len(start)) + body


def windows_frame(padding: int, data: bytes = b"frame", captured: int | None = None) -> bytes:
    return pack("<QHH", 1_005, 60, len(data) if captured is None else captured) + bytes(padding) + data


def test_dos_frames_until_the_end_record() -> None:
    content = dos(dos_frame(), dos_record(9, b"?"), dos_frame(60), dos_record(3, b""), b"whatever")
    time_ns = DAY_NS + 86_400_000_000_000 + 65_543_000
    assert records_and_error(content) == ([(time_ns, 1, b"frame", 5), (time_ns, 1, b"frame", 60)], None)


def test_dos_date_and_network_that_are_unknown() -> None:
    assert records_and_error(dos(dos_frame(), date=0, network=7))[0][0][:2] == (86_400_065_543_000, 0x10007)


@pytest.mark.parametrize(
    ("version", "padding", "unit", "own", "step_ns"),
    [(b"001.100", 16, 0, 0, 1_000_000), (b"002.001", 28, 0, 0, 1_000_000), (b"002.003", 28, 2, 1_000, 1_000_000_000)],
)
def test_windows_frames(version: bytes, padding: int, unit: int, own: int, step_ns: int) -> None:
    content = windows(version, windows_frame(padding) * 2, unit=unit, own=own)
    assert records_and_error(content) == ([(100_000_000_000 + step_ns, 1, b"frame", 60)] * 2, None)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (dos(packed=2), "a Sniffer file that is packed"),
        (dos(dos_frame()[:9]), "record 2 at byte 41 claims 25 bytes; the file ends after 9."),
        (dos(b"\4\0"), "record 2 at byte 41 claims 6 bytes; the file ends after 2."),
        (b"XCP\0" + bytes(9), "not a capture file: its header ends after 13 of 128 bytes."),
        (windows(b"009.000", b""), "a Sniffer file of a version or order that is not read"),
        (windows(b"001.100", b"", first=999), "a Sniffer file of a version or order that is not read"),
        (windows(b"001.100", bytes(9)), "record 1 at byte 128 claims 28 bytes; the file ends after 9."),
        (windows(b"001.100", windows_frame(16, captured=99)), "record 1 at byte 128 claims 127 bytes"),
    ],
)
def test_damaged_sniffer_file(content: bytes, message: str) -> None:
    records, error = records_and_error(content)
    assert records == []
    assert error is not None
    assert error.startswith(message)
