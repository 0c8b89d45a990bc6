from struct import pack

import pytest

from tcpwatch.wire import ethernet as wire
from tcpwatch.wire.layer import UndecodableError
from tcpwatch.wire.segment import Segment
from tests.wire.frames import ethernet, ipv4, ipv6, tcp
from tests.wire.test_decode import decode

SNAP = b"\xaa\xaa\x03\x00\x00\x00\x08\x00"
INNER = ipv4(tcp(b"data"))
FRAME = ethernet(INNER)
WRAPPED = {
    "802.1ah I-TAG": (0x88E7, bytes(4) + FRAME),
    "VN-tag": (0x8926, bytes(4) + b"\x08\x00" + INNER),
    "VN-tag before a VLAN": (0x8926, bytes(4) + b"\x81\x00\x00\x05\x08\x00" + INNER),
    "802.1BR E-tag": (0x893F, bytes(6) + b"\x08\x00" + INNER),
    "FabricPath": (0x8903, b"\x01\x40" + FRAME),
    "HSR": (0x892F, b"\x10\x40\x00\x07\x08\x00" + INNER),
    "802.1CB R-tag": (0xF1C1, bytes(4) + b"\x08\x00" + INNER),
    "MACsec, integrity only": (0x88E5, bytes(6) + b"\x08\x00" + INNER + b"i" * 16),
    "MACsec with a channel": (0x88E5, b"\x20" + bytes(13) + b"\x08\x00" + INNER + b"i" * 16),
    "NSH": (0x894F, pack("!BBBBI", 0, 6, 1, 1, 255) + bytes(16) + INNER),
    "NSH with Ethernet": (0x894F, pack("!BBBBI", 0, 2, 2, 3, 255) + FRAME),
    "TRILL": (0x22F3, b"\x00\x3f" + bytes(4) + FRAME),
    "TRILL with options": (0x22F3, b"\x00\x7f" + bytes(8) + FRAME),
    "Cisco metadata": (0x8909, b"\x01\x01\x00\x01\x00\x05\x08\x00" + INNER),
    "LLC with the access point of IP": (len(INNER) + 3, b"\x06\x06\x03" + INNER),
    "SNAP of Cisco": (len(INNER) + 8, b"\xaa\xaa\x03\x00\x00\xf8\x08\x00" + INNER),
    "jumbo LLC": (0x8870, SNAP + INNER),
    "MPLS with IPv6": (0x8847, pack("!II", 0x10040, 0x20140) + ipv6(tcp(b"data"))),
    "Ethernet behind MPLS": (0x8847, pack("!I", 0x10140) + FRAME),
    "Ethernet behind MPLS and a control word": (0x8847, pack("!I", 0x10140) + bytes(4) + FRAME),
}


@pytest.mark.parametrize(("ethertype", "body"), WRAPPED.values(), ids=WRAPPED)
@pytest.mark.parametrize("tags", [b"", b"\x00\x05\x81\x00\x00\x06"], ids=["plain", "in QinQ"])
def test_wrapped_segment_is_found(tags: bytes, ethertype: int, body: bytes) -> None:
    frame = ethernet(tags + pack("!H", ethertype) + body, 0x88A8) if tags else ethernet(body, ethertype)
    segment = decode(frame)
    assert isinstance(segment, Segment)
    assert (segment.length, segment.payload) == (4, b"data")
    assert segment.vlan[: len(tags) // 3] == ((5, 6) if tags else ())


def test_isl_encloses_a_frame() -> None:
    segment = decode(b"\x01\x00\x0c\x00\x00\x00" + bytes(6) + pack("!H", len(FRAME)) + bytes(12) + FRAME)
    assert isinstance(segment, Segment)


@pytest.mark.parametrize("tag", [b"", b"\x00\x05\x81\x00"], ids=["802.3", "VLAN"])
def test_802_3_length_excludes_the_trailer(tag: bytes) -> None:
    body = pack("!H", 8 + 40) + SNAP + ipv4(tcp(), total_length=0) + b"trailer"
    segment = decode(bytes(12) + (b"\x81\x00\x00\x05" if tag else b"") + body)
    assert isinstance(segment, Segment)
    assert segment.length == 0


UNKNOWN = {
    "EtherType 0x88b5": ethernet(bytes(40), 0x88B5),
    "LLC SAP 0x98": ethernet(b"\x98\x98\x03" + bytes(40), 43),
    "SNAP organization 00e02b": ethernet(b"\xaa\xaa\x03\x00\xe0\x2b\x00\xbb" + bytes(40), 48),
    "NSH protocol 9": ethernet(pack("!BBBBI", 0, 2, 1, 9, 255) + INNER, 0x894F),
    "MPLS payload": ethernet(pack("!I", 0x10140) + bytes(40), 0x8847),
    "encrypted frame": ethernet(b"\x0c" + bytes(60), 0x88E5),
    "not TCP": ethernet(b"\x42\x42\x03" + bytes(40), 43),
}


@pytest.mark.parametrize("reason", UNKNOWN)
def test_unknown_content_is_named(reason: str) -> None:
    assert decode(UNKNOWN[reason]) == reason


def test_token_ring_with_a_route() -> None:
    header = b"\x10\x40" + bytes(6) + b"\x80" + bytes(5) + b"\x06" + bytes(5)
    assert wire.token_ring(header, 0, 99) == (4, len(header), 99)


def test_token_ring_of_the_ring_itself() -> None:
    with pytest.raises(UndecodableError, match="not TCP"):
        wire.token_ring(bytes(20), 0, 20)


def test_priority_tag_is_no_vlan() -> None:
    segment = decode(ethernet(b"\xe0\x00\x08\x00" + INNER, 0x8100))
    assert isinstance(segment, Segment)
    assert segment.vlan == ()


def test_vlan_of_a_tunnel_is_not_that_of_the_connection() -> None:
    outer = ipv4(bytes.fromhex("00006558") + ethernet(b"\x00\x07\x86\xdd" + ipv6(tcp()), 0x8100), protocol=47)
    segment = decode(ethernet(b"\x00\x05\x08\x00" + outer, 0x8100))
    assert isinstance(segment, Segment)
    assert segment.vlan == (7,)


TAG = b"\x00\x05\x08\x00"


@pytest.mark.parametrize(
    ("ethertype", "data", "first"),
    [
        (0x0800, INNER, 0x0800),
        (0x0800, TAG + INNER, 0x8100),
        (0x0800, b"\x40\x05\x08\x00" + INNER, 0x8100),
        (0x86DD, b"\x60\x05\x86\xdd" + ipv6(tcp()), 0x8100),
        (0x0800, b"\x00\x05\x81\x00" + TAG + INNER, 0x8100),
        (0x0800, ipv4(bytes(2028), ident=0x4567), 0x0800),
        (0x8100, TAG + INNER, 0x8100),
        (0x8100, INNER, 0x0800),
        (0x88A8, ipv6(tcp()), 0x86DD),
        (0x0806, bytes(28), 0x0806),
        (0x0800, b"\x45", 0x0800),
    ],
    ids=[
        "IP",
        "tag left in",
        "tag like a version",
        "tag like that of IPv6",
        "two tags",
        "IP of 2,048 bytes",
        "tag named",
        "tag named, IP there",
        "tag named, IPv6 there",
        "ARP",
        "cut",
    ],
)
def test_cooked_frame_begins_with(ethertype: int, data: bytes, first: int) -> None:
    assert wire.cooked_protocol(ethertype, data, 0) == first
