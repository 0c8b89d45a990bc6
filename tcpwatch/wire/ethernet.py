"""Ethernet and what stands between its addresses and IP: tags, LLC, labels, the headers of data centre fabrics.

Rule: as in `link`. Where a payload does not say what it is (MPLS, RFC 4928), the reader looks at it, and says so.
"""

from struct import Struct

from tcpwatch.wire.layer import (
    IPV4,
    IPV6,
    LLC,
    MPLS,
    NSH,
    PPPOE_SESSION,
    SERVICE_VLAN,
    TRANSPARENT_ETHERNET,
    U8,
    U16,
    U32,
    VLAN,
    Next,
    UndecodableError,
)

MAX_TAGS = 8
SMALLEST_ETHERTYPE = 0x0600
ETHERNET_BYTES = 14
BOTTOM_OF_STACK = 0x100
ISL_DESTINATIONS = (b"\x01\x00\x0c\x00\x00", b"\x03\x00\x0c\x00\x00")
ISL_BYTES = 26

IP_VERSIONS = {4: IPV4, 6: IPV6}
IPV4_HEADER_WORDS = 5
TAGS = (VLAN, SERVICE_VLAN)
COOKED_PROTOCOLS = (IPV4, IPV6, *TAGS)
PSEUDOWIRE_PAYLOADS = (IPV4, IPV6, VLAN, SERVICE_VLAN, MPLS, PPPOE_SESSION)

# IEEE 802.2 service access points, and IEEE 802 organization codes under which SNAP has an EtherType (RFC 1042).
SAP_IP = 0x06
SAP_SNAP = 0xAA
UNNUMBERED = 0x03
ETHERTYPE_CODES = (b"\x00\x00\x00", b"\x00\x00\xf8", b"\x08\x00\x07")  # RFC 1042, Cisco, Apple
BRIDGED_CODE = b"\x00\x80\xc2"  # RFC 2684, RFC 2427
BRIDGED_ETHERNET = (1, 7)  # with and without the check sequence
SAPS_WITHOUT_TCP = {0x00, 0x42, 0x7E, 0xE0, 0xF0, 0xFE, 0xFF}  # null, STP, X.25, IPX, NetBIOS, OSI, raw IPX

MACSEC_HEADER_BYTES, MACSEC_CHANNEL_BYTES, MACSEC_CHECK_BYTES = 6, 8, 16
MACSEC_CHANNEL_PRESENT, MACSEC_CHANGED = 0x20, 0x0C


def ethernet(data: bytes, offset: int, end: int) -> Next:
    """Ethernet II, IEEE 802.3 with a length, or Cisco ISL, which encloses a frame."""
    (ethertype,) = U16.unpack_from(data, offset + 12)
    if ethertype >= SMALLEST_ETHERTYPE:
        return ethertype, offset + ETHERNET_BYTES, end
    if data[offset : offset + 5] in ISL_DESTINATIONS:
        return TRANSPARENT_ETHERNET, offset + ISL_BYTES, end
    return LLC, offset + ETHERNET_BYTES, min(end, offset + ETHERNET_BYTES + ethertype)


def vlan(data: bytes, offset: int, end: int) -> Next:
    """IEEE 802.1Q: the tag, then an EtherType or a length."""
    (ethertype,) = U16.unpack_from(data, offset + 2)
    if ethertype >= SMALLEST_ETHERTYPE:
        return ethertype, offset + 4, end
    return LLC, offset + 4, min(end, offset + 4 + ethertype)


def llc(data: bytes, offset: int, end: int) -> Next:
    """IEEE 802.2; the control field has one byte if the frame is unnumbered, else two."""
    (sap,), (control,) = U8.unpack_from(data, offset), U8.unpack_from(data, offset + 2)
    after = offset + (3 if control & UNNUMBERED == UNNUMBERED else 4)
    if sap == SAP_SNAP:
        return snap(data, after, end)
    if sap == SAP_IP:
        return raw_ip(data, after, end)
    raise UndecodableError("not TCP" if sap in SAPS_WITHOUT_TCP else f"LLC SAP 0x{sap:02x}")


def snap(data: bytes, offset: int, end: int, bridged_padding: int = 2) -> Next:
    """An organization code and a protocol number of that organization; ATM pads before a bridged frame."""
    code, (protocol,) = data[offset : offset + 3], U16.unpack_from(data, offset + 3)
    if code in ETHERTYPE_CODES:
        return protocol, offset + 5, end
    if code == BRIDGED_CODE and protocol in BRIDGED_ETHERNET:
        return TRANSPARENT_ETHERNET, offset + 5 + bridged_padding, end
    raise UndecodableError("not TCP" if code == b"\x00\x00\x0c" else f"SNAP organization {code.hex()}")


