"""Decodes a record of the TCP iterator: the table row at once, TCB and `tcp_info` on demand. No I/O.

The record of an idle socket does not change, because its times are absolute jiffies. A field that the kernel or the
kind of socket lacks is `None`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from struct import Struct

from tcpwatch.kernel.bpf.extensions import EXTENSION_FIELDS, extensions_of
from tcpwatch.kernel.bpf.fields import FieldSelection, FieldValues, Shape
from tcpwatch.kernel.bpf.programs import SOCKET_FIELDS
from tcpwatch.kernel.bpf.tcp_get_info import TCP_INFO_FIELDS, Clock, tcp_info
from tcpwatch.kernel.ends import socket_ends
from tcpwatch.kernel.interface_names import interface_name
from tcpwatch.kernel.sock_diag.inet_diag import STATE_BY_NUMBER
from tcpwatch.kernel.users import known_uid
from tcpwatch.sockets.extras import Extensions
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.row import Backlog, SocketRow, Timer, TimerKind
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.tcp.seqnum import unwrap, wrap
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tcb import Source, Tcb

Initial = tuple[int | None, int | None]
NamesByOffset = Mapping[int, frozenset[str]]
"""The fields that this kernel has, by `Shape`."""

_AF_INET = 2
_ACK_TIMER = 2  # ICSK_ACK_TIMER, a bit of icsk_ack.pending

# include/net/inet_connection_sock.h: the purpose of the retransmit timer.
PENDING = {
    1: TimerKind.RETRANSMIT,  # ICSK_TIME_RETRANS
    3: TimerKind.PERSIST,  # ICSK_TIME_PROBE0
    5: TimerKind.LOSS_PROBE,  # ICSK_TIME_LOSS_PROBE
    6: TimerKind.RETRANSMIT,  # ICSK_TIME_REO_TIMEOUT
}

_SHAPE = SOCKET_FIELDS.offsets["shape"]
_STATE = SOCKET_FIELDS.offsets["skc_state"]
_LAST_ACK = SOCKET_FIELDS.selection("rcv_tstamp").unpacker
_INFO = SOCKET_FIELDS.selection(TCP_INFO_FIELDS)
_EXTENSIONS = SOCKET_FIELDS.selection(EXTENSION_FIELDS)
_TCB = SOCKET_FIELDS.selection(
    "skc_state snd_una snd_nxt snd_wnd snd_wl1 write_seq rcv_nxt rcv_wnd rcv_wup copied_seq "
    "wscale_ok snd_wscale rcv_wscale mss_cache advmss snt_isn rcv_isn"
)
_ROW = SOCKET_FIELDS.selection(
    "shape skc_state skc_family skc_rcv_saddr skc_daddr skc_v6_rcv_saddr skc_v6_daddr skc_num skc_dport "
    "skc_bound_dev_if sk_uid sk_ino snd_una write_seq rcv_nxt copied_seq sk_ack_backlog sk_max_ack_backlog qlen "
    "sk_drops ack_pending icsk_pending icsk_retransmits icsk_probes_out retransmit_expires delack_expires "
    "keepalive_expires keepalive_runs"
)


@lru_cache(maxsize=256)
def _one(name: str) -> Struct:
    return SOCKET_FIELDS.selection(name).unpacker


@dataclass(frozen=True, slots=True)
class SocketRecord:
    """The fields of one socket at one moment.

    `initial` are ISS and IRS from an earlier record: in TIME-WAIT the kernel has no data from which they follow.
    """

    fields: bytes
    clock: Clock
    known: NamesByOffset = field(compare=False, repr=False)
    initial: Initial = (None, None)

    @property
    def in_time_wait(self) -> bool:
        """Whether the kernel has replaced the socket by a `tcp_timewait_sock`."""
        return self.fields[_SHAPE] == Shape.TIME_WAIT

    @property
    def last_ack_recv(self) -> int | None:
        """Milliseconds from the last received ACK to the read; None if not a full socket."""
        if self.fields[_SHAPE] != Shape.FULL:
            return None
        return self.clock.age_ms(*_LAST_ACK.unpack_from(self.fields))

    @property
    def info(self) -> TcpInfo | None:
        """`tcp_info`; None if not a full socket."""
        if self.fields[_SHAPE] != Shape.FULL:
            return None
        return tcp_info(self._values(_INFO), self.clock)

    @property
    def tcb(self) -> Tcb | None:
        """The TCB in absolute numbers; ISS and IRS from the record or from `initial`. None for a listener."""
        if STATE_BY_NUMBER[self.fields[_STATE]] is State.LISTEN:
            return None
        return _TCBS[Shape(self.fields[_SHAPE])](self._values(_TCB), self.initial)

    @property
    def extensions(self) -> Extensions:
        """Memory, congestion control and the like; mostly None if not a full socket."""
        return extensions_of(self._values(_EXTENSIONS))

    def value(self, name: str) -> int | None:
        """A field of the record by name; None if this kernel or this kind of socket lacks it."""
        if name not in self.known[self.fields[_SHAPE]]:
            return None
        found: int = _one(name).unpack_from(self.fields)[0]
        return found

    def duration_ms(self, name: str) -> int | None:
        """A field that is a duration in jiffies, in milliseconds."""
        jiffies = self.value(name)
        return None if jiffies is None else self.clock.microseconds(jiffies) // 1_000

    def fires_ms(self, expires_ms: int, wait_ms: int) -> int:
        """When a timer really fires, in milliseconds from the read: the kernel's timers are coarse."""
        return self.clock.fires_ms(expires_ms, wait_ms)

    def _values(self, selection: FieldSelection) -> FieldValues:
        names, unpacker = selection
        known = self.known[self.fields[_SHAPE]]
        values = zip(names, unpacker.unpack_from(self.fields), strict=True)
        return {name: value if name in known else None for name, value in values}


