"""The TCP header (RFC 9293 §3.1) -> Segment."""

from struct import Struct

from tcpwatch.wire.checksum import wrong_checksum
from tcpwatch.wire.ip import Datagram
from tcpwatch.wire.layer import UndecodableError
from tcpwatch.wire.segment import Segment

TCP_HEADER = Struct("!4xIIHH")  # without checksum and urgent pointer
TCP_HEADER_BYTES = 20
FLAG_BITS = 0x1FF
TLS_HANDSHAKE = b"\x16"
TLS_HELLO_BYTES = 2_048


def read_segment(
    frame: int, time_ns: int, datagram: Datagram, payload_limit: int, vlan: tuple[int, ...] = ()
) -> Segment:
    """The segment in a datagram of protocol TCP; at most `payload_limit` bytes of its payload are kept."""
    data, start, end = datagram.data, datagram.start, datagram.end
    if end - start < TCP_HEADER_BYTES or len(data) - start < TCP_HEADER.size:
        raise UndecodableError("truncated TCP header")
    seq, ack, offset_flags, window = TCP_HEADER.unpack_from(data, start)
    options_at = start + TCP_HEADER_BYTES
    payload_at = start + (offset_flags >> 12) * 4
    if not options_at <= payload_at <= end:
        raise UndecodableError("bad TCP header length")
    return Segment(
        frame,
        time_ns,
        datagram.addresses + data[start : start + 4],
        seq,
        ack,
        offset_flags & FLAG_BITS,
        window,
        end - payload_at,
        data[options_at:payload_at],
        first_bytes(data, payload_at, end, payload_limit),
        options_cut=payload_at > len(data),
        vlan=vlan,
        way=datagram.way,
        faults=wrong_checksum(datagram.header, datagram.checked_addresses, data, start, end),
    )


def first_bytes(data: bytes, start: int, end: int, limit: int) -> bytes:
    """The kept part of a payload. More is kept of a TLS hello, because the server name can be far from its start."""
    if limit and data[start : start + 1] == TLS_HANDSHAKE:
        limit = max(limit, TLS_HELLO_BYTES)
    return data[start : min(end, start + limit)]
