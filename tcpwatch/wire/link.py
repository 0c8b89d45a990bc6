"""From the first byte of a frame to its network layer: link layers by number, then tags, labels and session headers.

Rule: a reader is one small function `(data, offset) -> (EtherType, offset)` and a row in a table. The
numbers are those of https://www.tcpdump.org/linktypes.html.
"""

from collections.abc import Callable

from tcpwatch.wire.layer import (
    ARUBA_80211,
    IPV4,
    IPV6,
    LLC,
    MPLS,
    MPLS_UPSTREAM,
    OLD_SERVICE_VLAN,
    PPP,
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
from tcpwatch.wire.wlan import ieee80211, radiotap

LINKTYPE_NULL = 0
LINKTYPE_ETHERNET = 1
LINKTYPE_PPP = 9
LINKTYPE_FDDI = 10
DLT_RAW_BSD = 12
DLT_RAW_OPENBSD = 14
LINKTYPE_PPP_HDLC = 50
LINKTYPE_RAW = 101
LINKTYPE_C_HDLC = 104
LINKTYPE_IEEE802_11 = 105
LINKTYPE_LOOP = 108
LINKTYPE_LINUX_SLL = 113
LINKTYPE_IEEE802_11_RADIOTAP = 127
LINKTYPE_IPV4 = 228
LINKTYPE_IPV6 = 229
LINKTYPE_LINUX_SLL2 = 276

MAX_TAGS = 8
SMALLEST_ETHERTYPE = 0x0600
PPP_ADDRESS_AND_CONTROL = 0xFF03
BOTTOM_OF_STACK = 0x100
SNAP = b"\xaa\xaa\x03\x00\x00\x00"

# AF_INET is 2 everywhere; AF_INET6 is 10 on Linux, 24 on NetBSD and OpenBSD, 28 on FreeBSD, 30 on macOS.
ADDRESS_FAMILIES = {2: IPV4, 10: IPV6, 24: IPV6, 28: IPV6, 30: IPV6}
IP_VERSIONS = {4: IPV4, 6: IPV6}
PPP_PROTOCOLS = {0x21: IPV4, 0x57: IPV6, 0x281: MPLS, 0x283: MPLS_UPSTREAM}


def network_layer(link_type: int, data: bytes) -> Next:
    """EtherType and offset of the network layer in a frame of this link type, after tags."""
    first = LINK_LAYERS.get(link_type)
    if first is None:
        raise UndecodableError(f"link type {link_type}")
    return below_tags(*first(data, 0), data)


def below_tags(ethertype: int, offset: int, data: bytes) -> Next:
    """Skip headers that only wrap another EtherType; at most `MAX_TAGS`."""
    for _ in range(MAX_TAGS):
        wrapper = WRAPPERS.get(ethertype)
        if wrapper is None:
            return ethertype, offset
        ethertype, offset = wrapper(data, offset)
    raise UndecodableError(f"more than {MAX_TAGS} tags")


def _ethernet(data: bytes, offset: int) -> Next:
    (ethertype,) = U16.unpack_from(data, offset + 12)
    return ethertype if ethertype >= SMALLEST_ETHERTYPE else LLC, offset + 14


def _vlan(data: bytes, offset: int) -> Next:
    (ethertype,) = U16.unpack_from(data, offset + 2)
    return ethertype if ethertype >= SMALLEST_ETHERTYPE else LLC, offset + 4


def _llc(data: bytes, offset: int) -> Next:
    if data[offset : offset + 6] != SNAP:
        raise UndecodableError("not TCP")
    return U16.unpack_from(data, offset + 6)[0], offset + 8


def _fddi(_data: bytes, offset: int) -> Next:
    return LLC, offset + 13


def _mpls(data: bytes, offset: int) -> Next:
    for label in range(offset, offset + 4 * MAX_TAGS, 4):
        if U32.unpack_from(data, label)[0] & BOTTOM_OF_STACK:
            return _raw_ip(data, label + 4)
    raise UndecodableError(f"more than {MAX_TAGS} tags")


def _pppoe(data: bytes, offset: int) -> Next:
    return _ppp(data, offset + 6)


def _ppp(data: bytes, offset: int) -> Next:
    """RFC 1661 and 1662: address and control may be omitted, the protocol may be one (odd) byte long."""
    if U16.unpack_from(data, offset)[0] == PPP_ADDRESS_AND_CONTROL:
        offset += 2
    (protocol,) = U8.unpack_from(data, offset)
    if protocol & 1:
        offset += 1
    else:
        (protocol,) = U16.unpack_from(data, offset)
        offset += 2
    return PPP_PROTOCOLS.get(protocol, 0), offset


def _c_hdlc(data: bytes, offset: int) -> Next:
    return U16.unpack_from(data, offset + 2)[0], offset + 4


def _linux_sll(data: bytes, offset: int) -> Next:
    return U16.unpack_from(data, offset + 14)[0], offset + 16


def _linux_sll2(data: bytes, offset: int) -> Next:
    return U16.unpack_from(data, offset)[0], offset + 20


def _bsd_loopback(data: bytes, offset: int) -> Next:
    """NULL has the family in the capturing host's byte order, LOOP in network order: the wrong order gives > 0xFFFF."""
    (family,) = U32.unpack_from(data, offset)
    if family > 0xFFFF:
        family = int.from_bytes(data[offset : offset + 4], "little")
    return ADDRESS_FAMILIES.get(family, 0), offset + 4


def _raw_ip(data: bytes, offset: int) -> Next:
    return IP_VERSIONS.get(U8.unpack_from(data, offset)[0] >> 4, 0), offset


def _ipv4(_data: bytes, offset: int) -> Next:
    return IPV4, offset


def _ipv6(_data: bytes, offset: int) -> Next:
    return IPV6, offset


LINK_LAYERS: dict[int, Callable[[bytes, int], Next]] = {
    LINKTYPE_NULL: _bsd_loopback,
    LINKTYPE_ETHERNET: _ethernet,
    LINKTYPE_PPP: _ppp,
    LINKTYPE_FDDI: _fddi,
    DLT_RAW_BSD: _raw_ip,
    DLT_RAW_OPENBSD: _raw_ip,
    LINKTYPE_PPP_HDLC: _ppp,
    LINKTYPE_RAW: _raw_ip,
    LINKTYPE_C_HDLC: _c_hdlc,
    LINKTYPE_IEEE802_11: ieee80211,
    LINKTYPE_LOOP: _bsd_loopback,
    LINKTYPE_LINUX_SLL: _linux_sll,
    LINKTYPE_IEEE802_11_RADIOTAP: radiotap,
    LINKTYPE_IPV4: _ipv4,
    LINKTYPE_IPV6: _ipv6,
    LINKTYPE_LINUX_SLL2: _linux_sll2,
}

WRAPPERS: dict[int, Callable[[bytes, int], Next]] = {
    LLC: _llc,
    TRANSPARENT_ETHERNET: _ethernet,
    VLAN: _vlan,
    SERVICE_VLAN: _vlan,
    OLD_SERVICE_VLAN: _vlan,
    ARUBA_80211: ieee80211,
    MPLS: _mpls,
    MPLS_UPSTREAM: _mpls,
    PPPOE_SESSION: _pppoe,
    PPP: _ppp,
}
