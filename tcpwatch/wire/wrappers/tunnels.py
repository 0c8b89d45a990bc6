"""Tunnels: protocols of IP, and ports of UDP, that carry another network layer (RFC 2003, 2473, 3378, 4023).

Rule: as in `link`, a reader is one small function `(data, offset, end) -> (EtherType, offset, end)` and a row in a
table. What may carry TCP and is not read is named; "not TCP" is said of what is known to carry none.
"""

from struct import Struct

from tcpwatch.wire.ip import Datagram
from tcpwatch.wire.layer import IPV4, IPV6, MPLS, TRANSPARENT_ETHERNET, U32, Next, Reader, UndecodableError, skip
from tcpwatch.wire.wrappers.access_tunnels import gtp, l2tp
from tcpwatch.wire.wrappers.gre import gre
from tcpwatch.wire.wrappers.overlays import ayiya, capwap, geneve, lisp, mpls_in_udp, teredo, tzsp, vxlan, vxlan_gpe

# https://www.iana.org/assignments/protocol-numbers
IP_IN_IP = 4
UDP = 17
IPV6_IN_IP = 41
GRE = 47
ETHER_IP = 97
MPLS_IN_IP = 137
ETHERNET_IN_IP = 143
ETHER_IP_BYTES = 2

PROTOCOLS_WITHOUT_TCP = {
    1: "ICMP",
    2: "IGMP",
    8: "EGP",
    9: "IGP",
    33: "DCCP",
    46: "RSVP",
    58: "ICMPv6",
    59: "no next header",
    88: "EIGRP",
    89: "OSPF",
    103: "PIM",
    112: "VRRP",
    132: "SCTP",
    136: "UDP-Lite",
}
NAMED_PROTOCOLS = {50: "encrypted (ESP)", 115: "L2TP version 3"}

UDP_HEADER = Struct("!HHHxx")
FIRST_FREE_PORT = 1024
ESP_IN_UDP = 4500
# Ports of wrappers that encrypt.
NAMED_PORTS = {1194: "encrypted (OpenVPN)", 51820: "encrypted (WireGuard)"}


def inside_tunnel(datagram: Datagram) -> Next:
    """EtherType, offset and end of the inner protocol. Raises UndecodableError if the datagram is no tunnel."""
    protocol = datagram.protocol
    tunnel = TUNNELS.get(protocol)
    if tunnel is not None:
        return tunnel(datagram.data, datagram.start, datagram.end)
    if protocol in PROTOCOLS_WITHOUT_TCP:
        raise UndecodableError("not TCP")
    raise UndecodableError(NAMED_PROTOCOLS.get(protocol, f"IP protocol {protocol}"))


def _udp(data: bytes, offset: int, end: int) -> Next:
    """By the destination port; by the source port if the destination is not that of another service.

    A length of 0 is left to segmentation offload.
    """
    source, destination, length = UDP_HEADER.unpack_from(data, offset)
    end = min(end, offset + length) if length else end
    tunnel = UDP_TUNNELS.get(destination)
    if tunnel is None and destination >= FIRST_FREE_PORT:
        tunnel = UDP_TUNNELS.get(source)
    if tunnel is None:
        raise UndecodableError(NAMED_PORTS.get(destination) or NAMED_PORTS.get(source) or "UDP")
    return tunnel(data, offset + UDP_HEADER.size, end)


def _esp_in_udp(data: bytes, offset: int, end: int) -> Next:
    """RFC 3948: four zero bytes begin a message of IKE, one byte is a keepalive, all else is encrypted."""
    keyed = end - offset > 1 and U32.unpack_from(data, offset)[0]
    raise UndecodableError("encrypted (ESP)" if keyed else "not TCP")


TUNNELS: dict[int, Reader] = {
    IP_IN_IP: skip(0, IPV4),
    UDP: _udp,
    IPV6_IN_IP: skip(0, IPV6),
    GRE: gre,
    ETHER_IP: skip(ETHER_IP_BYTES, TRANSPARENT_ETHERNET),
    MPLS_IN_IP: skip(0, MPLS),
    ETHERNET_IN_IP: skip(0, TRANSPARENT_ETHERNET),
}

# https://www.iana.org/assignments/service-names-port-numbers; 8472 is Linux's own for VXLAN.
UDP_TUNNELS: dict[int, Reader] = {
    1701: l2tp,
    2123: gtp,
    2152: gtp,
    3386: gtp,
    3544: teredo,
    4341: lisp,
    ESP_IN_UDP: _esp_in_udp,
    4754: gre,
    4789: vxlan,
    4790: vxlan_gpe,
    5072: ayiya,
    5247: capwap,
    6081: geneve,
    6635: mpls_in_udp,
    8472: vxlan,
    37008: tzsp,
}
