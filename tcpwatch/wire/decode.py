"""Frame bytes -> Segment: the entry point of this package.

Rule: no input makes it raise; a frame without a readable TCP segment is counted under a reason. The headers of
nearly every frame are unpacked in one call; all other frames go through `link`, `ip`, `ip_extensions` and `tunnels`.
"""

import struct
from collections import Counter
from collections.abc import Callable
from struct import Struct
from typing import Any

from tcpwatch.wire.checksum import ONES, PSEUDO_SUMS, wrong_checksum
from tcpwatch.wire.fragments import Reassembly
from tcpwatch.wire.ip import FRAGMENT_OFFSET, MORE_FRAGMENTS, TCP, read_datagram
from tcpwatch.wire.ip_extensions import upper_layer
from tcpwatch.wire.layer import IPV4, IPV6, UndecodableError
from tcpwatch.wire.link import (
    LINKTYPE_ETHERNET,
    LINKTYPE_LINUX_SLL,
    LINKTYPE_LINUX_SLL2,
    below_tags,
    network_layer,
)
from tcpwatch.wire.segment import FIN, RST, SYN, Segment
from tcpwatch.wire.tcp import FLAG_BITS, first_bytes, read_segment
from tcpwatch.wire.wrappers.tunnels import inside_tunnel

Unpack = Callable[[bytes], tuple[Any, ...]]

# TTL and id are read of segments that open or close, of the first frames, and of every eighth: of all, they would take
# a fifth of the time.
ALL_WAYS_READ = 8_192
WAY_SAMPLE = 7
CONTROL = FIN | SYN | RST

MAX_TUNNELS = 4
MAX_REASONS = 32
OTHER_REASONS = "other reasons"
FRAGMENT_BITS = MORE_FRAGMENTS | FRAGMENT_OFFSET
NO_OPTIONS_IPV4 = 0x45

# A sum over many bytes takes as long as all else: of a long capture, those of long segments are verified at the start.
LONG = 256
ALL_VERIFIED = 8_192

IPV4_TCP = "B x H 2x H x B 2x 12s I I H H 4x"  # see the names in decode()
IPV6_TCP = "B 3x H B x 36s I I H H 4x"
IPV4_BYTES, IPV6_BYTES = 40, 60  # including TCP, both without options

# Common link types: offset of the EtherType, offset of the IP header.
USUAL_LINKS = {LINKTYPE_ETHERNET: (12, 14), LINKTYPE_LINUX_SLL: (14, 16), LINKTYPE_LINUX_SLL2: (0, 20)}


def _headers(type_at: int, ip: int) -> tuple[Unpack, Unpack, int]:
    """Unpackers for link header plus IPv4 or IPv6, and the offset of the IP header."""
    link = f"!{type_at}x H {ip - type_at - 2}x"
    return Struct(link + IPV4_TCP).unpack_from, Struct(link + IPV6_TCP).unpack_from, ip


HEADERS = {link_type: _headers(*places) for link_type, places in USUAL_LINKS.items()}


