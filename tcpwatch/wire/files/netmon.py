"""Microsoft Network Monitor's formats, 1.x and 2.x: a header, the frames, and a table of where each frame is.

Rule: the table lies behind the frames, so the file is read whole, up to a limit. Times are the recording machine's.
"""

import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from struct import Struct

from tcpwatch.errors import CaptureFileError
from tcpwatch.text.duration import SECOND_NS
from tcpwatch.wire.files.byte_reader import ByteStream
from tcpwatch.wire.files.record import MAX_RECORD_BYTES, MAX_TIME_NS, Record, damaged, too_long

MAGICS = {b"RTSS": 1, b"GMBU": 2}
MAX_FILE_BYTES = 256 << 20
# Version, network, start (SYSTEMTIME without the day of the week), then offset and length of the table.
HEADER = Struct("<4xBBH 2H2x5H II")
FRAME_HEADERS = {1: (Struct("<IHH"), 1_000_000), 2: (Struct("<QII"), 1_000)}
NETWORK = Struct("<H")
FIRST_MINOR_WITH_NETWORKS = 1  # of version 2: each frame ends with its own
# ndis.h's media; from 0xE000 on those of libpcap.
LINK_TYPES = {1: 1, 2: 6, 3: 10, 4: 100, 8: 101, 9: 101}
FIRST_PCAP_NETWORK = 0xE000
UNKNOWN_LINK_TYPE = 0x1_0000
MILLISECOND_NS = 1_000_000


def read_netmon(stream: ByteStream) -> Iterator[list[Record]]:
    """The frames in the order of the table, one in each batch."""
    if (held := stream.fill(HEADER.size)) < HEADER.size:
        raise CaptureFileError(f"not a capture file: its header ends after {held} of {HEADER.size} bytes.")
    minor, major, network, *date, table_at, table_bytes = HEADER.unpack_from(stream.buffer, stream.at)
    if major not in FRAME_HEADERS:
        raise CaptureFileError(f"a Network Monitor file of version {major}.{minor}: only 1 and 2 can be read.")
    end = table_at + table_bytes
    if end > MAX_FILE_BYTES:
        raise CaptureFileError(
            f"a Network Monitor file of {end:,} bytes: convert it first (editcap -F pcapng FILE NEW)."
        )
    stream.fill(end)
    return _frames(stream.buffer[stream.at : stream.at + end], major, minor, network, _start_ns(date), table_at)


def _start_ns(date: list[int]) -> int:
    """The start; 1970 if the header's date cannot be."""
    *moment, milliseconds = date
    try:
        return int(datetime(*moment, tzinfo=UTC).timestamp()) * SECOND_NS + milliseconds * MILLISECOND_NS  # type: ignore[arg-type,misc]
    except ValueError:
        return 0


def _frames(
    content: bytes, major: int, minor: int, network: int, start_ns: int, table_at: int
) -> Iterator[list[Record]]:
    header, unit_ns = FRAME_HEADERS[major]
    own_network = major > 1 and minor >= FIRST_MINOR_WITH_NETWORKS
    for number, entry in enumerate(range(table_at, len(content) - 3, 4), 1):
        (at,) = struct.unpack_from("<I", content, entry)
        if at + header.size > len(content):
            raise damaged("frame", number, at, f"begins behind the end of the file, which has {len(content):,} bytes")
        delta, wire_length, captured = header.unpack_from(content, at)
        if captured > MAX_RECORD_BYTES:
            raise damaged("frame", number, at, too_long(captured, MAX_RECORD_BYTES))
        start = at + header.size
        if start + captured > len(content):
            raise damaged("frame", number, at, f"claims {captured:,} bytes; the file has {len(content):,}")
        if own_network and start + captured + NETWORK.size <= len(content):
            (network,) = NETWORK.unpack_from(content, start + captured)
        time_ns = min(start_ns + delta * unit_ns, MAX_TIME_NS)
        yield [(time_ns, _link_type(network), content[start : start + captured], wire_length)]


def _link_type(network: int) -> int:
    if network >= FIRST_PCAP_NETWORK:
        return network - FIRST_PCAP_NETWORK
    return LINK_TYPES.get(network, UNKNOWN_LINK_TYPE + network)
