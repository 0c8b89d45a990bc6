"""The messages of ctnetlink (include/uapi/linux/netfilter/nfnetlink_conntrack.h) for one TCP connection. Pure."""

import struct

from tcpwatch.kernel.rtnetlink.messages import attribute, attributes, nested, request
from tcpwatch.sockets.host import TrackedConnection
from tcpwatch.wire.segment import IPV4_ENDS

IPCTNL_MSG_CT_NEW, IPCTNL_MSG_CT_GET = 1 << 8, 1 << 8 | 1  # with the subsystem's number
CTA_TUPLE_ORIG, CTA_TUPLE_REPLY, CTA_STATUS, CTA_PROTOINFO, CTA_TIMEOUT = 1, 2, 3, 4, 7
CTA_TUPLE_IP, CTA_TUPLE_PROTO = 1, 2
CTA_IP_V4_SRC, CTA_IP_V4_DST, CTA_IP_V6_SRC, CTA_IP_V6_DST = 1, 2, 3, 4
CTA_PROTO_NUM, CTA_PROTO_SRC_PORT, CTA_PROTO_DST_PORT = 1, 2, 3
CTA_PROTOINFO_TCP, CTA_PROTOINFO_TCP_STATE = 1, 1
IPS_SEEN_REPLY, IPS_ASSURED = 1 << 1, 1 << 2
NFGENMSG = struct.Struct("!BBH")  # address family, version, resource
AF_INET, AF_INET6, IPPROTO_TCP = 2, 10, 6

# enum tcp_conntrack: the firewall's states, by their names in /proc/net/nf_conntrack
STATES = (
    *("NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT"),
    *("LAST_ACK", "TIME_WAIT", "CLOSE", "SYN_SENT2"),
)


def entry_request(ends: bytes, sequence: int) -> bytes:
    """The request for the entry of which either direction has these ends."""
    ports = len(ends) - 4
    middle, is_ipv4 = ports // 2, len(ends) == IPV4_ENDS
    kinds = (CTA_IP_V4_SRC, CTA_IP_V4_DST) if is_ipv4 else (CTA_IP_V6_SRC, CTA_IP_V6_DST)
    tuple_of_ends = nested(
        CTA_TUPLE_ORIG,
        nested(CTA_TUPLE_IP, attribute(kinds[0], ends[:middle]), attribute(kinds[1], ends[middle:ports])),
        nested(
            CTA_TUPLE_PROTO,
            attribute(CTA_PROTO_NUM, bytes((IPPROTO_TCP,))),
            attribute(CTA_PROTO_SRC_PORT, ends[ports : ports + 2]),
            attribute(CTA_PROTO_DST_PORT, ends[ports + 2 :]),
        ),
    )
    head = NFGENMSG.pack(AF_INET if is_ipv4 else AF_INET6, 0, 0)
    return request(IPCTNL_MSG_CT_GET, 0, sequence, head + tuple_of_ends)


def decode_entry(body: bytes) -> TrackedConnection | None:
    """The entry in an answer; None if it lacks what every entry has."""
    values = attributes(body, NFGENMSG.size)
    ends, reply_ends = _ends(values.get(CTA_TUPLE_ORIG, b"")), _ends(values.get(CTA_TUPLE_REPLY, b""))
    if ends is None or reply_ends is None:
        return None
    state = attributes(attributes(values.get(CTA_PROTOINFO, b"")).get(CTA_PROTOINFO_TCP, b""))
    number = int.from_bytes(state.get(CTA_PROTOINFO_TCP_STATE, b""))
    status = int.from_bytes(values.get(CTA_STATUS, b""))
    return TrackedConnection(
        state=STATES[number] if number < len(STATES) else str(number),
        expires_s=int.from_bytes(values[CTA_TIMEOUT]) if CTA_TIMEOUT in values else None,
        replied=bool(status & IPS_SEEN_REPLY),
        assured=bool(status & IPS_ASSURED),
        ends=ends,
        reply_ends=reply_ends,
    )


def _ends(nested_tuple: bytes) -> bytes | None:
    parts = attributes(nested_tuple)
    addresses, ports = attributes(parts.get(CTA_TUPLE_IP, b"")), attributes(parts.get(CTA_TUPLE_PROTO, b""))
    first = addresses.get(CTA_IP_V4_SRC, addresses.get(CTA_IP_V6_SRC, b""))
    second = addresses.get(CTA_IP_V4_DST, addresses.get(CTA_IP_V6_DST, b""))
    ends = first + second + ports.get(CTA_PROTO_SRC_PORT, b"") + ports.get(CTA_PROTO_DST_PORT, b"")
    return ends if len(ends) in (12, 36) else None
