"""The end of silent connections. The numbers are what Linux 6.18 was seen to do, but for how late its timers fire."""

from dataclasses import replace
from typing import Any

import pytest

from tcpwatch.diagnose.timers.deadline import Fate, fate_of
from tcpwatch.sockets.counters import NO_STACK, Stack
from tcpwatch.sockets.row import SocketRow, Timer, TimerKind
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.tcp.state import State
from tests.builders import row
from tests.diagnose.kernel_record import Record

READ_MS = 5_000_000
DEFAULTS = Stack(
    sysctls={
        "net.ipv4.tcp_retries2": 15,
        "net.ipv4.tcp_orphan_retries": 0,
        "net.ipv4.tcp_syn_retries": 6,
        "net.ipv4.tcp_syn_linear_timeouts": 4,
        "net.ipv4.tcp_keepalive_time": 7200,
        "net.ipv4.tcp_keepalive_intvl": 75,
        "net.ipv4.tcp_keepalive_probes": 9,
    }
)
DATA = {"icsk_pending": 1, "snd_wnd": 65_536, "icsk_rto": 204, "icsk_rto_max": 120_000}
SYN = {"icsk_pending": 1, "icsk_rto": 1_000, "retrans_stamp": READ_MS}


def sending(left_ms: int = 204, retransmits: int = 0, state: State = State.ESTABLISHED, **fields: int) -> SocketRow:
    """A socket whose segment waits for its ACK."""
    known = SYN if state is State.SYN_SENT else DATA
    timer = Timer(TimerKind.RETRANSMIT, left_ms, retransmits, READ_MS * 1_000_000)
    return row(state=state, timer=timer, read_ns=READ_MS * 1_000_000, record=Record(known | fields))


def with_setting(name: str, value: int) -> Stack:
    return Stack(sysctls={**DEFAULTS.sysctls, f"net.ipv4.{name}": value})


def test_data_is_given_up_after_the_time_of_all_retries() -> None:
    """204 ms doubled nine times, then 120 s each, until 924.6 s have passed since the first was sent again."""
    doubled = sum(204 << n for n in range(1, 10))
    assert fate_of(sending(), DEFAULTS) == Fate(408, 204 + doubled + 6 * 120_000)


@pytest.mark.parametrize(("retries", "gives_up_ms"), [(1, 204 + 408 + 816), (3, 204 + 408 + 816 + 1_632 + 3_264)])
def test_data_with_few_retries(retries: int, gives_up_ms: int) -> None:
    """The first of these timeouts comes 200 ms too early to be the last: the kernel reckons from 200 ms."""
    assert fate_of(sending(), with_setting("tcp_retries2", retries)) == Fate(408, gives_up_ms)


def test_data_with_few_retries_and_late_timers_is_given_up_sooner() -> None:
    late = sending()
    late = replace(late, record=replace(late.record, late_ms=100))  # type: ignore[type-var]
    assert fate_of(late, with_setting("tcp_retries2", 3)) == Fate(408, 204 + 408 + 816 + 1_632 + 4 * 100)


def test_data_that_was_sent_again_counts_from_then() -> None:
    again = sending(1_000, 3, icsk_rto=1_632, retrans_stamp=READ_MS - 1_856)
    assert fate_of(again, with_setting("tcp_retries2", 3)) == Fate(3_264, 1_000 + 3_264)
    last = sending(1_000, 4, icsk_rto=3_264, retrans_stamp=READ_MS - 5_120)
    assert fate_of(last, with_setting("tcp_retries2", 3)) == Fate(None, 1_000)


def test_stamp_of_the_first_that_was_sent_again_wraps() -> None:
    read_ms = (1 << 32) + 500
    again = replace(sending(1_000, 4, retrans_stamp=(1 << 32) - 1_000), read_ns=read_ms * 1_000_000)
    assert fate_of(again, with_setting("tcp_retries2", 3)) == Fate(408, 1_000 + 408 + 816)


