"""Generic routing encapsulation and what mirrors, routers and access points put into it (RFC 2784, 2890, 2637).

Rule: as in `link`. GRE's protocols are EtherTypes, apart from the rows of `GRE_PROTOCOLS`.
"""

from collections.abc import Callable
from struct import Struct

from tcpwatch.wire.ethernet import raw_ip
from tcpwatch.wire.ip import DATAGRAM_READERS, ETHERTYPES_WITHOUT_TCP
from tcpwatch.wire.layer import ARUBA_80211, IPV4, TRANSPARENT_ETHERNET, U8, U16, U32, Next, UndecodableError
from tcpwatch.wire.link import WRAPPERS

GRE_HEADER = Struct("!HH")
CHECKSUM_OR_ROUTING, ROUTING, KEY, SEQUENCE, ACKNOWLEDGMENT = 0xC000, 0x4000, 0x2000, 0x1000, 0x0080
VERSION = 0x0007
MAX_ROUTES = 16

# https://www.iana.org/assignments/gre-parameters, and numbers that vendors took
KEEPALIVE = 0
CISCO_DISCOVERY = 0x2000
ERSPAN_3 = 0x22EB
EOIP = 0x6400
WCCP = 0x883E
ERSPAN = 0x88BE
ARUBA_TUNNELS = range(0x8200, 0x8380, 0x10)  # each access point's radio has its own

ERSPAN_2_BYTES, ERSPAN_3_BYTES, ERSPAN_3_SUBHEADER_BYTES = 8, 12, 8
ERSPAN_FRAME_TYPE, ERSPAN_IP = 0x7C00, 2
ERSPAN_VERSION_3 = 2
WCCP_REDIRECT_BYTES = 4

Inside = Callable[[bytes, int, int, int], Next]
"""`(data, offset, end)` behind the GRE header, and its flags -> what follows."""


def gre(data: bytes, offset: int, end: int) -> Next:
    """The protocol inside; PPTP (version 1) and EoIP have its length in the upper half of the key."""
    flags, protocol = GRE_HEADER.unpack_from(data, offset)
    offset += GRE_HEADER.size
    if flags & CHECKSUM_OR_ROUTING:
        offset += 4
    key = U32.unpack_from(data, offset)[0] if flags & KEY else 0
    offset += 4 * sum(bool(flags & bit) for bit in (KEY, SEQUENCE, ACKNOWLEDGMENT))
    if flags & ROUTING and not flags & VERSION:
        offset = _behind_routes(data, offset)
    if flags & VERSION:
        if not key >> 16 and not flags & SEQUENCE:  # PPTP acknowledges, EoIP keeps alive
            raise UndecodableError("not TCP")
        end = min(end, offset + (key >> 16)) if key >> 16 else end
    inside = GRE_PROTOCOLS.get(protocol)
    if inside is not None:
        return inside(data, offset, end, flags)
    if protocol in WRAPPERS or protocol in DATAGRAM_READERS:
        return protocol, offset, end
    raise UndecodableError("not TCP" if protocol in NOT_TCP else f"GRE protocol 0x{protocol:04x}")


def _behind_routes(data: bytes, offset: int) -> int:
    """RFC 1701: routes, each with its length; the last is empty."""
    for _ in range(MAX_ROUTES):
        (length,) = U8.unpack_from(data, offset + 3)
        offset += 4 + length
        if not length:
            return offset
    raise UndecodableError("GRE routes")


def _erspan(data: bytes, offset: int, end: int, flags: int) -> Next:
    """draft-foschiano-erspan-03: without a sequence number type I, which has no header; else the version says."""
    if not flags & SEQUENCE:
        return TRANSPARENT_ETHERNET, offset, end
    version = U8.unpack_from(data, offset)[0] >> 4
    if version == ERSPAN_VERSION_3:
        return _erspan_3(data, offset, end, flags)
    return TRANSPARENT_ETHERNET, offset + ERSPAN_2_BYTES, end


def _erspan_3(data: bytes, offset: int, end: int, _flags: int) -> Next:
    (fields,) = U16.unpack_from(data, offset + 10)
    offset += ERSPAN_3_BYTES + (ERSPAN_3_SUBHEADER_BYTES if fields & 1 else 0)
    if (fields & ERSPAN_FRAME_TYPE) >> 10 == ERSPAN_IP:
        return raw_ip(data, offset, end)
    return TRANSPARENT_ETHERNET, offset, end


def _eoip(_data: bytes, offset: int, end: int, _flags: int) -> Next:
    """MikroTik's Ethernet over IP."""
    return TRANSPARENT_ETHERNET, offset, end


def _wccp(data: bytes, offset: int, end: int, _flags: int) -> Next:
    """Version 2 has a redirect header, and the same number; where no IPv4 header begins, there is one."""
    if U8.unpack_from(data, offset)[0] >> 4 != 4:
        offset += WCCP_REDIRECT_BYTES
    return IPV4, offset, end


def _aruba(_data: bytes, offset: int, end: int, _flags: int) -> Next:
    return ARUBA_80211, offset, end


NOT_TCP = {KEEPALIVE, CISCO_DISCOVERY, *ETHERTYPES_WITHOUT_TCP}
GRE_PROTOCOLS: dict[int, Inside] = {
    ERSPAN: _erspan,
    ERSPAN_3: _erspan_3,
    EOIP: _eoip,
    WCCP: _wccp,
    **dict.fromkeys(ARUBA_TUNNELS, _aruba),
}
