from struct import pack

import pytest

from tcpwatch.wire import link
from tcpwatch.wire.segment import Segment
from tests.wire.frames import ethernet, ipv4, ipv6, tcp
from tests.wire.test_decode import decode

INNER = ipv4(tcp(b"data"))
INNER_6 = ipv6(tcp(b"data"))
SNAP = b"\xaa\xaa\x03\x00\x00\x00\x08\x00"
ADDRESS = b"\x18\x41"
LINKS = {
    "PPPoE without Ethernet": (link.LINKTYPE_PPP_ETHER, b"\x11\0\0\1" + pack("!H", len(INNER) + 2) + b"\0\x21" + INNER),
    "Cisco HDLC under PPP": (link.LINKTYPE_PPP, b"\x0f\x00\x08\x00" + INNER),
    "Cisco HDLC, multicast": (link.LINKTYPE_PPP_HDLC, b"\x8f\x00\x86\xdd" + INNER_6),
    "PPP under Cisco HDLC": (link.LINKTYPE_C_HDLC, b"\xff\x03\x00\x21" + INNER),
    "PPP multilink, whole": (link.LINKTYPE_PPP, b"\x00\x3d\xc0\x00\x00\x07\x00\x21" + INNER),
    "PPP with a direction": (link.LINKTYPE_PPP_WITH_DIR, b"\x01\xff\x03\x00\x21" + INNER),
    "PPP of pppd": (link.LINKTYPE_PPP_PPPD, b"\x01\x03\x00\x57" + INNER_6),
    "Cisco HDLC with a direction": (link.LINKTYPE_C_HDLC_WITH_DIR, b"\x01\x0f\x00\x08\x00" + INNER),
    "frame relay": (link.LINKTYPE_FRELAY, ADDRESS + b"\x03\xcc" + INNER),
    "frame relay, long address": (link.LINKTYPE_FRELAY, b"\x18\x40\x00\x01\x03\x8e" + INNER_6),
    "frame relay, SNAP": (link.LINKTYPE_FRELAY, ADDRESS + b"\x03\x00\x80\x00\x00\x00\x08\x00" + INNER),
    "frame relay of Cisco": (link.LINKTYPE_FRELAY, ADDRESS + b"\x08\x00" + INNER),
    "frame relay, bridged": (link.LINKTYPE_FRELAY, ADDRESS + b"\x03\x00\x80\x00\x80\xc2\x00\x07" + ethernet(INNER)),
    "frame relay, PPP": (link.LINKTYPE_FRELAY, ADDRESS + b"\x03\xcf\x00\x21" + INNER),
    "frame relay with a direction": (link.LINKTYPE_FRELAY_WITH_DIR, b"\x01" + ADDRESS + b"\x03\xcc" + INNER),
    "ATM": (link.LINKTYPE_ATM, SNAP + INNER),
    "ATM, bridged": (link.LINKTYPE_ATM, b"\xaa\xaa\x03\x00\x80\xc2\x00\x07\x00\x00" + ethernet(INNER)),
    "ATM of Sun": (link.LINKTYPE_SUNATM, b"\x02\x00\x00\x21" + SNAP + INNER),
}


@pytest.mark.parametrize(("link_type", "frame"), LINKS.values(), ids=LINKS)
def test_segment_on_a_point_to_point_link(link_type: int, frame: bytes) -> None:
    segment = decode(frame, link_type)
    assert isinstance(segment, Segment)
    assert segment.payload == b"data"


def test_pppoe_length_excludes_padding() -> None:
    body = ipv4(tcp(), total_length=0)
    session = b"\x11\0\0\1" + pack("!H", len(body) + 2) + b"\0\x21" + body
    segment = decode(ethernet(session + bytes(6), 0x8864))
    assert isinstance(segment, Segment)
    assert segment.length == 0


WITHOUT = {
    "discovery": (link.LINKTYPE_PPP_ETHER, b"\x11\x09" + bytes(20), "not TCP"),
    "LCP": (link.LINKTYPE_PPP, b"\xff\x03\xc0\x21" + bytes(20), "not TCP"),
    "compressed headers": (link.LINKTYPE_PPP, b"\xff\x03\x00\x2d" + bytes(20), "PPP protocol 0x002d"),
    "part of a packet": (link.LINKTYPE_PPP, b"\x00\x3d\x80" + bytes(20), "fragment of PPP multilink"),
    "SLARP": (link.LINKTYPE_C_HDLC, b"\x8f\x00\x80\x35" + bytes(20), "not TCP"),
    "LMI": (link.LINKTYPE_FRELAY, b"\x00\x01\x03\x08" + bytes(20), "not TCP"),
    "frame relay of others": (link.LINKTYPE_FRELAY, ADDRESS + b"\x03\xb1" + bytes(20), "frame relay protocol 0xb1"),
}


@pytest.mark.parametrize(("link_type", "frame", "reason"), WITHOUT.values(), ids=WITHOUT)
def test_link_without_a_segment(link_type: int, frame: bytes, reason: str) -> None:
    assert decode(frame, link_type) == reason
