from struct import pack

import pytest

from tcpwatch.wire.ip import Datagram
from tcpwatch.wire.layer import IPV4, IPV6, MPLS, PPP, TRANSPARENT_ETHERNET, UndecodableError
from tcpwatch.wire.wrappers import tunnels
from tcpwatch.wire.wrappers.tunnels import inside_tunnel

HEADERS = {
    "IPv4": (tunnels.IP_IN_IP, b"", IPV4),
    "IPv6": (tunnels.IPV6_IN_IP, b"", IPV6),
    "MPLS": (tunnels.MPLS_IN_IP, b"", MPLS),
    "EtherIP": (tunnels.ETHER_IP, b"\x30\x00", TRANSPARENT_ETHERNET),
    "GRE": (tunnels.GRE, b"\x00\x00\x08\x00", IPV4),
    "GRE with a key": (tunnels.GRE, b"\x20\x00\x65\x58" + bytes(4), TRANSPARENT_ETHERNET),
    "GRE with checksum and sequence": (tunnels.GRE, b"\x90\x00\x86\xdd" + bytes(8), IPV6),
    "PPTP with acknowledgment": (tunnels.GRE, b"\x30\x81\x88\x0b" + bytes(12), PPP),
    "VXLAN": (tunnels.UDP, pack("!HHHH", 50000, 4789, 0, 0) + bytes(8), TRANSPARENT_ETHERNET),
    "GENEVE with options": (tunnels.UDP, pack("!HHHH", 50000, 6081, 0, 0) + b"\x02\x00\x65\x58" + bytes(12), 0x6558),
}


@pytest.mark.parametrize(("protocol", "header", "ethertype"), HEADERS.values(), ids=HEADERS)
def test_tunnel_carries(protocol: int, header: bytes, ethertype: int) -> None:
    data = b"outer" + header + b"inner"
    assert inside_tunnel(Datagram(b"", protocol, data, 5, len(data))) == (ethertype, 5 + len(header), len(data))


@pytest.mark.parametrize(
    ("protocol", "header", "reason"),
    [(1, bytes(8), "not TCP"), (tunnels.UDP, pack("!HHHH", 4789, 53, 0, 0), "UDP")],
    ids=["ICMP", "UDP from the VXLAN port"],
)
def test_datagram_that_is_no_tunnel(protocol: int, header: bytes, reason: str) -> None:
    with pytest.raises(UndecodableError, match=reason):
        inside_tunnel(Datagram(b"", protocol, header, 0, len(header)))
