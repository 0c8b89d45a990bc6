"""The messages of NETLINK_SOCK_DIAG (include/uapi/linux/inet_diag.h): record -> `SocketRow`, and the request. No I/O.

A record is a netlink header, `struct inet_diag_msg` and attributes. Numbers are in host byte order, addresses and ports
in network byte order. Some attributes come without a request (mark, cgroup). All attributes but `tcp_info` are decoded
only when used.
"""

from struct import Struct

from tcpwatch.kernel.ends import socket_ends
from tcpwatch.kernel.interface_names import interface_name
from tcpwatch.kernel.sock_diag.attributes import (
    ATTRIBUTE_HEADER,
    INET_DIAG_CONG,
    INET_DIAG_INFO,
    INET_DIAG_SKMEMINFO,
    INET_DIAG_VEGASINFO,
    Attributes,
    attributes,
)
from tcpwatch.kernel.users import known_uid
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.row import Backlog, SocketRow, Timer, TimerKind
from tcpwatch.tcp.state import State

HEADER = Struct("=IHHII")  # length, type, flags, sequence, port
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_REQUEST, NLM_F_DUMP_INTR, NLM_F_DUMP = 0x1, 0x10, 0x300
SOCK_DIAG_BY_FAMILY = 20

# family, state, timer, retransmits, ports, local, remote, interface, cookie, expires, rqueue, wqueue, uid, inode
MESSAGE = Struct("=BBBB4s16s16sIQIIIII")
ATTRIBUTES = HEADER.size + MESSAGE.size  # their offset in a record

_DUMP_REQUEST = Struct("=BBBxI48x")  # family, protocol, extensions, states, any socket id
_AF_INET, _IPPROTO_TCP, _IPPROTO_RAW, _IPPROTO_MPTCP = 2, 6, 255, 262
_PROTOCOL, _INET_DIAG_REQ_PROTOCOL = Struct("=HHI"), 3

# include/net/tcp_states.h. A half-open socket is 12 inside the kernel, 3 outside. 13, bound but idle, has no RFC name.
STATE_BY_NUMBER = {
    1: State.ESTABLISHED,
    2: State.SYN_SENT,
    3: State.SYN_RECEIVED,
    4: State.FIN_WAIT_1,
    5: State.FIN_WAIT_2,
    6: State.TIME_WAIT,
    7: State.CLOSED,
    8: State.CLOSE_WAIT,
    9: State.LAST_ACK,
    10: State.LISTEN,
    11: State.CLOSING,
    12: State.SYN_RECEIVED,
}
_RFC_STATES = sum(1 << number for number in STATE_BY_NUMBER)

# Requested attributes. INET_DIAG_VEGASINFO requests the details of every congestion control.
REQUESTED_EXTENSIONS = (INET_DIAG_INFO, INET_DIAG_VEGASINFO, INET_DIAG_CONG, INET_DIAG_SKMEMINFO)

TIMER_BY_NUMBER = {1: TimerKind.RETRANSMIT, 2: TimerKind.KEEPALIVE, 3: TimerKind.TIME_WAIT, 4: TimerKind.PERSIST}


def dump_request(family: int, sequence: int) -> bytes:
    """The request for all TCP sockets of an address family, with their EXTENSIONS."""
    extensions = sum(1 << extension - 1 for extension in REQUESTED_EXTENSIONS)
    request = _DUMP_REQUEST.pack(family, _IPPROTO_TCP, extensions, _RFC_STATES)
    flags = NLM_F_REQUEST | NLM_F_DUMP
    return HEADER.pack(HEADER.size + len(request), SOCK_DIAG_BY_FAMILY, flags, sequence, 0) + request


def mptcp_dump_request(family: int, sequence: int) -> bytes:
    """The request for all MPTCP sockets of an address family.

    The protocol's number does not fit into its byte, so it is an attribute (INET_DIAG_REQ_PROTOCOL). In the answer the
    queues are memory, and `tcp_info` is `struct mptcp_info`.
    """
    request = _DUMP_REQUEST.pack(family, _IPPROTO_RAW, 1 << INET_DIAG_INFO - 1, _RFC_STATES) + _PROTOCOL.pack(
        _PROTOCOL.size, _INET_DIAG_REQ_PROTOCOL, _IPPROTO_MPTCP
    )
    flags = NLM_F_REQUEST | NLM_F_DUMP
    return HEADER.pack(HEADER.size + len(request), SOCK_DIAG_BY_FAMILY, flags, sequence, 0) + request


def decode(record: bytes, info: slice, read_ns: int, netns: Namespace | None = None) -> SocketRow | None:
    """The socket in `record`, read at `read_ns`; None if its state is not in RFC 9293.

    `netns` is the namespace of the dump; `info` is the range of `tcp_info`, from `info_span`.
    """
    family, number, timer, retransmits, ports, local, remote, interface, cookie, expires, rqueue, wqueue, uid, inode = (
        MESSAGE.unpack_from(record, HEADER.size)
    )
    state = STATE_BY_NUMBER.get(number)
    if state is None:
        return None
    if family == _AF_INET:
        local, remote = local[:4], remote[:4]
    ends, mapped = socket_ends(local, remote, ports)
    listens = state is State.LISTEN
    socket_attributes = Attributes(_attributes_beside(record, info))
    kind = TIMER_BY_NUMBER.get(timer)
    return SocketRow(
        cookie=cookie,
        ends=ends,
        mapped=mapped,
        state=state,
        uid=known_uid(uid, inode),
        inode=inode,
        recv_q=None if listens else rqueue,
        send_q=None if listens else wqueue,
        backlog=_backlog(rqueue, wqueue, socket_attributes) if listens else None,
        timer=Timer(kind, expires, retransmits, read_ns) if kind else None,
        interface=interface,
        info_bytes=record[info],
        attributes=socket_attributes,
        read_ns=read_ns,
        netns=netns,
        interface_name=interface_name(interface, netns) if interface else None,
    )


def info_span(record: bytes) -> slice:
    """The range of `struct tcp_info` in `record`; an empty range at the end if there is none."""
    absent = slice(len(record), len(record))
    return next((span for kind, span in attributes(record, ATTRIBUTES) if kind == INET_DIAG_INFO), absent)


def _attributes_beside(record: bytes, info: slice) -> bytes:
    """All attributes except `tcp_info`."""
    if info.start == info.stop:
        return record[ATTRIBUTES:]
    return record[ATTRIBUTES : info.start - ATTRIBUTE_HEADER.size] + record[info.stop :]


def _backlog(queued: int, limit: int, socket_attributes: Attributes) -> Backlog:
    memory = socket_attributes.extensions.memory
    return Backlog(queued, limit, drops=memory.drops if memory is not None else None)
