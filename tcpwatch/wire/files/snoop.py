"""Sun's snoop format (RFC 1761): a file header, then records that are padded.

Rule: only complete records are returned.
"""

from collections.abc import Iterator
from struct import Struct

from tcpwatch.errors import CaptureFileError
from tcpwatch.text.duration import SECOND_NS
from tcpwatch.wire.files.byte_reader import ByteStream
from tcpwatch.wire.files.record import MAX_RECORD_BYTES, Record, Records, cut_short, damaged, too_long

MAGIC = b"snoop\0\0\0"
VERSION = 2
FILE_HEADER = Struct("!8xII")
RECORD_HEADER = Struct("!6I")  # on the wire, captured, whole record, drops, seconds, microseconds
MAX_PADDING_BYTES = 64
MICROSECONDS = 1_000_000
# RFC 1761's data link types, and Solaris' later ones; the others are counted under their number, far from all others.
LINK_TYPES = {0: 1, 2: 6, 4: 1, 5: 104, 8: 10, 16: 107, 18: 123}
UNKNOWN_LINK_TYPE = 0x1_0000


def read_snoop(stream: ByteStream) -> Iterator[list[Record]]:
    """The records of a file, one in each batch."""
    if (held := stream.fill(FILE_HEADER.size)) < FILE_HEADER.size:
        raise CaptureFileError(f"not a capture file: its snoop header ends after {held} of {FILE_HEADER.size} bytes.")
    version, data_link = FILE_HEADER.unpack_from(stream.buffer, stream.at)
    if version != VERSION:
        raise CaptureFileError(f"a snoop file of version {version}: only {VERSION} can be read.")
    stream.at += FILE_HEADER.size
    return _records(stream, LINK_TYPES.get(data_link, UNKNOWN_LINK_TYPE + data_link))


def _records(stream: ByteStream, link_type: int) -> Iterator[list[Record]]:
    number = 1
    while held := stream.fill(RECORD_HEADER.size):
        if held < RECORD_HEADER.size:
            raise damaged("record", number, stream.offset, cut_short(RECORD_HEADER.size, held))
        wire_length, captured, whole, _, seconds, micros = RECORD_HEADER.unpack_from(stream.buffer, stream.at)
        if captured > MAX_RECORD_BYTES:
            raise damaged("record", number, stream.offset, too_long(captured, MAX_RECORD_BYTES))
        end = RECORD_HEADER.size + captured
        if not end <= whole <= end + MAX_PADDING_BYTES:
            raise damaged("record", number, stream.offset, f"claims {whole:,} bytes for a packet of {captured:,}")
        if (held := stream.fill(whole)) < end:
            raise damaged("record", number, stream.offset, cut_short(whole, held))
        data = stream.buffer[stream.at + RECORD_HEADER.size : stream.at + end]
        stream.at += min(whole, held)
        valid = min(micros, MICROSECONDS - 1)
        record = seconds * SECOND_NS + valid * 1_000, link_type, data, wire_length
        yield [record] if valid == micros else Records([record], (0,))
        number += 1