def socket_row(cookie: int, record: SocketRecord, netns: Namespace | None = None) -> SocketRow | None:
    """The record, read in `netns`, as a row of the socket table; None if its state is not in RFC 9293."""
    names, unpacker = _ROW
    values = dict(zip(names, unpacker.unpack_from(record.fields), strict=True))
    state = STATE_BY_NUMBER.get(values["skc_state"])
    if state is None:
        return None
    ipv4 = values["skc_family"] == _AF_INET
    ends, mapped = socket_ends(
        values["skc_rcv_saddr" if ipv4 else "skc_v6_rcv_saddr"],
        values["skc_daddr" if ipv4 else "skc_v6_daddr"],
        values["skc_num"].to_bytes(2) + values["skc_dport"],
    )
    listens = state is State.LISTEN
    recv_q, send_q = (None, None) if listens else _queues(values)
    return SocketRow(
        cookie=cookie,
        ends=ends,
        mapped=mapped,
        state=state,
        uid=known_uid(values["sk_uid"], values["sk_ino"]),
        inode=values["sk_ino"],
        recv_q=recv_q,
        send_q=send_q,
        backlog=_backlog(values) if listens else None,
        timer=_timer(values, record.clock),
        interface=values["skc_bound_dev_if"],
        read_ns=record.clock.read_ns,
        record=record,
        netns=netns,
        interface_name=interface_name(values["skc_bound_dev_if"], netns) if values["skc_bound_dev_if"] else None,
    )


def _backlog(values: FieldValues) -> Backlog:
    return Backlog(values["sk_ack_backlog"], values["sk_max_ack_backlog"], values["qlen"], values["sk_drops"])


def _queues(values: FieldValues) -> tuple[int, int]:
    """Unread bytes and unacknowledged bytes; 0 if not a full socket."""
    if values["shape"] != Shape.FULL:
        return 0, 0
    return _distance(values["copied_seq"], values["rcv_nxt"]), _distance(values["snd_una"], values["write_seq"])


