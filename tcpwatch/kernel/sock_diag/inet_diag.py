"""The wire form of NETLINK_SOCK_DIAG (include/uapi/linux/inet_diag.h): one record <-> one `SocketRow`. No I/O.

A record is a netlink header, `struct inet_diag_msg` and attributes. Numbers are in the machine's byte order, addresses
and ports in the network's. Attributes that nobody asked for come too (mark, cgroup); all but `tcp_info` stay as they
came until somebody looks.
"""

from struct import Struct

from tcpwatch.kernel.ends import socket_ends
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
ATTRIBUTES = HEADER.size + MESSAGE.size  # where they begin in a record

_DUMP_REQUEST = Struct("=BBBxI48x")  # family, protocol, extensions, states, any socket id
_AF_INET, _IPPROTO_TCP = 2, 6

# include/net/tcp_states.h. A half-open socket is 12 inside the kernel, 3 outside. 13, bound but idle, has no RFC word.
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

# Beside what comes without a request. By the second of these, every congestion control tells what it has to tell.
REQUESTED_EXTENSIONS = (INET_DIAG_INFO, INET_DIAG_VEGASINFO, INET_DIAG_CONG, INET_DIAG_SKMEMINFO)

TIMER_BY_NUMBER = {1: TimerKind.RETRANSMIT, 2: TimerKind.KEEPALIVE, 3: TimerKind.TIME_WAIT, 4: TimerKind.PERSIST}


def dump_request(family: int, sequence: int) -> bytes:
    """The request for all TCP sockets of an address family, with their EXTENSIONS."""
    extensions = sum(1 << extension - 1 for extension in REQUESTED_EXTENSIONS)
    request = _DUMP_REQUEST.pack(family, _IPPROTO_TCP, extensions, _RFC_STATES)
    flags = NLM_F_REQUEST | NLM_F_DUMP
    return HEADER.pack(HEADER.size + len(request), SOCK_DIAG_BY_FAMILY, flags, sequence, 0) + request


def decode(record: bytes, info: slice, read_ns: int, netns: Namespace | None = None) -> SocketRow | None:
    """The socket that `record` describes, read at `read_ns`; None where its state has no word in RFC 9293.

    `netns` is where it was asked for, `info` where `info_span` found its `tcp_info`.
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
    attributes_seen = Attributes(_attributes_beside(record, info))
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
        backlog=_backlog(rqueue, wqueue, attributes_seen) if listens else None,
        timer=Timer(kind, expires, retransmits, read_ns) if kind else None,
        interface=interface,
        info_bytes=record[info],
        attributes=attributes_seen,
        read_ns=read_ns,
        netns=netns,
    )


def info_span(record: bytes) -> slice:
    """Where `struct tcp_info` lies in `record`; empty, at the end, where it has none."""
    absent = slice(len(record), len(record))
    return next((span for kind, span in attributes(record, ATTRIBUTES) if kind == INET_DIAG_INFO), absent)


def _attributes_beside(record: bytes, info: slice) -> bytes:
    """All attributes but that one."""
    if info.start == info.stop:
        return record[ATTRIBUTES:]
    return record[ATTRIBUTES : info.start - ATTRIBUTE_HEADER.size] + record[info.stop :]


def _backlog(queued: int, limit: int, attributes_seen: Attributes) -> Backlog:
    memory = attributes_seen.extensions.memory
    return Backlog(queued, limit, drops=memory.drops if memory is not None else None)
