"""Capture files for tests, block by block; `order` is `<` or `>`."""

from io import BytesIO
from struct import pack

from tcpwatch.errors import CaptureFileError
from tcpwatch.wire.files.capture_file import read_records
from tcpwatch.wire.files.record import Record

MICROSECONDS = 0xA1B2C3D4
NANOSECONDS = 0xA1B23C4D


def pcap_header(
    order: str = "<", magic: int = MICROSECONDS, version: tuple[int, int] = (2, 4), link_type: int = 1
) -> bytes:
    return pack(order + "IHHiIII", magic, *version, 0, 0, 262_144, link_type)


def pcap_record(data: bytes = b"frame", order: str = "<", seconds: int = 1, fraction: int = 2, **claims: int) -> bytes:
    """`claims` are `captured` and `wire_length`, where they differ from the truth."""
    lengths = claims.get("captured", len(data)), claims.get("wire_length", len(data))
    return pack(order + "IIII", seconds, fraction, *lengths) + data


def block(kind: int, body: bytes, order: str = "<", length: int | None = None, trailer: int | None = None) -> bytes:
    body += bytes(-len(body) % 4)
    true_length = 12 + len(body)
    length = true_length if length is None else length
    return pack(order + "II", kind, length) + body + pack(order + "I", length if trailer is None else trailer)


def section(order: str = "<", version: tuple[int, int] = (1, 0)) -> bytes:
    return block(0x0A0D0D0A, pack(order + "IHHq", 0x1A2B3C4D, *version, -1), order)


def interface(link_type: int = 1, order: str = "<", snaplen: int = 0, options: bytes = b"") -> bytes:
    return block(1, pack(order + "HHI", link_type, 0, snaplen) + options, order)


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def packet(
    data: bytes = b"frame", order: str = "<", number: int = 0, ticks: int = 0, captured: int | None = None
) -> bytes:
    claimed = len(data) if captured is None else captured
    return block(6, pack(order + "5I", number, ticks >> 32, ticks & 0xFFFF_FFFF, claimed, len(data)) + data, order)


def records_and_error(content: bytes) -> tuple[list[Record], str | None]:
    """What a reader gives of a file, and the message it ends with, if it ends with one."""
    records: list[Record] = []
    try:
        for record in read_records(BytesIO(content)):
            records.append(record)
    except CaptureFileError as error:
        return records, str(error)
    return records, None
