from struct import pack

import pytest

from tcpwatch.wire import link
from tcpwatch.wire.segment import Segment
from tests.wire.frames import ethernet, ipv4, ipv6, tcp
from tests.wire.test_decode import decode

INNER = ipv4(tcp(b"data"))
INNER_6 = ipv6(tcp(b"data"))
WLAN = b"\x88\x02" + bytes(24)
SNAP = b"\xaa\xaa\x03\x00\x00\x00\x08\x00"
RADIO = b"\x00\x00\x08\x00" + bytes(4)


def attribute(kind: int, value: bytes, order: str = "<") -> bytes:
    return pack(order + "HH", 4 + len(value), kind) + value + bytes(-len(value) % 4)


def erf(kind: int) -> bytes:
    return bytes(8) + bytes([kind]) + bytes(7)


LINKS = {
    "NFLOG": (239, b"\x02\x00\x00\x05" + attribute(10, b"eth\0") + attribute(9, INNER)),
    "NFLOG of a big-endian host": (239, b"\x0a\x00\x00\x05" + attribute(10, b"a", ">") + attribute(9, INNER_6, ">")),
    "NFLOG of a bridge": (239, b"\x07\x00\x00\x05" + attribute(1, b"\x08\x00\x01\x00") + attribute(9, INNER)),
    "PFLOG": (117, b"\x3d\x02" + bytes(62) + INNER),
    "PFLOG of OpenBSD, IPv6": (117, b"\x48\x18" + bytes(70) + INNER_6),
    "PPI": (192, pack("<BBHI", 0, 0, 8, 1) + ethernet(INNER)),
    "PPI with wireless": (192, pack("<BBHI", 0, 0, 32, 105) + bytes(24) + WLAN + SNAP + INNER),
    "PKTAP": (258, pack("<III", 108, 1, 1) + bytes(96) + ethernet(INNER)),
    "Prism": (119, pack("<II", 0x44, 144) + bytes(136) + WLAN + SNAP + INNER),
    "AVS under Prism": (119, pack("!II", 0x80211001, 64) + bytes(56) + WLAN + SNAP + INNER),
    "AVS": (163, pack("!II", 0x80211001, 64) + bytes(56) + WLAN + SNAP + INNER),
    "radiotap, padded": (127, pack("<BBHI", 0, 0, 9, 2) + b"\x20" + WLAN + b"\0\0" + SNAP + INNER),
    "radiotap, timestamp, padded": (127, pack("<BBHI8xB", 0, 0, 17, 3, 32) + WLAN + b"\0\0" + SNAP + INNER),
    "radiotap, two words, padded": (
        127,
        pack("<BBHII12xB", 0, 0, 25, 0x8000_0003, 0, 32) + WLAN + b"\0\0" + SNAP + INNER,
    ),
    "ENC": (109, pack("<I", 2) + bytes(8) + INNER),
    "IPNET": (226, b"\x01\x1a" + bytes(22) + INNER_6),
    "FireWire": (138, bytes(16) + b"\x08\x00" + INNER),
    "ERF": (197, erf(2) + bytes(2) + ethernet(INNER)),
    "ERF with extensions": (197, erf(0x82) + b"\x80" + bytes(15) + bytes(2) + ethernet(INNER)),
    "ERF with HDLC": (197, erf(1) + b"\x0f\x00\x08\x00" + INNER),
    "ERF with IP": (197, erf(22) + INNER),
    "cooked radio": (113, pack("!HHH8xH", 0, 803, 6, 4) + RADIO + WLAN + SNAP + INNER),
    "cooked radio v2": (276, pack("!HHIHBB8x", 4, 0, 3, 803, 0, 6) + RADIO + WLAN + SNAP + INNER),
}


@pytest.mark.parametrize(("link_type", "frame"), LINKS.values(), ids=LINKS)
def test_segment_behind_a_header_of_the_capture(link_type: int, frame: bytes) -> None:
    segment = decode(frame, link_type)
    assert isinstance(segment, Segment)
    assert segment.payload == b"data"


WITHOUT = {
    "NFLOG without a packet": (239, b"\x02\x00\x00\x05" + attribute(10, b"eth\0"), "not TCP"),
    "attribute without length": (239, b"\x02\x00\x00\x05" + bytes(40), "not TCP"),
    "address family": (0, pack("<I", 7) + bytes(40), "address family 7"),
    "PPI in PPI": (192, pack("<BBHI", 0, 0, 8, 192) * 9, "link type 192"),
    "PPI with another link": (192, pack("<BBHI", 0, 0, 8, 147), "link type 147"),
    "ERF of another type": (197, erf(7) + bytes(40), "ERF type 7"),
    "netlink": (link.LINKTYPE_LINUX_SLL, pack("!HHH8xH", 0, 824, 0, 0), "not TCP"),
    "IP version": (101, bytes(40), "IP version 0"),
}


@pytest.mark.parametrize(("link_type", "frame", "reason"), WITHOUT.values(), ids=WITHOUT)
def test_header_without_a_segment(link_type: int, frame: bytes, reason: str) -> None:
    assert decode(frame, link_type) == reason
