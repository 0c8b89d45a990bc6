"""Endace's extensible record format as a file: records without a file header, each with a header of 16 bytes.

Rule: there is no magic number, so a file is taken for this format only if its first records make sense.
"""

from collections.abc import Iterator
from struct import Struct

from tcpwatch.text.duration import SECOND_NS
from tcpwatch.wire.files.byte_reader import ByteStream
from tcpwatch.wire.files.record import Record, cut_short, damaged

LINKTYPE_ERF = 197
# Fractions of a second and seconds, type, flags; then in network order: length of the record, lost, length on the wire.
HEADER = Struct("<II2B")
LENGTHS = Struct("!10xHHH")
HEADER_BYTES = 16
TYPE_BITS = 0x7F
LAST_TYPE = 48
MIN_SECONDS, MAX_SECONDS = 1, 0x7FFF_FFFF
RECORDS_TO_TRY = 3


def looks_like_erf(stream: ByteStream) -> bool:
    """Whether the file begins with records that follow each other in time and length; one is not enough."""
    at, before, found = 0, 0, 0
    for _ in range(RECORDS_TO_TRY):
        held = stream.fill(at + HEADER_BYTES)
        if held == at and found:
            return True
        if held < at + HEADER_BYTES:
            return False
        _, seconds, kind, _ = HEADER.unpack_from(stream.buffer, stream.at + at)
        length, _, wire_length = LENGTHS.unpack_from(stream.buffer, stream.at + at)
        if not 1 <= kind & TYPE_BITS <= LAST_TYPE or length < HEADER_BYTES or not wire_length:
            return False
        if not max(MIN_SECONDS, before - 1) <= seconds <= MAX_SECONDS:
            return False
        at, before, found = at + length, seconds, found + 1
        if stream.fill(at) < at:
            return False
    return True


def read_erf(stream: ByteStream) -> Iterator[list[Record]]:
    """The records with their headers, as LINKTYPE_ERF has them, one in each batch."""
    number = 1
    while held := stream.fill(HEADER_BYTES):
        if held < HEADER_BYTES:
            raise damaged("record", number, stream.offset, cut_short(HEADER_BYTES, held))
        fraction, seconds, _, _ = HEADER.unpack_from(stream.buffer, stream.at)
        length, _, wire_length = LENGTHS.unpack_from(stream.buffer, stream.at)
        if length < HEADER_BYTES:
            raise damaged("record", number, stream.offset, f"claims {length} bytes; a record has 16 or more")
        if (held := stream.fill(length)) < length:
            raise damaged("record", number, stream.offset, cut_short(length, held))
        data = stream.buffer[stream.at : stream.at + length]
        stream.at += length
        time_ns = seconds * SECOND_NS + (fraction * SECOND_NS >> 32)
        yield [(time_ns, LINKTYPE_ERF, data, max(length, HEADER_BYTES + wire_length))]
        number += 1
