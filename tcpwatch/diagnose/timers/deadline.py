"""When the kernel gives up a connection whose peer stays silent, computed as Linux does (net/ipv4/tcp_timer.c).

Only the kernel's own record of the socket has what its program has set (TCP_SYNCNT, TCP_KEEPIDLE and the like), and for
how long it has been sending again. Without that record nothing is computed. Nor is it where TCP_USER_TIMEOUT decides,
or for a handshake under way, which depends on how full the accept queue of its listener is.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tcpwatch.sockets.counters import Stack
from tcpwatch.sockets.row import KernelRecord, SocketRow, Timer, TimerKind
from tcpwatch.tcp.seqnum import unwrap
from tcpwatch.tcp.state import State

# include/net/tcp.h, in milliseconds
RTO_MIN, RTO_MAX, SYN_RTO = 200, 120_000, 1_000
ORPHAN_RETRIES = 8  # where tcp_orphan_retries is 0
_RTO_TIMER = 1  # ICSK_TIME_RETRANS, include/net/inet_connection_sock.h
_MOST_TIMEOUTS = 256  # tcp_retries2 and the others fit into a byte


@dataclass(frozen=True, slots=True)
class Fate:
    """What follows when a timer fires and the peer stays silent, in milliseconds.

    `next_wait_ms` is the wait after it, None where the connection ends when it fires. `gives_up_ms` is the time from
    `read_ns` to that end.
    """

    next_wait_ms: int | None
    gives_up_ms: int


def fate_of(row: SocketRow, stack: Stack) -> Fate | None:
    """What follows when the socket's timer fires; None where that cannot be computed."""
    if row.timer is None or row.record is None or row.info is None or row.record.value("icsk_user_timeout") != 0:
        return None
    compute = _FATE_OF_KIND.get(row.timer.kind)
    return compute(row, row.timer, row.record, stack) if compute is not None else None


def _keep_alive(row: SocketRow, timer: Timer, record: KernelRecord, stack: Stack) -> Fate | None:
    """A silence as long as `idle_ms`, then `probes` probes, one after each `wait_ms` (tcp_keepalive_timer)."""
    idle_ms = record.duration_ms("keepalive_time") or _seconds(stack, "net.ipv4.tcp_keepalive_time")
    wait_ms = record.duration_ms("keepalive_intvl") or _seconds(stack, "net.ipv4.tcp_keepalive_intvl")
    probes = record.value("keepalive_probes") or stack.sysctls.get("net.ipv4.tcp_keepalive_probes")
    info = row.info
    if info is None or not (row.inode and idle_ms and wait_ms and probes):  # an orphan's timer waits for the FIN
        return None
    silent_ms = min(info.last_data_recv or 0, info.last_ack_recv or 0)
    at_ms = record.fires_ms(
        max(timer.expires_ms, idle_ms - silent_ms), idle_ms
    )  # the kernel starts it again where something came
    left = max(0, probes - timer.retransmits)
    for _ in range(left):
        at_ms = record.fires_ms(at_ms + wait_ms, wait_ms)
    return Fate(wait_ms if left else None, at_ms)


@dataclass(slots=True)
class _Retransmission:
    """A socket that retransmits: how often it has, its RTO, and when it first did, from `read_ns`."""

    state: State
    orphan: bool
    retransmits: int
    rto_ms: int
    rto_max_ms: int
    first_ms: int | None
    linear: int  # timeouts that do not double the RTO
    retries: int

    def expired(self, at_ms: int) -> bool:
        """Whether the timer that fires at this moment is the last (tcp_write_timeout)."""
        if self.state is State.SYN_SENT:
            return self.retransmits >= self.retries + self.linear or self._timed_out(self.retries, SYN_RTO, at_ms)
        if not self.orphan:
            return self._timed_out(self.retries, RTO_MIN, at_ms)
        alive = self.rto_ms < self.rto_max_ms
        return self._timed_out(self.retries or ORPHAN_RETRIES * alive, RTO_MIN, at_ms)

    def send_again(self, at_ms: int) -> None:
        """Let the timer fire: once more, and the RTO doubles (tcp_retransmit_timer)."""
        self.first_ms = at_ms if self.first_ms is None else self.first_ms
        self.retransmits += 1
        if self.state is not State.SYN_SENT or self.retransmits > self.linear:
            self.rto_ms = min(2 * self.rto_ms, self.rto_max_ms)

    def _timed_out(self, boundary: int, base_ms: int, at_ms: int) -> bool:
        """Whether `boundary` doublings of `base_ms` have passed (retransmits_timed_out, tcp_model_timeout)."""
        if not self.retransmits or self.first_ms is None:
            return False
        doublings = min(boundary, (self.rto_max_ms // base_ms).bit_length() - 1)
        timeout_ms = ((2 << doublings) - 1) * base_ms + (boundary - doublings) * self.rto_max_ms
        return at_ms - self.first_ms >= timeout_ms


def _sent_again(row: SocketRow, timer: Timer, record: KernelRecord, stack: Stack) -> Fate | None:
    """One timeout after the other until one of them is the last."""
    retries = _retries(row, record, stack)
    closed_window = row.state is not State.SYN_SENT and not record.value("snd_wnd")
    if retries is None or closed_window or record.value("icsk_pending") != _RTO_TIMER or record.value("tcp_usec_ts"):
        return None
    sending = _Retransmission(
        state=row.state,
        orphan=not row.inode,
        retransmits=timer.retransmits,
        rto_ms=record.duration_ms("icsk_rto") or 0,
        rto_max_ms=record.duration_ms("icsk_rto_max") or RTO_MAX,
        first_ms=_first_ms(row, record),
        linear=stack.sysctls.get("net.ipv4.tcp_syn_linear_timeouts", 0),
        retries=retries,
    )
    at_ms = record.fires_ms(timer.expires_ms, sending.rto_ms)
    waits: list[int] = []
    for _ in range(_MOST_TIMEOUTS):
        if sending.expired(at_ms):
            return Fate(waits[0] if waits else None, at_ms)
        sending.send_again(at_ms)
        waits.append(sending.rto_ms)
        at_ms = record.fires_ms(at_ms + sending.rto_ms, sending.rto_ms)
    return None


def _retries(row: SocketRow, record: KernelRecord, stack: Stack) -> int | None:
    if row.state is State.SYN_SENT:
        return record.value("icsk_syn_retries") or stack.sysctls.get("net.ipv4.tcp_syn_retries")
    return stack.sysctls.get("net.ipv4.tcp_retries2" if row.inode else "net.ipv4.tcp_orphan_retries")


def _first_ms(row: SocketRow, record: KernelRecord) -> int | None:
    """When the first segment was sent again, from `read_ns`; None where none was. The kernel's clock is monotonic."""
    stamp, read_ms = record.value("retrans_stamp"), row.read_ns // 1_000_000
    return unwrap(stamp, near=read_ms) - read_ms if stamp else None


def _seconds(stack: Stack, name: str) -> int:
    return stack.sysctls.get(name, 0) * 1_000


_FATE_OF_KIND: dict[TimerKind, Callable[[SocketRow, Timer, KernelRecord, Stack], Fate | None]] = {
    TimerKind.RETRANSMIT: _sent_again,
    TimerKind.KEEPALIVE: _keep_alive,
}
