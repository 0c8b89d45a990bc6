from struct import pack

import pytest

from tcpwatch.wire.segment import Segment
from tests.wire.frames import IPV6, ethernet, ipv4, ipv6, tcp
from tests.wire.test_decode import decode


def udp(body: bytes, destination: int, source: int = 50_000, length: int | None = None) -> bytes:
    return pack("!HHHH", source, destination, 8 + len(body) if length is None else length, 0) + body


INNER = ipv4(tcp(b"data"))
INNER_6 = ipv6(tcp(b"data"))
FRAME = ethernet(INNER)
VNI = b"\x00\x00\x01\x00"
WLAN = bytes(22) + b"\xaa\xaa\x03\x00\x00\x00\x08\x00" + INNER
OVERLAYS = {
    "VXLAN": udp(b"\x08\x00\x00\x00" + VNI + FRAME, 4789),
    "VXLAN on Linux's port": udp(b"\x08\x00\x00\x00" + VNI + FRAME, 8472),
    "VXLAN-GPE with IPv4": udp(b"\x0c\x00\x00\x01" + VNI + INNER, 4790),
    "VXLAN-GPE with IPv6": udp(b"\x0c\x00\x00\x02" + VNI + INNER_6, 4790),
    "VXLAN-GPE with NSH": udp(b"\x0c\x00\x00\x04" + VNI + pack("!BBBBI", 0, 2, 1, 3, 255) + FRAME, 4790),
    "GRE": udp(b"\x20\x00\x08\x00" + bytes(4) + INNER, 4754),
    "MPLS": udp(pack("!II", 0x10040, 0x20140) + INNER_6, 6635),
    "LISP": udp(b"\xc0" + bytes(7) + INNER, 4341),
    "Teredo": udp(INNER_6, 3544),
    "Teredo to the client": udp(b"\x00\x00\xf2\x27" + bytes(4) + INNER_6, 50_000, 3544),
    "Teredo, authenticated": udp(b"\x00\x01\x00\x00" + bytes(9) + b"\x00\x00\xf2\x27" + bytes(4) + INNER_6, 3544),
    "AYIYA": udp(b"\x44\x52\x11\x29" + bytes(4 + 16 + 20) + INNER_6, 5072),
    "CAPWAP with Ethernet": udp(b"\x00\x10" + bytes(6) + FRAME, 5247),
    "CAPWAP with a radio's frame": udp(b"\x00\x10\x01" + bytes(5) + b"\x08\x01" + WLAN, 5247),
    "CAPWAP with swapped bytes": udp(b"\x00\x10\x01" + bytes(5) + b"\x01\x08" + WLAN, 5247),
    "TZSP": udp(b"\x01\x00\x00\x01\x0a\x01\x01\x00\x01" + FRAME, 37008),
}
OUTER = {
    "IPv4": lambda body: ethernet(ipv4(body, protocol=17)),
    "IPv6": lambda body: ethernet(ipv6(body, next_header=17), IPV6),
    "VLAN": lambda body: ethernet(b"\x00\x05\x08\x00" + ipv4(body, protocol=17), 0x8100),
}


@pytest.mark.parametrize("outer", OUTER)
@pytest.mark.parametrize("body", OVERLAYS.values(), ids=OVERLAYS)
def test_segment_in_an_overlay_is_found(outer: str, body: bytes) -> None:
    segment = decode(OUTER[outer](body))
    assert isinstance(segment, Segment)
    assert segment.payload == b"data"


WITHOUT = {
    "UDP": udp(bytes(40), 53),
    "encrypted (WireGuard)": udp(bytes(40), 51_820),
    "encrypted (ESP)": udp(b"spi!" + bytes(40), 4500),
    "encrypted frame": udp(b"\x01" + bytes(40), 5247),
    "fragment of CAPWAP": udp(b"\x00\x10\x00\x80" + bytes(40), 5247),
    "TZSP protocol 5": udp(b"\x01\x00\x00\x05\x01" + bytes(40), 37008),
    "not TCP": udp(b"\x00\x10\x00\x08" + bytes(40), 5247),
}


@pytest.mark.parametrize("reason", WITHOUT)
def test_overlay_without_a_segment_is_named(reason: str) -> None:
    assert decode(ethernet(ipv4(WITHOUT[reason], protocol=17))) == reason


@pytest.mark.parametrize(("length", "payload_bytes"), [(8 + 40, 0), (0, 9)], ids=["known", "left to offload"])
def test_udp_length_ends_the_datagram(length: int, payload_bytes: int) -> None:
    body = ipv4(tcp(), total_length=0) + bytes(9)
    segment = decode(ethernet(ipv4(udp(b"\xc0" + bytes(7) + body, 4341, length=length and length + 8), protocol=17)))
    assert isinstance(segment, Segment)
    assert segment.length == payload_bytes
