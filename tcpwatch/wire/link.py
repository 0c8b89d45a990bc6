"""From the first byte of a frame to its network layer: link layers by number, then tags, labels and session headers.

Rule: a reader is one small function `(data, offset, end) -> (EtherType, offset, end)` and a row in a table. The
numbers are those of https://www.tcpdump.org/linktypes.html.
"""

from tcpwatch.wire.ethernet import (
    MAX_TAGS,
    cisco_metadata,
    cooked_protocol,
    ethernet,
    fddi,
    llc,
    macsec,
    mpls,
    nsh,
    raw_ip,
    token_ring,
    trill,
    vlan,
)
from tcpwatch.wire.layer import (
    ARUBA_80211,
    BACKBONE_SERVICE,
    CENTRINO_80211,
    CISCO_METADATA,
    E_TAG,
    FABRIC_PATH,
    HSR,
    IPV4,
    IPV6,
    JUMBO_LLC,
    LITTLE_U16,
    LITTLE_U32,
    LLC,
    MACSEC,
    MPLS,
    MPLS_UPSTREAM,
    NSH,
    OLD_SERVICE_VLAN,
    PPP,
    PPPOE_SESSION,
    REDUNDANCY_TAG,
    SERVICE_VLAN,
    TRANSPARENT_ETHERNET,
    TRILL,
    U16,
    VLAN,
    VN_TAG,
    Next,
    Reader,
    UndecodableError,
    ethertype_at,
    skip,
)
from tcpwatch.wire.pseudo import bsd_loopback, enc, erf, ipnet, nflog, pflog
from tcpwatch.wire.serial import (
    c_hdlc_after_direction,
    frame_relay,
    frame_relay_after_direction,
    ppp,
    ppp_after_direction,
    ppp_or_cisco,
    pppoe,
    sun_atm,
)
from tcpwatch.wire.wlan import avs, centrino, ieee80211, prism, radiotap

LINKTYPE_NULL = 0
LINKTYPE_ETHERNET = 1
LINKTYPE_TOKEN_RING = 6
LINKTYPE_PPP = 9
LINKTYPE_FDDI = 10
DLT_ATM_BSD = 11
DLT_RAW_BSD = 12
DLT_RAW_OPENBSD = 14
LINKTYPE_PPP_HDLC = 50
LINKTYPE_PPP_ETHER = 51
LINKTYPE_ATM = 100
LINKTYPE_RAW = 101
LINKTYPE_C_HDLC = 104
LINKTYPE_IEEE802_11 = 105
LINKTYPE_FRELAY = 107
LINKTYPE_LOOP = 108
LINKTYPE_ENC = 109
LINKTYPE_LINUX_SLL = 113
LINKTYPE_PFLOG = 117
LINKTYPE_PRISM = 119
LINKTYPE_SUNATM = 123
LINKTYPE_IEEE802_11_RADIOTAP = 127
LINKTYPE_APPLE_IP_OVER_IEEE1394 = 138
LINKTYPE_IEEE802_11_AVS = 163
LINKTYPE_PPP_PPPD = 166
LINKTYPE_PPI = 192
LINKTYPE_ERF = 197
LINKTYPE_PPP_WITH_DIR = 204
LINKTYPE_C_HDLC_WITH_DIR = 205
LINKTYPE_FRELAY_WITH_DIR = 206
LINKTYPE_IPNET = 226
LINKTYPE_IPV4 = 228
LINKTYPE_IPV6 = 229
LINKTYPE_NFLOG = 239
LINKTYPE_NETANALYZER = 240
LINKTYPE_PKTAP = 258
DLT_USER2_PKTAP = 149  # what macOS wrote before the number was assigned
LINKTYPE_ETHERNET_MPACKET = 274
LINKTYPE_LINUX_SLL2 = 276

VLAN_TAGS = {VLAN, SERVICE_VLAN, OLD_SERVICE_VLAN}
VLAN_ID = 0x0FFF

# include/uapi/linux/if_arp.h: devices whose frames Linux cooks with their own header still before them.
SLL_HARDWARE_TYPE_AT, SLL2_HARDWARE_TYPE_AT = 2, 8
COOKED_FRAMES: dict[int, Reader] = {801: ieee80211, 802: prism, 803: radiotap}
ARPHRD_NETLINK = 824


def network_layer(link_type: int, data: bytes, end: int, vlans: list[int]) -> Next:
    """EtherType, offset and end of the network layer in a frame of this link type, after tags, which go to `vlans`."""
    first = LINK_LAYERS.get(link_type)
    if first is None:
        raise UndecodableError(f"link type {link_type}")
    return below_tags(first(data, 0, end), data, vlans)


def below_tags(layer: Next, data: bytes, vlans: list[int]) -> Next:
    """Skip headers that only wrap another EtherType; at most `MAX_TAGS`. The VLAN ids are appended to `vlans`.

    The id 0 is left out: such a tag has a priority and no VLAN (IEEE 802.1Q §6.9).
    """
    ethertype, offset, end = layer
    for _ in range(MAX_TAGS):
        wrapper = WRAPPERS.get(ethertype)
        if wrapper is None:
            return ethertype, offset, end
        if ethertype in VLAN_TAGS and (number := U16.unpack_from(data, offset)[0] & VLAN_ID):
            vlans.append(number)
        ethertype, offset, end = wrapper(data, offset, end)
    raise UndecodableError(f"more than {MAX_TAGS} tags")


