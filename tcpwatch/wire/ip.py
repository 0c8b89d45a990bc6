"""The headers of IPv4 and IPv6 (RFC 791, RFC 8200).

Rule: the end of a datagram comes from its own header, or from the frame's length on the wire if the header has no
length; never from the number of captured bytes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple

from tcpwatch.wire.layer import IPV4, IPV6, UndecodableError

# https://www.iana.org/assignments/protocol-numbers
HOP_BY_HOP = 0
TCP = 6

IPV4_HEADER = Struct("!B x H H H B B 10x")
IPV6_HEADER = Struct("!B 3x H B B 32x")
MORE_FRAGMENTS = 0x2000
FRAGMENT_OFFSET = 0x1FFF
LARGEST_PAYLOAD = 65_535

# Protocols beside IP that carry no TCP.
ETHERTYPES_WITHOUT_TCP = {
    0x0001: "IPX in 802.3",
    0x0806: "ARP",
    0x0842: "wake on LAN",
    0x2000: "CDP",
    0x6002: "DEC MOP",
    0x6004: "DEC LAT",
    0x8035: "RARP",
    0x809B: "AppleTalk",
    0x80F3: "AARP",
    0x8137: "IPX",
    0x8808: "flow control",
    0x8809: "LACP",
    0x8863: "PPPoE discovery",
    0x888E: "EAPOL",
    0x8892: "PROFINET",
    0x88A2: "ATA over Ethernet",
    0x88A4: "EtherCAT",
    0x88B8: "GOOSE",
    0x88BA: "sampled values",
    0x88C7: "802.11 preauthentication",
    0x88CA: "TIPC",
    0x88CC: "LLDP",
    0x88E1: "HomePlug",
    0x88E3: "MRP",
    0x88F5: "MVRP",
    0x88F7: "PTP",
    0x88FB: "PRP supervision",
    0x8902: "CFM",
    0x8906: "FCoE",
    0x8914: "FIP",
    0x8915: "RoCE",
    0x9000: "loopback test",
}


class Fragment(NamedTuple):
    """A fragment: the datagram's identification, the offset in bytes, and whether more fragments follow."""

    ident: int
    offset: int
    more: bool


@dataclass(slots=True)
class Datagram:
    """A payload carried by IP: `data[start:end]`, of `protocol`.

    `addresses` is source and destination as in the header: 8 or 32 bytes. `end` is beyond `data` if the capture was
    truncated. `way` is as in `Segment`. `checked_addresses` are those that the checksum covers (RFC 8200 §8.1); empty
    where that is not known. `header` is that of IPv4, which has a checksum of its own.
    """

    addresses: bytes
    protocol: int
    data: bytes
    start: int
    end: int
    fragment: Fragment | None = None
    way: tuple[int, int | None] | None = None
    checked_addresses: bytes = b""
    header: bytes = b""


def read_datagram(ethertype: int, data: bytes, offset: int, wire_end: int) -> Datagram:
    """The datagram whose header begins at `offset`, in a frame that ended at `wire_end` on the wire."""
    reader = DATAGRAM_READERS.get(ethertype)
    if reader is None:
        raise UndecodableError("not TCP" if ethertype in ETHERTYPES_WITHOUT_TCP else f"EtherType 0x{ethertype:04x}")
    return reader(data, offset, wire_end)


def _read_ipv4(data: bytes, offset: int, wire_end: int) -> Datagram:
    version_ihl, total_length, ident, fragment_field, ttl, protocol = IPV4_HEADER.unpack_from(data, offset)
    header_length = (version_ihl & 0xF) * 4
    if version_ihl >> 4 != 4 or header_length < IPV4_HEADER.size:
        raise UndecodableError("bad IPv4 header")
    if total_length == 0:  # the network card fills it in: segmentation offload
        end = wire_end
    elif total_length < header_length:
        raise UndecodableError("bad IPv4 header")
    else:
        end = min(offset + total_length, wire_end)
    fragment = None
    if fragment_field & (MORE_FRAGMENTS | FRAGMENT_OFFSET):
        fragment = Fragment(ident, (fragment_field & FRAGMENT_OFFSET) * 8, bool(fragment_field & MORE_FRAGMENTS))
    start, addresses = offset + header_length, data[offset + 12 : offset + 20]
    return Datagram(addresses, protocol, data, start, end, fragment, (ttl, ident), addresses, data[offset:start])


def _read_ipv6(data: bytes, offset: int, wire_end: int) -> Datagram:
    version_class, payload_length, protocol, hop_limit = IPV6_HEADER.unpack_from(data, offset)
    if version_class >> 4 != 6:
        raise UndecodableError("bad IPv6 header")
    start = offset + IPV6_HEADER.size
    # Length 0 means none, unless a jumbo payload option gives it (RFC 2675) or Linux left that option out (BIG TCP).
    open_ended = payload_length == 0 and (protocol == HOP_BY_HOP or wire_end - start > LARGEST_PAYLOAD)
    end = wire_end if open_ended else min(start + payload_length, wire_end)
    addresses = data[offset + 8 : start]
    return Datagram(addresses, protocol, data, start, end, None, (hop_limit, None), addresses)


DATAGRAM_READERS: dict[int, Callable[[bytes, int, int], Datagram]] = {IPV4: _read_ipv4, IPV6: _read_ipv6}
