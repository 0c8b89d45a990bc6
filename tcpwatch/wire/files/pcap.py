"""The classic pcap format (draft-ietf-opsawg-pcap): a file header, then records of one link type.

Rule: only complete records are returned. A fraction of a second or more makes a time invalid, as in Wireshark: the end
of its second stands for it, so that the order of what comes before and after stays.
"""

from collections.abc import Iterator
from struct import Struct

from tcpwatch.errors import CaptureFileError
from tcpwatch.text.duration import SECOND_NS
from tcpwatch.wire.files.byte_reader import ByteStream
from tcpwatch.wire.files.record import MAX_RECORD_BYTES, Record, Records, cut_short, damaged, too_long

# Magic number: byte order, and nanoseconds per unit of the fraction field.
MAGICS = {
    b"\xd4\xc3\xb2\xa1": ("<", 1_000),
    b"\xa1\xb2\xc3\xd4": (">", 1_000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
FILE_HEADER = "4xHH12xI"
RECORD_HEADER = "IIII"
VERSIONS = ((2, 0), (2, 1), (2, 2), (2, 3), (2, 4))
LENGTHS_MAY_BE_SWAPPED = (2, 3)  # before this the wire length came first; in this version there are both (libpcap)
LINK_TYPE_BITS = 0xFFFF  # the others describe the frame check sequence, which the IP length excludes anyway
RESERVED_BITS = 0x0BFF_0000  # to be zero
RESERVED = "link types with reserved bits, which were left out"
LONG_FRACTION = "times whose fraction of a second is a second or more, so they are not certain"


def read_pcap(stream: ByteStream) -> Iterator[list[Record]]:
    """The records of a file whose magic number is one of `MAGICS`, in batches."""
    stream.fill(4)
    byte_order, fraction_ns = MAGICS[stream.buffer[:4]]
    header = Struct(byte_order + FILE_HEADER)
    if (held := stream.fill(header.size)) < header.size:
        raise CaptureFileError(f"not a capture file: its pcap header ends after {held} of {header.size} bytes.")
    major, minor, link_type = header.unpack_from(stream.buffer)
    if link_type & RESERVED_BITS:
        stream.remarks[RESERVED] += 1
    version = major, minor
    if version not in VERSIONS:
        raise CaptureFileError(f"a pcap file of version {major}.{minor}: only 2.0 to 2.4 can be read.")
    stream.at = header.size
    if version <= LENGTHS_MAY_BE_SWAPPED:
        return _old_records(
            stream, Struct(byte_order + RECORD_HEADER), fraction_ns, link_type & LINK_TYPE_BITS, version
        )
    return _records(stream, Struct(byte_order + RECORD_HEADER), fraction_ns, link_type & LINK_TYPE_BITS)


def _records(stream: ByteStream, header: Struct, fraction_ns: int, link_type: int) -> Iterator[list[Record]]:
    unpack, header_bytes, units = header.unpack_from, header.size, SECOND_NS // fraction_ns
    number = 1
    need = header_bytes
    while (held := stream.fill(need)) >= need:
        records: list[Record] = []
        undated: list[int] = []
        buffer, at, need, claim = stream.buffer, stream.at, header_bytes, ""
        size = len(buffer)
        while (start := at + header_bytes) <= size:
            seconds, fraction, captured, wire_length = unpack(buffer, at)
            end = start + captured
            if captured > MAX_RECORD_BYTES:
                claim = too_long(captured, MAX_RECORD_BYTES)
                break
            if end > size:
                need = end - at
                break
            if fraction >= units:
                stream.remarks[LONG_FRACTION] += 1
                undated.append(len(records))
                fraction = units - 1
            records.append((seconds * SECOND_NS + fraction * fraction_ns, link_type, buffer[start:end], wire_length))
            at = end
        stream.at = at
        number += len(records)
        if records:
            yield Records(records, undated) if undated else records
        if claim:
            raise damaged("record", number, stream.offset, claim)
    if held:
        raise damaged("record", number, stream.offset, cut_short(need, held))


def _old_records(
    stream: ByteStream, header: Struct, fraction_ns: int, link_type: int, version: tuple[int, int]
) -> Iterator[list[Record]]:
    """Records before version 2.4: the wire length first, or, in version 2.3, whichever is less was captured."""
    number = 1
    while held := stream.fill(header.size):
        if held < header.size:
            raise damaged("record", number, stream.offset, cut_short(header.size, held))
        seconds, fraction, captured, wire_length = header.unpack_from(stream.buffer, stream.at)
        if version < LENGTHS_MAY_BE_SWAPPED or captured > wire_length:
            captured, wire_length = wire_length, captured
        if captured > MAX_RECORD_BYTES:
            raise damaged("record", number, stream.offset, too_long(captured, MAX_RECORD_BYTES))
        if (held := stream.fill(header.size + captured)) < header.size + captured:
            raise damaged("record", number, stream.offset, cut_short(header.size + captured, held))
        start = stream.at + header.size
        stream.at = start + captured
        valid = min(fraction, SECOND_NS // fraction_ns - 1)
        if valid != fraction:
            stream.remarks[LONG_FRACTION] += 1
        time_ns = seconds * SECOND_NS + valid * fraction_ns
        yield Records(
            [(time_ns, link_type, stream.buffer[start : stream.at], wire_length)], () if valid == fraction else (0,)
        )
        number += 1