def _distance(begin: int, end: int) -> int:
    """Bytes from `begin` to `end`; 0 if `end` comes first, as before the handshake."""
    return max(0, unwrap(end, near=begin) - begin)


def _timer(values: FieldValues, clock: Clock) -> Timer | None:
    """The running timer that fires first: a delayed ACK fires long before a keep-alive."""
    moment = None
    if values["shape"] == Shape.TIME_WAIT:
        kind, moment, retransmits = TimerKind.TIME_WAIT, values["retransmit_expires"], 0
    elif values["shape"] == Shape.REQUEST:
        kind, moment, retransmits = TimerKind.RETRANSMIT, values["retransmit_expires"], values["icsk_retransmits"]
    elif values["icsk_pending"] in PENDING:
        kind, moment = PENDING[values["icsk_pending"]], values["retransmit_expires"]
        retransmits = values["icsk_probes_out" if kind is TimerKind.PERSIST else "icsk_retransmits"]
    elif values["ack_pending"] & _ACK_TIMER:
        kind, moment, retransmits = TimerKind.DELAYED_ACK, values["delack_expires"], 0
    elif values["keepalive_runs"]:
        kind, moment, retransmits = TimerKind.KEEPALIVE, values["keepalive_expires"], values["icsk_probes_out"]
    return None if moment is None else Timer(kind, clock.left_ms(moment), retransmits, clock.read_ns)


def _full_tcb(values: FieldValues, initial: Initial) -> Tcb:
    """`rcv_wnd` is the last advertised window minus the bytes received since."""
    sending = Tcb(
        source=Source.KERNEL,
        snd_una=values["snd_una"],
        snd_nxt=values["snd_nxt"],
        write_seq=values["write_seq"],
        rcv_wnd=_distance(values["rcv_nxt"], wrap(values["rcv_wup"] + values["rcv_wnd"])),
        mss=values["mss_cache"],
    )
    if STATE_BY_NUMBER[values["skc_state"]] is State.SYN_SENT:
        return sending
    snd_wscale, rcv_wscale = _scales(values)
    return replace(
        sending,
        snd_wnd=values["snd_wnd"],
        snd_wl1=values["snd_wl1"],
        snd_wscale=snd_wscale,
        rcv_nxt=values["rcv_nxt"],
        rcv_wscale=rcv_wscale,
        copied_seq=values["copied_seq"],
    )


def _scales(values: FieldValues) -> tuple[int, int]:
    """Window scale of the peer and of this end; 0 if scaling was not negotiated."""
    return (values["snd_wscale"], values["rcv_wscale"]) if values["wscale_ok"] else (0, 0)


def _request_tcb(values: FieldValues, initial: Initial) -> Tcb:
    """A SYN was received and a SYN-ACK sent."""
    iss = values["snt_isn"]
    snd_wscale, rcv_wscale = _scales(values)
    return Tcb(
        source=Source.KERNEL,
        iss=iss,
        irs=values["rcv_isn"],
        snd_una=iss,
        snd_nxt=wrap(iss + 1),
        snd_wscale=snd_wscale,
        rcv_nxt=values["rcv_nxt"],
        rcv_wnd=values["rcv_wnd"],
        rcv_wscale=rcv_wscale,
        mss=values["advmss"],
        initiated=False,
    )


def _time_wait_tcb(values: FieldValues, initial: Initial) -> Tcb:
    """Everything sent has been acknowledged, including the FIN; only then does a socket enter TIME-WAIT."""
    iss, irs = initial
    return Tcb(
        source=Source.KERNEL,
        iss=iss,
        irs=irs,
        snd_una=values["snd_nxt"],
        snd_nxt=values["snd_nxt"],
        rcv_nxt=values["rcv_nxt"],
        rcv_wnd=values["rcv_wnd"],
        rcv_wscale=values["rcv_wscale"],
    )


_TCBS = {Shape.FULL: _full_tcb, Shape.REQUEST: _request_tcb, Shape.TIME_WAIT: _time_wait_tcb}
