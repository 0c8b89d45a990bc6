from typing import Any

import pytest

from tcpwatch.diagnose.timers.settings import BY_KIND, setting_phrases
from tcpwatch.sockets.counters import NO_STACK, Stack
from tcpwatch.sockets.row import Timer, TimerKind
from tcpwatch.tcp.state import State
from tests.builders import row
from tests.diagnose.kernel_record import Record

KEEP_ALIVE = {f"net.ipv4.tcp_keepalive_{name}": value for name, value in (("time", 7200), ("intvl", 75), ("probes", 9))}


def messages(kind: TimerKind | None, stack: Stack = NO_STACK, **facts: Any) -> list[str]:
    return list(map(str, setting_phrases(row(timer=Timer(kind, 1_000, 0) if kind else None, **facts), stack)))


def test_every_kind_of_timer_is_told() -> None:
    assert set(BY_KIND) == set(TimerKind)
    assert all(messages(kind) for kind in TimerKind)
    assert messages(None) == []


@pytest.mark.parametrize(
    ("state", "inode", "sysctl"),
    [
        (State.SYN_SENT, 7, "net.ipv4.tcp_syn_retries or TCP_SYNCNT"),
        (State.SYN_RECEIVED, 0, "net.ipv4.tcp_synack_retries"),
        (State.ESTABLISHED, 7, "net.ipv4.tcp_retries2 or TCP_USER_TIMEOUT"),
        (State.LAST_ACK, 7, "net.ipv4.tcp_retries2 or TCP_USER_TIMEOUT"),
        (State.LAST_ACK, 0, "net.ipv4.tcp_orphan_retries"),
    ],
)
def test_retransmission_is_limited_by_what_the_state_says(state: State, inode: int, sysctl: str) -> None:
    assert messages(TimerKind.RETRANSMIT, state=state, inode=inode)[0] == sysctl


@pytest.mark.parametrize("kind", [TimerKind.KEEPALIVE, TimerKind.TIME_WAIT])
def test_orphan_in_fin_wait_2_has_the_timeout_of_its_fin(kind: TimerKind) -> None:
    stack = Stack(sysctls={"net.ipv4.tcp_fin_timeout": 60})
    assert messages(kind, stack, state=State.FIN_WAIT_2, inode=0) == ["net.ipv4.tcp_fin_timeout 60 s or TCP_LINGER2"]


def test_time_wait_is_a_constant() -> None:
    assert messages(TimerKind.TIME_WAIT, state=State.TIME_WAIT) == [
        "60 s, a constant of the kernel; tcp_fin_timeout does not change it"
    ]


def test_setting_has_its_value_where_nothing_comes_before_it() -> None:
    assert messages(TimerKind.KEEPALIVE, Stack(sysctls=KEEP_ALIVE), record=Record({})) == [
        "net.ipv4.tcp_keepalive_time 7200 s",
        "net.ipv4.tcp_keepalive_intvl 75 s",
        "net.ipv4.tcp_keepalive_probes 9",
    ]


def test_setting_of_the_program_is_told_in_the_sysctls_place() -> None:
    record = Record({"keepalive_time": 20_000, "keepalive_probes": 3}, lacking="keepalive_intvl")
    assert messages(TimerKind.KEEPALIVE, Stack(sysctls=KEEP_ALIVE), record=record) == [
        "TCP_KEEPIDLE of its program 20 s",
        "net.ipv4.tcp_keepalive_intvl 75 s or TCP_KEEPINTVL",
        "TCP_KEEPCNT of its program 3",
    ]


def test_sysctl_that_this_kernel_lacks_is_left_out() -> None:
    stack = Stack(sysctls={"net.ipv4.tcp_retries2": 15})
    assert messages(TimerKind.RETRANSMIT, stack, record=Record({})) == [
        "net.ipv4.tcp_retries2 15",
        "a route's rto_min comes before tcp_rto_min_us",
    ]