def cooked_protocol(ethertype: int, data: bytes, offset: int) -> int:
    """What a frame without its link header begins with, where the kernel names `ethertype` as its protocol.

    That may be the protocol behind tags which are still in the data (Linux 6.10 and later), or that of a tag behind
    which the data begins (older ones, of a frame that goes out). So the data decides: IP has its version in its first
    bits; a tag has the EtherType after two bytes, where IPv4 has its length.
    """
    first = data[offset : offset + 5]
    if len(first) < 5 or ethertype not in COOKED_PROTOCOLS:
        return ethertype
    version, inner = first[0] >> 4, int.from_bytes(first[2:4])
    tagged = inner in TAGS or IP_VERSIONS.get(first[4] >> 4) == inner
    if ethertype in TAGS:
        return ethertype if tagged else IP_VERSIONS.get(version, ethertype)
    if not tagged or (IP_VERSIONS.get(version) == ethertype and first[0] & 0xF == IPV4_HEADER_WORDS):
        return ethertype
    return VLAN


def raw_ip(data: bytes, offset: int, end: int) -> Next:
    """IP without anything before it: the version says which."""
    version = U8.unpack_from(data, offset)[0] >> 4
    if version not in IP_VERSIONS:
        raise UndecodableError(f"IP version {version}")
    return IP_VERSIONS[version], offset, end


def mpls(data: bytes, offset: int, end: int) -> Next:
    """RFC 3032. The labels do not say what they carry: IP by its version, else a pseudowire (RFC 4385, RFC 4448).

    An Ethernet pseudowire is recognized by a known EtherType in its place, behind a control word or without one.
    """
    for label in range(offset, offset + 4 * MAX_TAGS, 4):
        if U32.unpack_from(data, label)[0] & BOTTOM_OF_STACK:
            return _below_labels(data, label + 4, end)
    raise UndecodableError(f"more than {MAX_TAGS} tags")


def _below_labels(data: bytes, offset: int, end: int) -> Next:
    version = U8.unpack_from(data, offset)[0] >> 4
    if version in IP_VERSIONS:
        return IP_VERSIONS[version], offset, end
    for frame in (offset + 4, offset) if version == 0 else (offset,):
        if int.from_bytes(data[frame + 12 : frame + 14]) in PSEUDOWIRE_PAYLOADS:
            return TRANSPARENT_ETHERNET, frame, end
    raise UndecodableError("MPLS payload")


def macsec(data: bytes, offset: int, end: int) -> Next:
    """IEEE 802.1AE with integrity only; a check value follows the frame."""
    (control,) = U8.unpack_from(data, offset)
    if control & MACSEC_CHANGED:
        raise UndecodableError("encrypted frame")
    offset += MACSEC_HEADER_BYTES + (MACSEC_CHANNEL_BYTES if control & MACSEC_CHANNEL_PRESENT else 0)
    return U16.unpack_from(data, offset)[0], offset + 2, end - MACSEC_CHECK_BYTES


def trill(data: bytes, offset: int, end: int) -> Next:
    """RFC 6325 §3: the length of the options is in fours."""
    (flags,) = U16.unpack_from(data, offset)
    return TRANSPARENT_ETHERNET, offset + 6 + 4 * (flags >> 6 & 0x1F), end


def cisco_metadata(data: bytes, offset: int, end: int) -> Next:
    """Version, length in fours (as in a security group tag's header), options, then the EtherType."""
    length = 2 + 4 * max(1, U8.unpack_from(data, offset + 1)[0])
    return U16.unpack_from(data, offset + length)[0], offset + length + 2, end


def fddi(_data: bytes, offset: int, end: int) -> Next:
    """Frame control and two addresses, then LLC."""
    return LLC, offset + 13, end


def token_ring(data: bytes, offset: int, end: int) -> Next:
    """IEEE 802.5; a routing field follows where the first bit of the source address is set."""
    (control,), (source,) = U8.unpack_from(data, offset + 1), U8.unpack_from(data, offset + 8)
    if control & 0xC0 != 0x40:
        raise UndecodableError("not TCP")
    routing_bytes = U8.unpack_from(data, offset + 14)[0] & 0x1F if source & 0x80 else 0
    return LLC, offset + 14 + routing_bytes, end


NSH_BASE = Struct("!xBxB")
# Next protocol of NSH (RFC 8300 §2.2) and VXLAN-GPE: the first five are the same.
SERVICE_PROTOCOLS: dict[int, int] = {1: IPV4, 2: IPV6, 3: TRANSPARENT_ETHERNET, 4: NSH, 5: MPLS}


def service_protocol(number: int) -> int:
    """The EtherType of a next protocol."""
    if number not in SERVICE_PROTOCOLS:
        raise UndecodableError(f"NSH protocol {number}")
    return SERVICE_PROTOCOLS[number]


def nsh(data: bytes, offset: int, end: int) -> Next:
    """RFC 8300: the length is in fours."""
    words, protocol = NSH_BASE.unpack_from(data, offset)
    return service_protocol(protocol), offset + 4 * (words & 0x3F), end
