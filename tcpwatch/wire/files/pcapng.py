"""The pcapng format (draft-ietf-opsawg-pcapng): sections, each with its own byte order, interfaces and packets.

Rule: a block is read only if it is complete and both its lengths agree. Names, statistics, secrets, comments and
unknown blocks are skipped.
"""

import struct
from collections.abc import Callable, Iterator
from math import gcd
from struct import Struct
from typing import NamedTuple

from tcpwatch.text.duration import SECOND_NS
from tcpwatch.wire.files.byte_reader import ByteStream
from tcpwatch.wire.files.record import (
    MAX_RECORD_BYTES,
    MAX_TIME_NS,
    InterfaceRecords,
    Record,
    Records,
    cut_short,
    damaged,
    too_long,
)

MAGIC = b"\x0a\x0d\x0d\x0a"
BYTE_ORDERS = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}
SECTION_VERSIONS = ((1, 0), (1, 2))

SECTION_HEADER = 0x0A0D0D0A
INTERFACE_DESCRIPTION = 1
OBSOLETE_PACKET = 2
SIMPLE_PACKET = 3
ENHANCED_PACKET = 6

IF_TSRESOL = 9
IF_TSOFFSET = 14

BLOCK_HEADER_BYTES = 8
BLOCK_TRAILER_BYTES = 4
SMALLEST_BLOCK_BYTES = BLOCK_HEADER_BYTES + BLOCK_TRAILER_BYTES
PACKET_DATA_AT = BLOCK_HEADER_BYTES + 20  # in an enhanced packet
PACKET_BLOCK_BYTES = PACKET_DATA_AT + BLOCK_TRAILER_BYTES  # without data
MAX_BLOCK_BYTES = 16 << 20
MAX_INTERFACES = 4_096
LONG_OFFSET = "interfaces whose clock is centuries off, so their times are the first or the last that can be shown"
BINARY = 0x80
MAX_EXPONENT = {10: 19, 2: 63}


class DamageError(Exception):
    """A block is invalid; the message says why, and the reader adds which block it is."""


class CaptureInterface(NamedTuple):
    """An interface of the file. A time of n ticks is `n * numerator // denominator + offset_ns`."""

    link_type: int
    snaplen: int
    numerator: int
    denominator: int
    offset_ns: int


class Section:
    """The byte order of a section, and the interfaces declared so far."""

    def __init__(self, byte_order: str) -> None:
        self.interfaces: list[CaptureInterface] = []
        self.unpack_block = Struct(byte_order + "II").unpack_from
        self.unpack_length = Struct(byte_order + "I").unpack_from
        self.unpack_version = Struct(byte_order + "4xHH8x").unpack_from
        self.unpack_interface = Struct(byte_order + "H2xI").unpack_from
        self.unpack_option = Struct(byte_order + "HH").unpack_from
        self.unpack_seconds = Struct(byte_order + "q").unpack_from
        self.unpack_enhanced = Struct(byte_order + "5I").unpack_from
        self.unpack_packet_block = Struct(byte_order + "7I").unpack_from
        self.unpack_obsolete = Struct(byte_order + "H2x4I").unpack_from

    def interface(self, number: int) -> CaptureInterface:
        """Interface `number`, from 0; raises DamageError if it is not declared."""
        if number >= len(self.interfaces):
            raise DamageError(f"is a packet of interface {number:,}; {len(self.interfaces):,} are declared")
        return self.interfaces[number]


def read_pcapng(stream: ByteStream) -> Iterator[list[Record]]:
    """The packets of all sections, in the order of the file, in batches. Simple packets have no time: 0 is used."""
    section = Section("<")
    number = 1
    while True:
        if plain := _plain_packets(stream, section):
            yield plain
            number += len(plain)
        if not stream.fill(1):
            return
        offset = stream.offset
        try:
            section = _section_at(stream) or section
            kind, body = _next_block(stream, section)
            reader = BLOCKS.get(kind)
            record = reader(section, body) if reader else None
            if kind == INTERFACE_DESCRIPTION and abs(section.interfaces[-1].offset_ns) > MAX_TIME_NS:
                stream.remarks[LONG_OFFSET] += 1
        except DamageError as claim:
            raise damaged("block", number, offset, str(claim)) from None
        except struct.error:
            raise damaged("block", number, offset, "is too short for its kind") from None
        if record is not None:
            yield _with_interface(record, kind, body, section)
        number += 1


def _plain_packets(stream: ByteStream, section: Section) -> list[Record]:
    """The next enhanced packets that are completely buffered and have no irregularity.

    Nearly all of a file is read here, with one unpack per packet; the slow path reads everything else.
    """
    records: list[Record] = []
    numbers: list[int] = []
    buffer, at = stream.buffer, stream.at
    size = min(len(buffer), at + MAX_RECORD_BYTES)  # so no packet read here can exceed the limit
    unpack, unpack_length, interfaces = section.unpack_packet_block, section.unpack_length, section.interfaces
    while (start := at + PACKET_DATA_AT) < size:
        kind, length, interface, high, low, captured, wire_length = unpack(buffer, at)
        end = at + length
        if kind != ENHANCED_PACKET or length % 4 or end > size or interface >= len(interfaces):
            break
        if captured > length - PACKET_BLOCK_BYTES or unpack_length(buffer, end - BLOCK_TRAILER_BYTES)[0] != length:
            break
        link_type, _, numerator, denominator, offset_ns = interfaces[interface]
        time_ns = (high << 32 | low) * numerator // denominator + offset_ns
        if not 0 <= time_ns <= MAX_TIME_NS:
            break
        records.append((time_ns, link_type, buffer[start : start + captured], wire_length))
        numbers.append(interface)
        at = end
    stream.at = at
    return InterfaceRecords(records, numbers) if len(interfaces) > 1 else records


