"""What sets a socket's timer: the sysctls behind it, or a constant of the kernel (ip-sysctl.rst, tcp(7))."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from tcpwatch.diagnose.message import Message, message
from tcpwatch.diagnose.timers.persist import Persists, persists
from tcpwatch.sockets.counters import Stack
from tcpwatch.sockets.row import KernelRecord, SocketRow, TimerKind
from tcpwatch.tcp.state import State


class Option(NamedTuple):
    """What a program may set for one socket in place of a sysctl. The kernel keeps it in `field`, 0 where it is unset.

    Where `jiffies` is true, the kernel keeps a time in jiffies, and the value here is in seconds.
    """

    name: str
    field: str
    unit: str = ""
    jiffies: bool = False

    def value(self, record: KernelRecord) -> int | None:
        """What the program has set; 0 where it has not, None where this kernel has no such field."""
        if not self.jiffies:
            return record.value(self.field)
        milliseconds = record.duration_ms(self.field)
        return None if milliseconds is None else milliseconds // 1_000


class Setting(NamedTuple):
    """A sysctl without its `net.ipv4.`, the unit of its value, and the socket option that overrides it."""

    sysctl: str
    unit: str = ""
    option: Option | None = None


class Settings(NamedTuple):
    """Everything that sets one timer, and a remark on what no sysctl shows."""

    settings: tuple[Setting, ...] = ()
    remark: str = ""


SYSCTL_PREFIX = "net.ipv4."
_RTO = (Setting("tcp_rto_min_us", "µs"), Setting("tcp_rto_max_ms", "ms"))
_RETRIES = Setting("tcp_retries2", "", Option("TCP_USER_TIMEOUT", "icsk_user_timeout", "ms"))
_ORPHAN_RETRIES = Setting("tcp_orphan_retries")

RETRANSMISSION = Settings((_RETRIES, *_RTO), "a route's rto_min comes before tcp_rto_min_us")
ORPHANS_RETRANSMISSION = Settings((_ORPHAN_RETRIES, *_RTO), "0 retries stand for 8")
SYN_RETRANSMISSION = Settings(
    (Setting("tcp_syn_retries", "", Option("TCP_SYNCNT", "icsk_syn_retries")), Setting("tcp_syn_linear_timeouts")),
    "the first wait is 1 s, a constant",
)
SYN_ACK_RETRANSMISSION = Settings((Setting("tcp_synack_retries"),), "the first wait is 1 s, a constant")
FIN_WAIT_2 = Settings((Setting("tcp_fin_timeout", "s", Option("TCP_LINGER2", "linger2", "s", jiffies=True)),))

BY_KIND: Mapping[TimerKind, Settings] = {
    TimerKind.RETRANSMIT: RETRANSMISSION,
    TimerKind.KEEPALIVE: Settings(
        (
            Setting("tcp_keepalive_time", "s", Option("TCP_KEEPIDLE", "keepalive_time", "s", jiffies=True)),
            Setting("tcp_keepalive_intvl", "s", Option("TCP_KEEPINTVL", "keepalive_intvl", "s", jiffies=True)),
            Setting("tcp_keepalive_probes", "", Option("TCP_KEEPCNT", "keepalive_probes")),
        )
    ),
    TimerKind.TIME_WAIT: Settings((), "60 s, a constant of the kernel; tcp_fin_timeout does not change it"),
    TimerKind.PERSIST: Settings((_RETRIES, *_RTO), "counted while the peer answers nothing; with answers, for ever"),
    TimerKind.LOSS_PROBE: Settings((Setting("tcp_early_retrans"),), "the wait is two SRTT and a little"),
    TimerKind.DELAYED_ACK: Settings((), "40 to 200 ms, constants of the kernel; TCP_QUICKACK ends the wait"),
}
HELD_BACK = Settings((), "200 ms at most, a constant of the kernel; TCP_CORK off or TCP_NODELAY ends the wait")
BY_STATE: Mapping[State, Settings] = {
    State.SYN_SENT: SYN_RETRANSMISSION,
    State.SYN_RECEIVED: SYN_ACK_RETRANSMISSION,
}


def settings_of(row: SocketRow) -> Settings:
    """What sets the timer that runs; nothing where none does."""
    if row.timer is None:
        return Settings()
    kind, orphan = row.timer.kind, not row.inode
    if orphan and row.state is State.FIN_WAIT_2:
        return FIN_WAIT_2  # with either timer
    if persists(row) in (Persists.CORKED, Persists.PROGRAM):
        return HELD_BACK
    if kind is not TimerKind.RETRANSMIT:
        return BY_KIND.get(kind, Settings())
    return BY_STATE.get(row.state) or (ORPHANS_RETRANSMISSION if orphan else RETRANSMISSION)


def setting_phrases(row: SocketRow, stack: Stack) -> Iterator[Message | str]:
    """Each setting with its value, as far as that can be read: `net.ipv4.tcp_retries2 15`; then the remark."""
    found = settings_of(row)
    for setting in found.settings:
        option = setting.option
        own = option.value(row.record) if option and row.record else None
        if option and own:
            value = f"{own} {option.unit}".rstrip()
            yield message("{option} of its program {value}", option=option.name, value=value)
        elif not stack.sysctls or SYSCTL_PREFIX + setting.sysctl in stack.sysctls:
            name = SYSCTL_PREFIX + setting.sysctl
            of_host = _measured(name, stack.sysctls.get(name), setting.unit)
            if option and own is None:
                yield message("{setting} or {option}", setting=of_host, option=option.name)
            else:
                yield of_host
    if found.remark:
        yield message(found.remark)


def _measured(name: str, value: int | None, unit: str) -> str:
    return name if value is None else f"{name} {value} {unit}".rstrip()
