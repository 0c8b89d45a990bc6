"""Networks laid over UDP: in data centres (VXLAN, GENEVE, GPE, GRE, MPLS, LISP) and for IPv6 (Teredo, AYIYA).

Rule: as in `link`; `(data, offset, end)` begin behind the UDP header. RFC 7348, 8926, 8086, 7510, 9300, 4380.
"""

from struct import Struct

from tcpwatch.wire.ethernet import raw_ip, service_protocol
from tcpwatch.wire.layer import IPV4, IPV6, MPLS, TRANSPARENT_ETHERNET, U8, U16, Next, Reader, UndecodableError, skip
from tcpwatch.wire.wlan import ieee80211, ieee80211_swapped

VXLAN_HEADER_BYTES = 8
GENEVE_HEADER = Struct("!BxH4x")
GENEVE_OPTION_WORDS = 0x3F
LISP_HEADER_BYTES = 8

TEREDO_AUTHENTICATION, TEREDO_ORIGIN = 1, 0
TEREDO_ORIGIN_BYTES, TEREDO_NONCE_BYTES = 8, 9

AYIYA_HEADER = Struct("!4B4x")
AYIYA_FORWARD = 1
AYIYA_PROTOCOLS = {4: IPV4, 41: IPV6}

CAPWAP_HEADER = Struct("!4B4x")
CAPWAP_ENCRYPTED, CAPWAP_NATIVE, CAPWAP_FRAGMENT, CAPWAP_KEEPALIVE = 0x01, 0x01, 0x80, 0x08

TZSP_HEADER = Struct("!BBH")
TZSP_PACKETS = (0, 1)  # received, to be sent
TZSP_PADDING, TZSP_END = 0, 1
TZSP_FRAMES: dict[int, Reader] = {1: skip(0, TRANSPARENT_ETHERNET), 18: ieee80211}
MAX_FIELDS = 32

vxlan = skip(VXLAN_HEADER_BYTES, TRANSPARENT_ETHERNET)
mpls_in_udp = skip(0, MPLS)


def vxlan_gpe(data: bytes, offset: int, end: int) -> Next:
    """draft-ietf-nvo3-vxlan-gpe: the next protocol is the fourth byte."""
    return service_protocol(U8.unpack_from(data, offset + 3)[0]), offset + VXLAN_HEADER_BYTES, end


def geneve(data: bytes, offset: int, end: int) -> Next:
    """RFC 8926: the length of the options is in fours."""
    version_and_words, ethertype = GENEVE_HEADER.unpack_from(data, offset)
    return ethertype, offset + GENEVE_HEADER.size + 4 * (version_and_words & GENEVE_OPTION_WORDS), end


def lisp(data: bytes, offset: int, end: int) -> Next:
    """RFC 9300 §5: flags, nonce, instance; then IP."""
    return raw_ip(data, offset + LISP_HEADER_BYTES, end)


def teredo(data: bytes, offset: int, end: int) -> Next:
    """RFC 4380 §5.1.1: perhaps an authentication header, perhaps the origin, then IPv6."""
    if U16.unpack_from(data, offset)[0] == TEREDO_AUTHENTICATION:
        client, value = data[offset + 2 : offset + 4] if len(data) >= offset + 4 else (0, 0)
        offset += 4 + client + value + TEREDO_NONCE_BYTES
    if U16.unpack_from(data, offset)[0] == TEREDO_ORIGIN:
        offset += TEREDO_ORIGIN_BYTES
    return raw_ip(data, offset, end)


def ayiya(data: bytes, offset: int, end: int) -> Next:
    """draft-massar-v6ops-ayiya-02: identity of 2^n bytes, signature in fours, then a protocol of IP."""
    identity, signature, operation, protocol = AYIYA_HEADER.unpack_from(data, offset)
    if operation & 0x0F != AYIYA_FORWARD or protocol not in AYIYA_PROTOCOLS:
        raise UndecodableError("not TCP" if operation & 0x0F != AYIYA_FORWARD else f"IP protocol {protocol}")
    offset += AYIYA_HEADER.size + (1 << (identity >> 4)) + 4 * (signature >> 4)
    return AYIYA_PROTOCOLS[protocol], offset, end


def capwap(data: bytes, offset: int, end: int) -> Next:
    """RFC 5415 §4: the header's length is in fours; the frame is the radio's own, or Ethernet."""
    preamble, length, native, flags = CAPWAP_HEADER.unpack_from(data, offset)
    if preamble & 0x0F == CAPWAP_ENCRYPTED:
        raise UndecodableError("encrypted frame")
    if flags & CAPWAP_KEEPALIVE:
        raise UndecodableError("not TCP")
    if flags & CAPWAP_FRAGMENT:
        raise UndecodableError("fragment of CAPWAP")
    offset += 4 * (length >> 3)
    return ieee80211_swapped(data, offset, end) if native & CAPWAP_NATIVE else (TRANSPARENT_ETHERNET, offset, end)


def tzsp(data: bytes, offset: int, end: int) -> Next:
    """TaZmen Sniffer Protocol, in which routers mirror: tagged fields, then a frame."""
    _, kind, encapsulation = TZSP_HEADER.unpack_from(data, offset)
    if kind not in TZSP_PACKETS:
        raise UndecodableError("not TCP")
    offset += TZSP_HEADER.size
    for _ in range(MAX_FIELDS):
        (tag,) = U8.unpack_from(data, offset)
        offset += 1
        if tag == TZSP_END:
            if encapsulation not in TZSP_FRAMES:
                raise UndecodableError(f"TZSP protocol {encapsulation}")
            return TZSP_FRAMES[encapsulation](data, offset, end)
        if tag != TZSP_PADDING:
            offset += 1 + U8.unpack_from(data, offset)[0]
    raise UndecodableError("TZSP fields")
