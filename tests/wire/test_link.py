import struct
from contextlib import suppress
from struct import pack

import pytest

from tcpwatch.wire import link
from tcpwatch.wire.layer import IPV4, IPV6, LLC, TRANSPARENT_ETHERNET, Reader, UndecodableError
from tcpwatch.wire.link import network_layer

ADDRESSES = bytes(12)
V4 = b"\x45"
V6 = b"\x60"

FRAMES = {
    "ethernet": (link.LINKTYPE_ETHERNET, ADDRESSES + b"\x08\x00", V4),
    "ethernet, IPv6": (link.LINKTYPE_ETHERNET, ADDRESSES + b"\x86\xdd", V6),
    "VLAN": (link.LINKTYPE_ETHERNET, ADDRESSES + b"\x81\x00\x00\x05\x08\x00", V4),
    "QinQ": (link.LINKTYPE_ETHERNET, ADDRESSES + b"\x88\xa8\x00\x05\x81\x00\x00\x06\x86\xdd", V6),
    "QinQ before 802.1ad": (link.LINKTYPE_ETHERNET, ADDRESSES + b"\x91\x00\x00\x05\x81\x00\x00\x06\x08\x00", V4),
    "802.3 with SNAP": (link.LINKTYPE_ETHERNET, ADDRESSES + b"\x00\x40\xaa\xaa\x03\x00\x00\x00\x08\x00", V4),
    "VLAN with SNAP": (
        link.LINKTYPE_ETHERNET,
        ADDRESSES + b"\x81\x00\x00\x05\x00\x40\xaa\xaa\x03\x00\x00\x00\x08\x00",
        V4,
    ),
    "MPLS, two labels": (link.LINKTYPE_ETHERNET, ADDRESSES + b"\x88\x47\x00\x01\x00\x40\x00\x02\x01\x40", V4),
    "PPPoE": (link.LINKTYPE_ETHERNET, ADDRESSES + b"\x88\x64\x11\x00\x00\x01\x00\x2a\x00\x21", V4),
    "PPPoE over QinQ, IPv6": (
        link.LINKTYPE_ETHERNET,
        ADDRESSES + b"\x88\xa8\x00\x05\x81\x00\x00\x06\x88\x64\x11\x00\x00\x01\x00\x2a\x00\x57",
        V6,
    ),
    "PPP": (link.LINKTYPE_PPP, b"\x00\x21", V4),
    "PPP, compressed protocol": (link.LINKTYPE_PPP, b"\x57", V6),
    "PPP in HDLC framing": (link.LINKTYPE_PPP_HDLC, b"\xff\x03\x00\x57", V6),
    "PPP with MPLS": (link.LINKTYPE_PPP, b"\x02\x81\x00\x01\x01\x40", V6),
    "FDDI": (link.LINKTYPE_FDDI, bytes(13) + b"\xaa\xaa\x03\x00\x00\x00\x08\x00", V4),
    "wireless": (link.LINKTYPE_IEEE802_11, b"\x08\x02" + bytes(22) + b"\xaa\xaa\x03\x00\x00\x00\x08\x00", V4),
    "Cisco HDLC": (link.LINKTYPE_C_HDLC, b"\x0f\x00\x08\x00", V4),
    "Linux cooked": (link.LINKTYPE_LINUX_SLL, bytes(14) + b"\x08\x00", V4),
    "Linux cooked, VLAN": (link.LINKTYPE_LINUX_SLL, bytes(14) + b"\x81\x00\x00\x05\x86\xdd", V6),
    "Linux cooked v2": (link.LINKTYPE_LINUX_SLL2, b"\x86\xdd" + bytes(18), V6),
    "BSD NULL, little endian": (link.LINKTYPE_NULL, pack("<I", 2), V4),
    "BSD NULL, big endian": (link.LINKTYPE_NULL, pack(">I", 2), V4),
    "macOS lo0, IPv6": (link.LINKTYPE_NULL, pack("<I", 30), V6),
    "FreeBSD lo0, IPv6": (link.LINKTYPE_NULL, pack("<I", 28), V6),
    "OpenBSD LOOP, IPv6": (link.LINKTYPE_LOOP, pack(">I", 24), V6),
    "Linux family, IPv6": (link.LINKTYPE_NULL, pack("<I", 10), V6),
    "RAW": (link.LINKTYPE_RAW, b"", V4),
    "RAW, IPv6": (link.LINKTYPE_RAW, b"", V6),
    "RAW as BSD numbers it": (link.DLT_RAW_BSD, b"", V6),
    "RAW as OpenBSD numbers it": (link.DLT_RAW_OPENBSD, b"", V4),
    "IPV4": (link.LINKTYPE_IPV4, b"", V4),
    "IPV6": (link.LINKTYPE_IPV6, b"", V6),
}


@pytest.mark.parametrize(("link_type", "header", "first_byte"), FRAMES.values(), ids=FRAMES)
def test_network_layer_is_found_behind(link_type: int, header: bytes, first_byte: bytes) -> None:
    expected = IPV4 if first_byte == V4 else IPV6
    assert network_layer(link_type, header + first_byte, 200, [])[:2] == (expected, len(header))


def test_link_type_unknown() -> None:
    with pytest.raises(UndecodableError, match="link type 147"):
        network_layer(147, b"\x45" * 40, 40, [])


@pytest.mark.parametrize(
    "header",
    [ADDRESSES + b"\x81\x00\x00\x05" * 9, ADDRESSES + b"\x88\x47" + b"\x00\x01\x00\x40" * 9],
    ids=["VLAN", "MPLS"],
)
def test_tags_without_end(header: bytes) -> None:
    with pytest.raises(UndecodableError, match="more than 8 tags"):
        network_layer(link.LINKTYPE_ETHERNET, header + bytes(8), 200, [])


def test_llc_other_than_snap() -> None:
    with pytest.raises(UndecodableError, match="not TCP"):
        network_layer(link.LINKTYPE_ETHERNET, ADDRESSES + b"\x00\x26\x42\x42\x03" + bytes(35), 52, [])


@pytest.mark.parametrize("reader", link.LINK_LAYERS.values())
def test_link_layer_of_other_protocol_leads_nowhere(reader: Reader) -> None:
    with suppress(UndecodableError, struct.error):
        ethertype, _, _ = reader(bytes(40), 0, 40)
        assert ethertype in (0, LLC, IPV4, IPV6, TRANSPARENT_ETHERNET)
