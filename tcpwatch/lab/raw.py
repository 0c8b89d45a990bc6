"""Segments made by hand, for what no program can make its kernel do: late ones, reordered ones, SYNs by the dozen.

IPv4 on loopback only. Needs CAP_NET_RAW (raw(7)); the kernel puts the IP header in front.
"""

import select
import socket
import struct
import time
from collections.abc import Callable
from enum import IntFlag
from typing import NamedTuple

from tcpwatch.errors import TcpwatchError
from tcpwatch.lab.address import HOST

RAW_HEADER = struct.Struct("!HHIIBBHHH")  # RFC 9293 §3.1
PSEUDO_HEADER = struct.Struct("!4s4sBBH")
SEQUENCE_SPACE = 1 << 32
WINDOW = 65_535
DEFAULT_TTL = 64  # Linux's, net.ipv4.ip_default_ttl
HEARD_WITHIN_S = 3


class Flag(IntFlag):
    """The control bits."""

    FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10


class RawSegment(NamedTuple):
    """A segment without options; `seq` and `ack` are wire values."""

    source_port: int
    destination_port: int
    seq: int
    ack: int
    flags: Flag
    payload: bytes = b""
    source: str = HOST


class RawWire:
    """Loopback, spoken to segment by segment."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
        self._socket.bind((HOST, 0))

    def send(self, segment: RawSegment, ttl: int = DEFAULT_TTL) -> None:
        """Put a segment on the wire."""
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP) as sender:
            sender.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
            sender.bind((segment.source, 0))
            sender.sendto(encode_segment(segment), (HOST, 0))

    def hear(self, accepts: Callable[[RawSegment], bool]) -> RawSegment:
        """The next segment that `accepts` accepts, of those to 127.0.0.1; TcpwatchError where none comes."""
        deadline = time.monotonic() + HEARD_WITHIN_S
        while (left_s := deadline - time.monotonic()) > 0:
            if select.select([self._socket], [], [], left_s)[0]:
                segment = decode_segment(self._socket.recv(65_535))
                if accepts(segment):
                    return segment
        raise TcpwatchError(f"loopback stayed silent for {HEARD_WITHIN_S} s: the scenario cannot go on")

    def close(self) -> None:
        """Stop listening."""
        self._socket.close()


def encode_segment(segment: RawSegment) -> bytes:
    """The segment as it goes into an IP datagram to 127.0.0.1, checksum included."""
    length = RAW_HEADER.size + len(segment.payload)
    pseudo = PSEUDO_HEADER.pack(socket.inet_aton(segment.source), socket.inet_aton(HOST), 0, socket.IPPROTO_TCP, length)
    sum_of_all = checksum(pseudo + _header(segment, 0) + segment.payload)
    return _header(segment, sum_of_all) + segment.payload


def decode_segment(datagram: bytes) -> RawSegment:
    """The segment in an IPv4 datagram; its options are passed over."""
    ip_header = (datagram[0] & 0x0F) * 4
    source_port, destination_port, seq, ack, offset, flags, *_ = RAW_HEADER.unpack_from(datagram, ip_header)
    payload = datagram[ip_header + (offset >> 4) * 4 :]
    source = socket.inet_ntoa(datagram[12:16])
    return RawSegment(source_port, destination_port, seq, ack, Flag(flags & 0x1F), payload, source)


def checksum(data: bytes) -> int:
    """The ones' complement of the ones' complement sum of 16-bit words (RFC 1071)."""
    padded = data + bytes(len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def _header(segment: RawSegment, sum_of_all: int) -> bytes:
    return RAW_HEADER.pack(
        segment.source_port,
        segment.destination_port,
        segment.seq % SEQUENCE_SPACE,
        segment.ack % SEQUENCE_SPACE,
        RAW_HEADER.size // 4 << 4,
        segment.flags,
        WINDOW,
        sum_of_all,
        0,
    )