class Decoder:
    """Turns frames into segments; `skipped` counts the frames without a segment, by reason.

    It keeps the first `payload_limit` bytes of each payload, 2,048 of a TLS hello; with a limit of 0, none.
    Checksums are verified of what was captured whole: of segments that open, close or are short, and of first frames.
    """

    def __init__(self, payload_limit: int = 512) -> None:
        self.skipped: Counter[str] = Counter()
        self._payload_limit = payload_limit
        self._reassembly = Reassembly()

    def decode(self, frame: int, time_ns: int, link_type: int, data: bytes, wire_length: int) -> Segment | None:
        """The TCP segment in a frame, or None; the last missing fragment gives the segment of the whole datagram.

        `data` is the captured part of the `wire_length` bytes of the frame. Unpacked here in one call: untagged IPv4
        without options or IPv6 without extensions, with a complete TCP header.
        """
        try:
            unpack_ipv4, unpack_ipv6, ip = HEADERS[link_type]
            ethertype, version_ihl, length, fragment, protocol, ends, seq, ack, offset_flags, window = unpack_ipv4(data)
            if (
                ethertype == IPV4
                and version_ihl == NO_OPTIONS_IPV4
                and protocol == TCP
                and not fragment & FRAGMENT_BITS
            ):
                options_at, end, checked_at = ip + IPV4_BYTES, ip + length, ip
            elif ethertype == IPV6:
                _, version_class, length, protocol, ends, seq, ack, offset_flags, window = unpack_ipv6(data)
                if version_class >> 4 != 6 or protocol != TCP:
                    return self._walk(frame, time_ns, link_type, data, wire_length)
                options_at, end, checked_at = ip + IPV6_BYTES, ip + 40 + length, ip + 40
            else:
                return self._walk(frame, time_ns, link_type, data, wire_length)
        except (KeyError, struct.error):
            return self._walk(frame, time_ns, link_type, data, wire_length)
        payload_at = options_at - 20 + (offset_flags >> 12) * 4
        if not options_at <= payload_at <= end <= wire_length or payload_at > len(data):
            return self._walk(frame, time_ns, link_type, data, wire_length)
        limit = self._payload_limit
        segment = Segment(
            frame, time_ns, ends, seq, ack, offset_flags & FLAG_BITS, window, end - payload_at,
            data[options_at:payload_at],
            data[payload_at:end] if len(data) <= payload_at + limit else first_bytes(data, payload_at, end, limit),
        )  # fmt: skip
        if offset_flags & CONTROL or not frame & WAY_SAMPLE or frame <= ALL_WAYS_READ:
            if ethertype == IPV4:
                segment.way = data[ip + 8], data[ip + 4] << 8 | data[ip + 5]
            else:
                segment.way = data[ip + 7], None
        if end <= len(data) and (end - checked_at < LONG or frame <= ALL_VERIFIED or offset_flags & CONTROL):
            # One step tells that the sums of header and segment are right, as in nearly every frame.
            checked = int.from_bytes(data[checked_at:end]) % ONES
            if ((checked << 8 if end & 1 else checked) + PSEUDO_SUMS[ends] + end - options_at) % ONES:
                start = options_at - 20
                header = data[ip:start] if ethertype == IPV4 else b""
                segment.faults = wrong_checksum(header, ends[:-4], data, start, end)
        return segment

    def _walk(self, frame: int, time_ns: int, link_type: int, data: bytes, wire_length: int) -> Segment | None:
        """The segment in any frame, header by header; if there is none, the reason is counted."""
        try:
            return self._decode_any(frame, time_ns, link_type, data, wire_length)
        except UndecodableError as reason:
            self._count(str(reason))
        except struct.error:
            self._count("truncated header")
        return None

    def _count(self, reason: str) -> None:
        """Reasons have numbers of strangers in them, so only so many are told apart."""
        self.skipped[reason if reason in self.skipped or len(self.skipped) < MAX_REASONS else OTHER_REASONS] += 1

    def _decode_any(self, frame: int, time_ns: int, link_type: int, data: bytes, wire_length: int) -> Segment:
        vlans: list[int] = []
        ethertype, offset, end = network_layer(link_type, data, wire_length, vlans)
        for _ in range(MAX_TUNNELS + 1):
            datagram = upper_layer(read_datagram(ethertype, data, offset, end), self._reassembly, time_ns)
            data, end = datagram.data, datagram.end
            if datagram.protocol == TCP:
                return read_segment(frame, time_ns, datagram, self._payload_limit, tuple(vlans))
            vlans.clear()  # the VLAN of the tunnel is not that of the connection
            ethertype, offset, end = below_tags(inside_tunnel(datagram), data, vlans)
        raise UndecodableError(f"more than {MAX_TUNNELS} tunnels")