def _with_interface(record: Record, kind: int, body: bytes, section: Section) -> list[Record]:
    undated = (0,) if kind == SIMPLE_PACKET or record[0] == MAX_TIME_NS else ()
    if kind != ENHANCED_PACKET or len(section.interfaces) < 2:
        return Records([record], undated)
    return InterfaceRecords([record], section.unpack_length(body)[:1], undated)


def _section_at(stream: ByteStream) -> Section | None:
    """The section that begins here, if any. Its byte order is needed even to read its length."""
    if stream.fill(SMALLEST_BLOCK_BYTES) < SMALLEST_BLOCK_BYTES or not stream.buffer.startswith(MAGIC, stream.at):
        return None
    mark = stream.buffer[stream.at + BLOCK_HEADER_BYTES : stream.at + SMALLEST_BLOCK_BYTES]
    if mark not in BYTE_ORDERS:
        raise DamageError(f"has the byte-order mark {mark.hex()}, which is neither of the two there are")
    return Section(BYTE_ORDERS[mark])


def _next_block(stream: ByteStream, section: Section) -> tuple[int, bytes]:
    """Kind and body of the block that begins here; the stream moves past it."""
    if (held := stream.fill(SMALLEST_BLOCK_BYTES)) < SMALLEST_BLOCK_BYTES:
        raise DamageError(cut_short(SMALLEST_BLOCK_BYTES, held))
    kind, length = section.unpack_block(stream.buffer, stream.at)
    if length > MAX_BLOCK_BYTES:
        raise DamageError(too_long(length, MAX_BLOCK_BYTES))
    if length < SMALLEST_BLOCK_BYTES or length % 4:
        raise DamageError(f"claims {length} bytes; a block has 12 or more, in fours")
    if (held := stream.fill(length)) < length:
        raise DamageError(cut_short(length, held))
    start = stream.at + BLOCK_HEADER_BYTES
    end = stream.at + length - BLOCK_TRAILER_BYTES
    (length_again,) = section.unpack_length(stream.buffer, end)
    if length_again != length:
        raise DamageError(f"claims {length:,} bytes where it begins and {length_again:,} where it ends")
    stream.at += length
    return kind, stream.buffer[start:end]


def _section_header(section: Section, body: bytes) -> None:
    version = section.unpack_version(body)
    if version not in SECTION_VERSIONS:
        raise DamageError("begins a section of version {}.{}; only 1.0 can be read".format(*version))


def _interface_description(section: Section, body: bytes) -> None:
    if len(section.interfaces) >= MAX_INTERFACES:
        raise DamageError(f"declares one interface more than the limit of {MAX_INTERFACES:,}")
    link_type, snaplen = section.unpack_interface(body)
    options = dict(_options(section, body, 8))
    base, exponent = 10, 6
    if resolution := options.get(IF_TSRESOL):
        base, exponent = 2 if resolution[0] & BINARY else 10, resolution[0] & ~BINARY
    if exponent > MAX_EXPONENT[base]:
        raise DamageError(f"claims a clock of {base} to the power of {exponent} ticks a second")
    seconds = section.unpack_seconds(options[IF_TSOFFSET])[0] if IF_TSOFFSET in options else 0
    common = gcd(SECOND_NS, frequency := base**exponent)
    section.interfaces.append(
        CaptureInterface(link_type, snaplen, SECOND_NS // common, frequency // common, seconds * SECOND_NS)
    )


def _options(section: Section, body: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Code and value of each option; a value is cut off at the end of the block."""
    while at + 4 <= len(body):
        code, length = section.unpack_option(body, at)
        yield code, body[at + 4 : at + 4 + length]
        at += 4 + (length + 3 & ~3)


def _enhanced_packet(section: Section, body: bytes) -> Record:
    number, high, low, captured, wire_length = section.unpack_enhanced(body)
    return _record(section.interface(number), high << 32 | low, body[20:], captured, wire_length)


def _obsolete_packet(section: Section, body: bytes) -> Record:
    number, high, low, captured, wire_length = section.unpack_obsolete(body)
    return _record(section.interface(number), high << 32 | low, body[20:], captured, wire_length)


def _simple_packet(section: Section, body: bytes) -> Record:
    """The data of the block up to the interface's snaplen; a snaplen of 0 means no limit."""
    (wire_length,) = section.unpack_length(body)
    interface = section.interface(0)
    captured = min(wire_length, interface.snaplen or wire_length)
    return _record(interface, 0, body[4:], captured, wire_length)


def _record(interface: CaptureInterface, ticks: int, data: bytes, captured: int, wire_length: int) -> Record:
    if captured > MAX_RECORD_BYTES:
        raise DamageError(f"is a packet that {too_long(captured, MAX_RECORD_BYTES)}")
    if captured > len(data):
        raise DamageError(f"is a packet that claims {captured:,} bytes; the block has {len(data):,}")
    link_type, _, numerator, denominator, offset_ns = interface
    time_ns = ticks * numerator // denominator + offset_ns
    return min(max(0, time_ns), MAX_TIME_NS), link_type, data[:captured], wire_length


BLOCKS: dict[int, Callable[[Section, bytes], Record | None]] = {
    SECTION_HEADER: _section_header,
    INTERFACE_DESCRIPTION: _interface_description,
    OBSOLETE_PACKET: _obsolete_packet,
    SIMPLE_PACKET: _simple_packet,
    ENHANCED_PACKET: _enhanced_packet,
}
