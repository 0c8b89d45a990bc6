"""The wire form of NETLINK_SOCK_DIAG (include/uapi/linux/inet_diag.h): one record <-> one `SocketRow`. No I/O.

A record is a netlink header, `struct inet_diag_msg` and attributes. Numbers are in the machine's byte order, addresses
and ports in the network's. Attributes that nobody asked for come too (mark, cgroup) and are stepped over by length.
"""

from collections.abc import Iterable
from struct import Struct

from tcpwatch.kernel.ends import socket_ends
from tcpwatch.kernel.users import known_uid
from tcpwatch.tcp.netns import Namespace
from tcpwatch.tcp.sockets import Backlog, SocketRow, Timer, TimerKind
from tcpwatch.tcp.state import State

HEADER = Struct("=IHHII")  # length, type, flags, sequence, port
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_REQUEST, NLM_F_DUMP_INTR, NLM_F_DUMP = 0x1, 0x10, 0x300
SOCK_DIAG_BY_FAMILY = 20
INET_DIAG_INFO, INET_DIAG_SKMEMINFO = 2, 7

# family, state, timer, retransmits, ports, local, remote, interface, cookie, expires, rqueue, wqueue, uid, inode
MESSAGE = Struct("=BBBB4s16s16sIQIIIII")
ATTRIBUTES = HEADER.size + MESSAGE.size  # where they begin in a record

_REQUEST = Struct("=BBBxI48x")  # family, protocol, extensions, states, any socket id
_ATTRIBUTE = Struct("=HH")
_AF_INET, _IPPROTO_TCP = 2, 6

# include/net/tcp_states.h. A half-open socket is 12 inside the kernel, 3 outside. 13, bound but idle, has no RFC word.
STATES = {
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
_LISTEN = 10
_STATES = sum(1 << number for number in STATES)

# What is asked for: some states, and the attributes of their sockets. Only of a listener do the drops tell something.
QUESTIONS = (
    (1 << _LISTEN, (INET_DIAG_INFO, INET_DIAG_SKMEMINFO)),
    (_STATES & ~(1 << _LISTEN), (INET_DIAG_INFO,)),
)
_DROPS = Struct("=32xI")  # SK_MEMINFO_DROPS, include/uapi/linux/sock_diag.h; since Linux 4.6

TIMERS = {1: TimerKind.RETRANSMIT, 2: TimerKind.KEEPALIVE, 3: TimerKind.TIME_WAIT, 4: TimerKind.PERSIST}


def dump_request(family: int, sequence: int, states: int, attributes: Iterable[int]) -> bytes:
    """The request for the TCP sockets of an address family that are in one of `states`, a bit for each."""
    extensions = sum(1 << attribute - 1 for attribute in attributes)
    request = _REQUEST.pack(family, _IPPROTO_TCP, extensions, states)
    flags = NLM_F_REQUEST | NLM_F_DUMP
    return HEADER.pack(HEADER.size + len(request), SOCK_DIAG_BY_FAMILY, flags, sequence, 0) + request


def decode(record: bytes, info: slice, read_ns: int, netns: Namespace | None = None) -> SocketRow | None:
    """The socket that `record` describes, read at `read_ns`; None where its state has no word in RFC 9293.

    `netns` is where it was asked for, `info` where `info_span` found its `tcp_info`.
    """
    family, number, timer, retransmits, ports, local, remote, interface, cookie, expires, rqueue, wqueue, uid, inode = (
        MESSAGE.unpack_from(record, HEADER.size)
    )
    state = STATES.get(number)
    if state is None:
        return None
    if family == _AF_INET:
        local, remote = local[:4], remote[:4]
    ends, mapped = socket_ends(local, remote, ports)
    listens = state is State.LISTEN
    kind = TIMERS.get(timer)
    return SocketRow(
        cookie=cookie,
        ends=ends,
        mapped=mapped,
        state=state,
        uid=known_uid(uid, inode),
        inode=inode,
        recv_q=None if listens else rqueue,
        send_q=None if listens else wqueue,
        backlog=Backlog(queued=rqueue, limit=wqueue, drops=_drops(record)) if listens else None,
        timer=Timer(kind, expires, retransmits, read_ns) if kind else None,
        interface=interface,
        info_bytes=record[info],
        read_ns=read_ns,
        netns=netns,
    )


def info_span(record: bytes) -> slice:
    """Where `struct tcp_info` lies in `record`; empty, at the end, where it has none."""
    return _attribute(record, INET_DIAG_INFO)


def _drops(record: bytes) -> int | None:
    memory = record[_attribute(record, INET_DIAG_SKMEMINFO)]
    return _DROPS.unpack_from(memory)[0] if len(memory) >= _DROPS.size else None


def _attribute(record: bytes, wanted: int) -> slice:
    """Where the value of an attribute lies; empty, at the end, where there is none."""
    offset, end = ATTRIBUTES, len(record)
    while offset + _ATTRIBUTE.size <= end:
        length, kind = _ATTRIBUTE.unpack_from(record, offset)
        if not _ATTRIBUTE.size <= length <= end - offset:
            break
        if kind == wanted:
            return slice(offset + _ATTRIBUTE.size, offset + length)
        offset += length + 3 & ~3
    return slice(end, end)