def _linux_sll(data: bytes, offset: int, end: int) -> Next:
    return _cooked(data, offset + SLL_HARDWARE_TYPE_AT, offset + 14, offset + 16, end)


def _linux_sll2(data: bytes, offset: int, end: int) -> Next:
    return _cooked(data, offset + SLL2_HARDWARE_TYPE_AT, offset, offset + 20, end)


def _cooked(data: bytes, hardware_type_at: int, type_at: int, network_at: int, end: int) -> Next:
    (hardware_type,), (ethertype,) = U16.unpack_from(data, hardware_type_at), U16.unpack_from(data, type_at)
    if hardware_type == ARPHRD_NETLINK:
        raise UndecodableError("not TCP")
    if hardware_type in COOKED_FRAMES:
        return COOKED_FRAMES[hardware_type](data, network_at, end)
    return cooked_protocol(ethertype, data, network_at), network_at, end


def _ppi(data: bytes, offset: int, end: int) -> Next:
    """Per-packet information: its length and the link type of the frame."""
    return _inner_link(data, offset + LITTLE_U16.unpack_from(data, offset + 2)[0], end, offset + 4)


def _pktap(data: bytes, offset: int, end: int) -> Next:
    """Darwin's header with the name of the process: its length, and at 8 the link type of the frame."""
    return _inner_link(data, offset + LITTLE_U32.unpack_from(data, offset)[0], end, offset + 8)


def _inner_link(data: bytes, offset: int, end: int, link_type_at: int) -> Next:
    (link_type,) = LITTLE_U32.unpack_from(data, link_type_at)
    inner = LINK_LAYERS.get(link_type)
    if inner is None or inner in (_ppi, _pktap):
        raise UndecodableError(f"link type {link_type}")
    return inner(data, offset, end)


LINK_LAYERS: dict[int, Reader] = {
    LINKTYPE_NULL: bsd_loopback,
    LINKTYPE_ETHERNET: ethernet,
    LINKTYPE_TOKEN_RING: token_ring,
    LINKTYPE_PPP: ppp_or_cisco,
    LINKTYPE_FDDI: fddi,
    DLT_ATM_BSD: llc,
    DLT_RAW_BSD: raw_ip,
    DLT_RAW_OPENBSD: raw_ip,
    LINKTYPE_PPP_HDLC: ppp_or_cisco,
    LINKTYPE_PPP_ETHER: pppoe,
    LINKTYPE_ATM: llc,
    LINKTYPE_RAW: raw_ip,
    LINKTYPE_C_HDLC: ppp_or_cisco,
    LINKTYPE_IEEE802_11: ieee80211,
    LINKTYPE_FRELAY: frame_relay,
    LINKTYPE_LOOP: bsd_loopback,
    LINKTYPE_ENC: enc,
    LINKTYPE_LINUX_SLL: _linux_sll,
    LINKTYPE_PFLOG: pflog,
    LINKTYPE_PRISM: prism,
    LINKTYPE_SUNATM: sun_atm,
    LINKTYPE_IEEE802_11_RADIOTAP: radiotap,
    LINKTYPE_APPLE_IP_OVER_IEEE1394: ethertype_at(16, 18),
    DLT_USER2_PKTAP: _pktap,
    LINKTYPE_IEEE802_11_AVS: avs,
    LINKTYPE_PPP_PPPD: ppp_after_direction,
    LINKTYPE_PPI: _ppi,
    LINKTYPE_ERF: erf,
    LINKTYPE_PPP_WITH_DIR: ppp_after_direction,
    LINKTYPE_C_HDLC_WITH_DIR: c_hdlc_after_direction,
    LINKTYPE_FRELAY_WITH_DIR: frame_relay_after_direction,
    LINKTYPE_IPNET: ipnet,
    LINKTYPE_IPV4: skip(0, IPV4),
    LINKTYPE_IPV6: skip(0, IPV6),
    LINKTYPE_NFLOG: nflog,
    LINKTYPE_NETANALYZER: skip(4, TRANSPARENT_ETHERNET),
    LINKTYPE_PKTAP: _pktap,
    LINKTYPE_ETHERNET_MPACKET: skip(8, TRANSPARENT_ETHERNET),
    LINKTYPE_LINUX_SLL2: _linux_sll2,
}

WRAPPERS: dict[int, Reader] = {
    LLC: llc,
    JUMBO_LLC: llc,
    TRANSPARENT_ETHERNET: ethernet,
    VLAN: vlan,
    SERVICE_VLAN: vlan,
    OLD_SERVICE_VLAN: vlan,
    BACKBONE_SERVICE: skip(4, TRANSPARENT_ETHERNET),
    VN_TAG: ethertype_at(4, 6),
    E_TAG: ethertype_at(6, 8),
    HSR: ethertype_at(4, 6),
    REDUNDANCY_TAG: ethertype_at(4, 6),
    FABRIC_PATH: skip(2, TRANSPARENT_ETHERNET),
    CISCO_METADATA: cisco_metadata,
    MACSEC: macsec,
    NSH: nsh,
    TRILL: trill,
    ARUBA_80211: ieee80211,
    CENTRINO_80211: centrino,
    MPLS: mpls,
    MPLS_UPSTREAM: mpls,
    PPPOE_SESSION: pppoe,
    PPP: ppp,
}
