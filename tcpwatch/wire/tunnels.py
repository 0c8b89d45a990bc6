"""Tunnels: protocols that carry another network layer (RFC 2003, 2473, 2784, 2890, 3378, 4023, 7348, 8926).

Rule: as in `link`, a reader is one small function `(data, offset) -> (EtherType, offset)` and a row in a
table.
"""

from collections.abc import Callable
from struct import Struct

from tcpwatch.wire.ip import Datagram
from tcpwatch.wire.layer import IPV4, IPV6, MPLS, TRANSPARENT_ETHERNET, U16, Next, UndecodableError

# https://www.iana.org/assignments/protocol-numbers
IP_IN_IP = 4
UDP = 17
IPV6_IN_IP = 41
GRE = 47
ETHER_IP = 97
MPLS_IN_IP = 137

# https://www.iana.org/assignments/service-names-port-numbers
VXLAN_PORT = 4789
GENEVE_PORT = 6081

UDP_HEADER_BYTES = 8
VXLAN_HEADER_BYTES = 8
GENEVE_HEADER = Struct("!BxH4x")
GENEVE_OPTION_WORDS = 0x3F
GRE_HEADER = Struct("!HH")
GRE_CHECKSUM_OR_ROUTING = 0xC000
GRE_FOUR_BYTE_FIELDS = (0x2000, 0x1000, 0x0080)  # key, sequence number, acknowledgment (RFC 2637)


def inside_tunnel(datagram: Datagram) -> Next:
    """EtherType and offset of the inner protocol. Raises UndecodableError if the datagram is no tunnel."""
    tunnel = TUNNELS.get(datagram.protocol)
    if tunnel is None:
        raise UndecodableError("not TCP")
    return tunnel(datagram.data, datagram.start)


def _ipv4(_data: bytes, offset: int) -> Next:
    return IPV4, offset


def _ipv6(_data: bytes, offset: int) -> Next:
    return IPV6, offset


def _mpls(_data: bytes, offset: int) -> Next:
    return MPLS, offset


def _ether_ip(_data: bytes, offset: int) -> Next:
    return TRANSPARENT_ETHERNET, offset + 2


def _gre(data: bytes, offset: int) -> Next:
    flags, ethertype = GRE_HEADER.unpack_from(data, offset)
    optional_fields = bool(flags & GRE_CHECKSUM_OR_ROUTING) + sum(bool(flags & bit) for bit in GRE_FOUR_BYTE_FIELDS)
    return ethertype, offset + GRE_HEADER.size + 4 * optional_fields


def _udp(data: bytes, offset: int) -> Next:
    (port,) = U16.unpack_from(data, offset + 2)
    tunnel = UDP_TUNNELS.get(port)
    if tunnel is None:
        raise UndecodableError("not TCP")
    return tunnel(data, offset + UDP_HEADER_BYTES)


def _vxlan(_data: bytes, offset: int) -> Next:
    return TRANSPARENT_ETHERNET, offset + VXLAN_HEADER_BYTES


def _geneve(data: bytes, offset: int) -> Next:
    version_and_words, ethertype = GENEVE_HEADER.unpack_from(data, offset)
    return ethertype, offset + GENEVE_HEADER.size + 4 * (version_and_words & GENEVE_OPTION_WORDS)


TUNNELS: dict[int, Callable[[bytes, int], Next]] = {
    IP_IN_IP: _ipv4,
    UDP: _udp,
    IPV6_IN_IP: _ipv6,
    GRE: _gre,
    ETHER_IP: _ether_ip,
    MPLS_IN_IP: _mpls,
}

UDP_TUNNELS: dict[int, Callable[[bytes, int], Next]] = {VXLAN_PORT: _vxlan, GENEVE_PORT: _geneve}
