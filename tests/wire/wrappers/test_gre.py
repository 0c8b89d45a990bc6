from struct import pack

import pytest

from tcpwatch.wire.segment import Segment
from tests.wire.frames import IPV6, ethernet, ipv4, ipv6, tcp
from tests.wire.test_decode import decode

INNER = ipv4(tcp(b"data"))
FRAME = ethernet(INNER)
TAGGED = ethernet(b"\x00\x09\x08\x00" + INNER, 0x8100)
MIRRORED = {
    "ERSPAN I": pack("!HH", 0, 0x88BE) + FRAME,
    "ERSPAN II": pack("!HHI", 0x1000, 0x88BE, 7) + b"\x10\x00" + bytes(6) + TAGGED,
    "ERSPAN III": pack("!HHI", 0x1000, 0x22EB, 7) + b"\x20\x00" + bytes(10) + FRAME,
    "ERSPAN III with a subheader": pack("!HHI", 0x1000, 0x22EB, 7) + b"\x20" + bytes(10) + b"\x01" + bytes(8) + TAGGED,
    "ERSPAN III with IP": pack("!HHI", 0x1000, 0x22EB, 7) + b"\x20" + bytes(9) + b"\x08\x00" + INNER,
    "ERSPAN III under the number of II": pack("!HHI", 0x1000, 0x88BE, 7) + b"\x20\x00" + bytes(10) + FRAME,
    "EoIP": pack("!HHHH", 0x2001, 0x6400, len(FRAME), 7) + FRAME,
    "WCCP": pack("!HH", 0, 0x883E) + INNER,
    "WCCP with a redirect header": pack("!HH", 0, 0x883E) + bytes(4) + INNER,
    "NSH": pack("!HHBBBBI", 0, 0x894F, 0, 2, 1, 1, 255) + INNER,
    "VLAN": pack("!HHHH", 0, 0x8100, 5, 0x0800) + INNER,
    "MPLS with key and sequence": pack("!HHIII", 0x3000, 0x8847, 1, 2, 0x10140) + INNER,
    "source routes": pack("!HHI", 0x4000, 0x0800, 0) + b"\x08\x00\x00\x04" + bytes(8) + INNER,
    "an access point's A-MSDU": pack("!HH", 0, 0x8240)
    + b"\x88\x01"
    + bytes(22)
    + b"\x80\x00"
    + bytes(12)
    + pack("!H", len(INNER) + 8)
    + b"\xaa\xaa\x03\x00\x00\x00\x08\x00"
    + INNER,
}
OUTER = {
    "IPv4": lambda body: ethernet(ipv4(body, protocol=47)),
    "IPv6": lambda body: ethernet(ipv6(body, next_header=47), IPV6),
    "QinQ": lambda body: ethernet(b"\x00\x05\x81\x00\x00\x06\x08\x00" + ipv4(body, protocol=47), 0x88A8),
}


@pytest.mark.parametrize("outer", OUTER)
@pytest.mark.parametrize("body", MIRRORED.values(), ids=MIRRORED)
def test_mirrored_segment_is_found(outer: str, body: bytes) -> None:
    segment = decode(OUTER[outer](body))
    assert isinstance(segment, Segment)
    assert segment.payload == b"data"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (pack("!HH", 0, 0x88B7) + bytes(40), "GRE protocol 0x88b7"),
        (pack("!HH", 0, 0) + bytes(40), "not TCP"),
        (pack("!HHI", 0x2081, 0x880B, 0) + bytes(4), "not TCP"),
        (pack("!HHHH", 0x2001, 0x6400, 0, 7), "not TCP"),
        (pack("!HHI", 0x4000, 0x0800, 0) + b"\x08\x00\x00\x01" * 60, "GRE routes"),
    ],
    ids=["unknown", "keepalive", "acknowledgment of PPTP", "keepalive of EoIP", "routes without end"],
)
def test_gre_without_a_segment(body: bytes, reason: str) -> None:
    assert decode(ethernet(ipv4(body, protocol=47))) == reason


def test_length_in_the_key_ends_the_frame() -> None:
    inner = ethernet(ipv4(tcp(), total_length=0))
    segment = decode(ethernet(ipv4(pack("!HHHH", 0x2001, 0x6400, len(inner), 7) + inner + bytes(9), protocol=47)))
    assert isinstance(segment, Segment)
    assert segment.length == 0
