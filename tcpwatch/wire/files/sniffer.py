"""The Sniffer's formats: of DOS (TRSNIFF), uncompressed, and of Windows and NetXray (XCP), versions 1 and 2.

Rule: only complete records are returned. Layouts and units are those of Wireshark's wiretap.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from struct import Struct

from tcpwatch.errors import CaptureFileError
from tcpwatch.text.duration import SECOND_NS
from tcpwatch.wire.files.byte_reader import ByteStream
from tcpwatch.wire.files.record import MAX_TIME_NS, Record, cut_short, damaged

DOS_MAGIC, WINDOWS_MAGIC = b"TRSN", b"XCP\0"
CONVERT = "convert it first (editcap -F pcapng FILE NEW)"
DAY_NS = 86_400 * SECOND_NS
UNKNOWN_LINK_TYPE = 0x1_0000

DOS_MAGIC_BYTES = 17
RECORD = Struct("<HHxx")
VERSION, END, FRAME = 1, 3, 4
# Date as in a FAT directory, network, whether packed, unit of time.
VERSION_BODY = Struct("<6xHxBBB6x")
UNPACKED = 1
DOS_UNITS_PS = (15_000_000, 838_096, 15_000_000, 500_000, 2_000_000, 1_000_000, 100_000)
DOS_NETWORKS = {0: 6, 1: 1, 9: 10}
# Time in three parts, day, captured, on the wire if it was more.
FRAME_BODY = Struct("<HHBBHxxHxx")

# Version, seconds of the start, first and last byte of the frames, network, unit, ticks at the start, ticks a second.
WINDOWS_HEADER = Struct("<4x8sI8xII12xHxxB3xII16xI48x")
WINDOWS_RECORDS = {b"001": Struct("<QHH16x"), b"002": Struct("<QHH28x")}
WINDOWS_TICKS = {0: 1_000_000, 1: 1_193_000, 2: 1_193_180}
OWN_TICKS = 2
WINDOWS_NETWORKS = {0: 1, 1: 6, 2: 10}


def read_dos_sniffer(stream: ByteStream) -> Iterator[list[Record]]:
    """The frames, one in each batch. Records of other kinds are skipped."""
    stream.fill(DOS_MAGIC_BYTES)
    stream.at += DOS_MAGIC_BYTES
    number, start_ns, unit_ps, link_type = 1, 0, DOS_UNITS_PS[0], UNKNOWN_LINK_TYPE
    while held := stream.fill(RECORD.size):
        if held < RECORD.size:
            raise damaged("record", number, stream.offset, cut_short(RECORD.size, held))
        kind, length = RECORD.unpack_from(stream.buffer, stream.at)
        if kind == END:
            return
        whole = RECORD.size + length
        if (held := stream.fill(whole)) < whole:
            raise damaged("record", number, stream.offset, cut_short(whole, held))
        body = stream.buffer[stream.at + RECORD.size : stream.at + whole]
        if kind == VERSION and length >= VERSION_BODY.size:
            date, network, packed, unit = VERSION_BODY.unpack_from(body)
            if packed != UNPACKED:
                raise CaptureFileError(f"a Sniffer file that is packed: {CONVERT}.")
            start_ns, link_type = _fat_date_ns(date), DOS_NETWORKS.get(network, UNKNOWN_LINK_TYPE + network)
            unit_ps = DOS_UNITS_PS[min(unit, len(DOS_UNITS_PS) - 1)]
        stream.at += whole
        number += 1
        if kind == FRAME and length >= FRAME_BODY.size:
            low, middle, high, day, captured, true_bytes = FRAME_BODY.unpack_from(body)
            ticks = low | middle << 16 | high << 32
            time_ns = min(start_ns + day * DAY_NS + ticks * unit_ps // 1_000, MAX_TIME_NS)
            data = body[FRAME_BODY.size : FRAME_BODY.size + captured]
            yield [(time_ns, link_type, data, max(true_bytes, captured))]


def _fat_date_ns(date: int) -> int:
    try:
        day = datetime(1980 + (date >> 9), date >> 5 & 0xF, date & 0x1F, tzinfo=UTC)
    except ValueError:
        return 0
    return int(day.timestamp()) * SECOND_NS


def read_windows_sniffer(stream: ByteStream) -> Iterator[list[Record]]:
    """The frames from the first to the last, one in each batch."""
    if (held := stream.fill(WINDOWS_HEADER.size)) < WINDOWS_HEADER.size:
        raise CaptureFileError(f"not a capture file: its header ends after {held} of {WINDOWS_HEADER.size} bytes.")
    version, seconds, first, last, network, unit, low, high, own = WINDOWS_HEADER.unpack_from(stream.buffer, stream.at)
    header = WINDOWS_RECORDS.get(version[:3])
    if header is None or first != WINDOWS_HEADER.size:
        raise CaptureFileError(f"a Sniffer file of a version or order that is not read: {CONVERT}.")
    stream.at += WINDOWS_HEADER.size
    ticks_per_second = own if unit == OWN_TICKS and own else WINDOWS_TICKS.get(unit, WINDOWS_TICKS[0])
    link_type, begin = WINDOWS_NETWORKS.get(network, UNKNOWN_LINK_TYPE + network), low | high << 32
    number = 1
    while stream.offset < last and (held := stream.fill(header.size)):
        if held < header.size:
            raise damaged("record", number, stream.offset, cut_short(header.size, held))
        ticks, wire_length, captured = header.unpack_from(stream.buffer, stream.at)
        whole = header.size + captured
        if (held := stream.fill(whole)) < whole:
            raise damaged("record", number, stream.offset, cut_short(whole, held))
        data = stream.buffer[stream.at + header.size : stream.at + whole]
        stream.at += whole
        number += 1
        time_ns = seconds * SECOND_NS + (ticks - begin) * SECOND_NS // ticks_per_second
        yield [(min(max(0, time_ns), MAX_TIME_NS), link_type, data, wire_length)]
