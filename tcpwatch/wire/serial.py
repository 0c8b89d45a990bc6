"""Point-to-point links: PPP in its framings, PPPoE, Cisco HDLC, frame relay, ATM (RFC 1661, 2516, 1990, 2427, 2684)."""

from tcpwatch.wire.ethernet import raw_ip, snap
from tcpwatch.wire.layer import IPV4, IPV6, LLC, MPLS, MPLS_UPSTREAM, PPP, U8, U16, Next, UndecodableError

PPP_ADDRESS_AND_CONTROL = 0xFF03
CISCO_HDLC_ADDRESSES = (0x0F, 0x8F)  # unicast, broadcast
PPPOE_HEADER_BYTES = 6
PPP_PROTOCOLS = {0x21: IPV4, 0x57: IPV6, 0x281: MPLS, 0x283: MPLS_UPSTREAM}
PPP_MULTILINK = 0x3D
WHOLE_PACKET = 0xC0  # first and last fragment in one
FIRST_CONTROL_PROTOCOL = 0x8000  # from here on: negotiation, authentication, quality
KEEPALIVES = (0x8035, 0x2000)  # Cisco's SLARP and CDP

FRAME_RELAY_LAST_ADDRESS_BYTE = 0x01
UNNUMBERED_INFORMATION = 0x03
# ISO/IEC TR 9577 network layer protocol identifiers
NLPID_PADDING, NLPID_SNAP, NLPID_IPV6, NLPID_IPV4, NLPID_PPP = 0x00, 0x80, 0x8E, 0xCC, 0xCF


def pppoe(data: bytes, offset: int, end: int) -> Next:
    """A session packet; its length excludes what Ethernet padded."""
    code, (length,) = U8.unpack_from(data, offset + 1)[0], U16.unpack_from(data, offset + 4)
    if code:
        raise UndecodableError("not TCP")
    return ppp(data, offset + PPPOE_HEADER_BYTES, min(end, offset + PPPOE_HEADER_BYTES + length))


def ppp(data: bytes, offset: int, end: int) -> Next:
    """RFC 1661 and 1662: address and control may be omitted, the protocol may be one (odd) byte long."""
    if U16.unpack_from(data, offset)[0] == PPP_ADDRESS_AND_CONTROL:
        offset += 2
    (protocol,) = U8.unpack_from(data, offset)
    if protocol & 1:
        offset += 1
    else:
        (protocol,) = U16.unpack_from(data, offset)
        offset += 2
    if protocol in PPP_PROTOCOLS:
        return PPP_PROTOCOLS[protocol], offset, end
    if protocol == PPP_MULTILINK:
        if U8.unpack_from(data, offset)[0] & WHOLE_PACKET != WHOLE_PACKET:
            raise UndecodableError("fragment of PPP multilink")
        return PPP, offset + 4, end
    raise UndecodableError("not TCP" if protocol >= FIRST_CONTROL_PROTOCOL else f"PPP protocol 0x{protocol:04x}")


def ppp_or_cisco(data: bytes, offset: int, end: int) -> Next:
    """Some devices record Cisco HDLC under the number of PPP; the first byte tells (LINKTYPE_PPP_HDLC)."""
    return (c_hdlc if U8.unpack_from(data, offset)[0] in CISCO_HDLC_ADDRESSES else ppp)(data, offset, end)


def ppp_after_direction(data: bytes, offset: int, end: int) -> Next:
    """A byte for the direction, then PPP (LINKTYPE_PPP_WITH_DIR, LINKTYPE_PPP_PPPD)."""
    control = U8.unpack_from(data, offset + 1)[0]
    return ppp(data, offset + (2 if control == UNNUMBERED_INFORMATION else 1), end)


def c_hdlc(data: bytes, offset: int, end: int) -> Next:
    """Address, control, EtherType."""
    (ethertype,) = U16.unpack_from(data, offset + 2)
    if ethertype in KEEPALIVES:
        raise UndecodableError("not TCP")
    return ethertype, offset + 4, end


def c_hdlc_after_direction(data: bytes, offset: int, end: int) -> Next:
    """LINKTYPE_C_HDLC_WITH_DIR."""
    return c_hdlc(data, offset + 1, end)


def frame_relay(data: bytes, offset: int, end: int) -> Next:
    """An address of two to four bytes, then RFC 2427's control and protocol identifier, or Cisco's EtherType."""
    for _ in range(4):
        offset += 1
        if U8.unpack_from(data, offset - 1)[0] & FRAME_RELAY_LAST_ADDRESS_BYTE:
            break
    if U8.unpack_from(data, offset)[0] != UNNUMBERED_INFORMATION:
        return U16.unpack_from(data, offset)[0], offset + 2, end
    (nlpid,) = U8.unpack_from(data, offset + 1)
    offset += 2
    if nlpid == NLPID_PADDING:
        (nlpid,) = U8.unpack_from(data, offset)
        offset += 1
    if nlpid in (NLPID_IPV4, NLPID_IPV6):
        return raw_ip(data, offset, end)
    if nlpid == NLPID_SNAP:
        return snap(data, offset, end, bridged_padding=0)
    if nlpid == NLPID_PPP:
        return ppp(data, offset, end)
    raise UndecodableError("not TCP" if nlpid < NLPID_SNAP else f"frame relay protocol 0x{nlpid:02x}")


def frame_relay_after_direction(data: bytes, offset: int, end: int) -> Next:
    """LINKTYPE_FRELAY_WITH_DIR."""
    return frame_relay(data, offset + 1, end)


def sun_atm(_data: bytes, offset: int, end: int) -> Next:
    """LINKTYPE_SUNATM: flags, virtual path and channel."""
    return LLC, offset + 4, end
