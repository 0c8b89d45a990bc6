"""Frame bytes -> Segment: the door of the room.

Law of the room: no bytes make it raise; a frame without a readable TCP segment is counted under its reason. The headers
that nearly every frame has are read at one stroke; anything else takes the walk through `link`, `ip`, `extensions` and
`tunnels`.
"""

import struct
from collections import Counter
from struct import Struct

from tcpwatch.wire.extensions import upper_layer
from tcpwatch.wire.fragments import Reassembly
from tcpwatch.wire.ip import FRAGMENT_OFFSET, MORE_FRAGMENTS, TCP, read_datagram
from tcpwatch.wire.layer import IPV4, IPV6, UndecodableError
from tcpwatch.wire.link import LINKTYPE_ETHERNET, below_tags, network_layer
from tcpwatch.wire.segment import Segment
from tcpwatch.wire.tcp import FLAG_BITS, first_bytes, read_segment
from tcpwatch.wire.tunnels import inside_tunnel

MAX_TUNNELS = 4
FRAGMENT = MORE_FRAGMENTS | FRAGMENT_OFFSET
NO_OPTIONS_IPV4 = 0x45

# EtherType; version and header length, total length, fragment field, protocol; seq, ack, data offset and flags, window.
ETHERNET_IPV4_TCP = Struct("!12x H  B x H 2x H x B 10x  4x I I H H 4x")
# EtherType; version and class, payload length, next header; seq, ack, data offset and flags, window.
ETHERNET_IPV6_TCP = Struct("!12x H  B 3x H B 33x  4x I I H H 4x")
IPV4_FIELDS = ETHERNET_IPV4_TCP.unpack_from
IPV6_FIELDS = ETHERNET_IPV6_TCP.unpack_from


class Decoder:
    """Turns frames into segments; `skipped` counts the frames that hold none, by reason.

    Of each payload the first `payload_limit` bytes are kept, of a TLS hello 2,048 (with a limit of 0: none).
    """

    def __init__(self, payload_limit: int = 512) -> None:
        self.skipped: Counter[str] = Counter()
        self._payload_limit = payload_limit
        self._reassembly = Reassembly()

    def decode(self, frame: int, time_ns: int, link_type: int, data: bytes, wire_length: int) -> Segment | None:
        """The TCP segment in a frame, or None; the last fragment of a datagram yields the whole datagram's segment.

        `data` is what was captured of the `wire_length` bytes the frame had. Read here at one stroke: untagged IPv4
        without options or IPv6 without extensions, and TCP whole inside.
        """
        captured = len(data)
        if link_type != LINKTYPE_ETHERNET or captured < ETHERNET_IPV4_TCP.size:
            return self._walk(frame, time_ns, link_type, data, wire_length)
        ethertype, version_ihl, length, fragment, protocol, seq, ack, offset_flags, window = IPV4_FIELDS(data)
        if ethertype == IPV4 and version_ihl == NO_OPTIONS_IPV4 and protocol == TCP and not fragment & FRAGMENT:
            options_at, end, ends = 54, 14 + length, data[26:38]
        elif ethertype == IPV6 and captured >= ETHERNET_IPV6_TCP.size:
            _, version_class, length, protocol, seq, ack, offset_flags, window = IPV6_FIELDS(data)
            if protocol != TCP or version_class >> 4 != 6:
                return self._walk(frame, time_ns, link_type, data, wire_length)
            options_at, end, ends = 74, 54 + length, data[22:58]
        else:
            return self._walk(frame, time_ns, link_type, data, wire_length)
        payload_at = options_at - 20 + (offset_flags >> 12) * 4
        if not options_at <= payload_at <= end <= wire_length:
            return self._walk(frame, time_ns, link_type, data, wire_length)
        length = end - payload_at
        limit = self._payload_limit
        return Segment(
            frame,
            time_ns,
            ends,
            seq,
            ack,
            offset_flags & FLAG_BITS,
            window,
            length,
            data[options_at:payload_at],
            data[payload_at:end] if length <= limit else first_bytes(data, payload_at, end, limit),
        )

    def _walk(self, frame: int, time_ns: int, link_type: int, data: bytes, wire_length: int) -> Segment | None:
        """The segment in any frame, header by header; why there is none is counted."""
        try:
            return self._decode_any(frame, time_ns, link_type, data, wire_length)
        except UndecodableError as reason:
            self.skipped[str(reason)] += 1
        except struct.error:
            self.skipped["truncated header"] += 1
        return None

    def _decode_any(self, frame: int, time_ns: int, link_type: int, data: bytes, wire_length: int) -> Segment:
        ethertype, offset = network_layer(link_type, data)
        end = wire_length
        for _ in range(MAX_TUNNELS + 1):
            datagram = upper_layer(read_datagram(ethertype, data, offset, end), self._reassembly, time_ns)
            data, end = datagram.data, datagram.end
            if datagram.protocol == TCP:
                return read_segment(frame, time_ns, datagram, self._payload_limit)
            ethertype, offset = below_tags(*inside_tunnel(datagram), data)
        raise UndecodableError(f"more than {MAX_TUNNELS} tunnels")