def test_orphan_has_retries_of_its_own() -> None:
    orphan = replace(sending(state=State.FIN_WAIT_1), inode=0)
    assert fate_of(orphan, with_setting("tcp_orphan_retries", 1)) == Fate(408, 204 + 408 + 816)
    assert fate_of(orphan, DEFAULTS) == Fate(408, 204 * ((2 << 8) - 1))


def test_orphan_whose_rto_can_grow_no_more_has_none() -> None:
    orphan = replace(sending(5_000, 1, State.FIN_WAIT_1, icsk_rto=120_000, retrans_stamp=READ_MS), inode=0)
    assert fate_of(orphan, DEFAULTS) == Fate(None, 5_000)


def test_syn_is_sent_again_at_even_pace_first() -> None:
    """Five times after a second each, then after 2, 4, 8, 16 and 32 s; given up 64 s later."""
    assert fate_of(sending(1_000, state=State.SYN_SENT), DEFAULTS) == Fate(1_000, 131_000)


def test_syn_of_a_kernel_that_doubles_at_once() -> None:
    stack = Stack(sysctls={"net.ipv4.tcp_syn_retries": 6})
    assert fate_of(sending(1_000, state=State.SYN_SENT), stack) == Fate(2_000, 127_000)


def test_syn_retries_of_the_program_come_first() -> None:
    one = sending(1_000, state=State.SYN_SENT, icsk_syn_retries=1)
    assert fate_of(one, DEFAULTS) == Fate(1_000, 3_000)


def silent(left_ms: int, probes: int = 0, ages_ms: tuple[int, int] = (0, 0), **fields: int) -> SocketRow:
    """A connection with keep-alive."""
    info = TcpInfo(last_data_recv=ages_ms[0], last_ack_recv=ages_ms[1])
    return row(timer=Timer(TimerKind.KEEPALIVE, left_ms, probes), record=Record(fields, info))


def test_keep_alive_gives_up_after_all_probes() -> None:
    assert fate_of(silent(100_000, 0, (7_100_000, 7_100_000)), DEFAULTS) == Fate(75_000, 100_000 + 9 * 75_000)
    assert fate_of(silent(5_000, 7, (7_300_000, 7_300_000)), DEFAULTS) == Fate(75_000, 5_000 + 2 * 75_000)
    assert fate_of(silent(5_000, 9, (7_300_000, 7_300_000)), DEFAULTS) == Fate(None, 5_000)


def test_keep_alive_timer_that_fires_before_the_silence_is_long_enough_is_set_anew() -> None:
    assert fate_of(silent(100_000, 0, (9_000_000, 1_000)), DEFAULTS) == Fate(75_000, 7_199_000 + 9 * 75_000)


def test_keep_alive_as_the_program_wants_it() -> None:
    own = {"keepalive_time": 20_000, "keepalive_intvl": 1_000, "keepalive_probes": 3}
    assert fate_of(silent(4_000, 0, (16_000, 16_000), **own), DEFAULTS) == Fate(1_000, 7_000)


@pytest.mark.parametrize(
    "unknown",
    [
        row(),
        row(timer=Timer(TimerKind.RETRANSMIT, 204, 0)),
        row(timer=Timer(TimerKind.TIME_WAIT, 60_000, 0), record=Record({})),
        row(timer=Timer(TimerKind.RETRANSMIT, 900, 1), state=State.SYN_RECEIVED, record=Record(DATA, info=None)),
        sending(icsk_user_timeout=5_000),
        sending(icsk_pending=6),
        sending(snd_wnd=0),
        sending(tcp_usec_ts=1),
        silent(50_000, icsk_user_timeout=5_000),
        replace(silent(50_000), inode=0),
    ],
)
def test_fate_that_cannot_be_reckoned(unknown: Any) -> None:
    assert fate_of(unknown, DEFAULTS) is None


def test_fate_without_sysctls_is_not_reckoned() -> None:
    assert fate_of(sending(), NO_STACK) is None
    assert fate_of(silent(50_000), NO_STACK) is None
