"""Headers that no wire ever carried: what systems and capture cards put before a frame to tell where it was seen.

Rule: as in `link`. Some name the link type of the frame that follows; `below` holds one such name at most.
"""

from struct import Struct

from tcpwatch.wire.ethernet import IP_VERSIONS, raw_ip
from tcpwatch.wire.layer import IPV4, IPV6, TRANSPARENT_ETHERNET, U8, U16, U32, Next, UndecodableError
from tcpwatch.wire.serial import ppp_or_cisco

# AF_INET is 2 everywhere; AF_INET6 is 10 on Linux, 24 on NetBSD and OpenBSD, 26 on Solaris, 28 on FreeBSD, 30 on macOS.
ADDRESS_FAMILIES = {2: IPV4, 10: IPV6, 24: IPV6, 26: IPV6, 28: IPV6, 30: IPV6}

NFLOG_HEADER_BYTES = 4
NFLOG_ATTRIBUTES = (Struct("<HH"), Struct(">HH"))  # of the capturing host; nothing says which
NFULA_PACKET_HDR, NFULA_PAYLOAD = 1, 9  # include/uapi/linux/netfilter/nfnetlink_log.h
MAX_ATTRIBUTES = 64

ENC_BYTES = 12
IPNET_BYTES = 24

ERF_BYTES = 16
ERF_EXTENSION_BYTES = 8
ERF_MORE = 0x80
ERF_ETHERNET_PAD = 2
MAX_EXTENSIONS = 8
# https://www.tcpdump.org/linktypes/LINKTYPE_ERF.html; each with colours, hashes and channels
ERF_ETHERNET = (2, 11, 16, 20)
ERF_HDLC = (1, 10, 15, 17)
ERF_CHANNEL_HDLC = (5,)
ERF_IP = (22, 23)


def family(number: int) -> int:
    """The EtherType of a BSD address family."""
    if number not in ADDRESS_FAMILIES:
        raise UndecodableError(f"address family {number}")
    return ADDRESS_FAMILIES[number]


def bsd_loopback(data: bytes, offset: int, end: int) -> Next:
    """NULL has the family in the capturing host's byte order, LOOP in network order: the wrong order gives > 0xFFFF."""
    return family(_host_order(data, offset)), offset + 4, end


def enc(data: bytes, offset: int, end: int) -> Next:
    """OpenBSD's and FreeBSD's enc0: what IPsec decrypted. Family, SPI, flags."""
    return family(_host_order(data, offset)), offset + ENC_BYTES, end


def _host_order(data: bytes, offset: int) -> int:
    (number,) = U32.unpack_from(data, offset)
    return int(number) if number <= 0xFFFF else int.from_bytes(data[offset : offset + 4], "little")


def ipnet(data: bytes, offset: int, end: int) -> Next:
    """Solaris (LINKTYPE_IPNET)."""
    return family(U8.unpack_from(data, offset + 1)[0]), offset + IPNET_BYTES, end


def pflog(data: bytes, offset: int, end: int) -> Next:
    """What pf logged: the length of the header without its padding, the address family."""
    (length,), (number,) = U8.unpack_from(data, offset), U8.unpack_from(data, offset + 1)
    return family(number), offset + (length + 3 & ~3), end


def nflog(data: bytes, offset: int, end: int) -> Next:
    """What netfilter logged: attributes, of which one is the packet and one has its EtherType."""
    (number,) = U8.unpack_from(data, offset)
    for order in NFLOG_ATTRIBUTES:
        place, ethertype = offset + NFLOG_HEADER_BYTES, ADDRESS_FAMILIES.get(number, 0)
        for _ in range(MAX_ATTRIBUTES):
            if place + order.size > len(data):
                break
            length, kind = order.unpack_from(data, place)
            if length < order.size:
                break
            if kind & 0x7FFF == NFULA_PAYLOAD:
                return _logged(ethertype, data, place + order.size, min(end, place + length))
            if kind & 0x7FFF == NFULA_PACKET_HDR and not ethertype:
                (ethertype,) = U16.unpack_from(data, place + order.size)
            place += length + 3 & ~3
    raise UndecodableError("not TCP")


def _logged(ethertype: int, data: bytes, offset: int, end: int) -> Next:
    return (ethertype, offset, end) if ethertype else raw_ip(data, offset, end)


def erf(data: bytes, offset: int, end: int) -> Next:
    """Endace's extensible record format: a record header, extension headers, then by the type of the record."""
    (kind,) = U8.unpack_from(data, offset + 8)
    more, offset = kind, offset + ERF_BYTES
    for _ in range(MAX_EXTENSIONS):
        if not more & ERF_MORE:
            break
        (more,) = U8.unpack_from(data, offset)
        offset += ERF_EXTENSION_BYTES
    kind &= ~ERF_MORE
    if kind in ERF_ETHERNET:
        return TRANSPARENT_ETHERNET, offset + ERF_ETHERNET_PAD, end
    if kind in ERF_IP:
        return raw_ip(data, offset, end)
    if kind in ERF_CHANNEL_HDLC:
        offset += 4
    elif kind not in ERF_HDLC:
        raise UndecodableError(f"ERF type {kind}")
    return (raw_ip if U8.unpack_from(data, offset)[0] >> 4 in IP_VERSIONS else ppp_or_cisco)(data, offset, end)
