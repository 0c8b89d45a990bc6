"""A socket's timer in words."""

from dataclasses import replace
from typing import cast

import pytest

from tcpwatch.diagnose.timers.deadline import Fate
from tcpwatch.sockets.counters import Stack
from tcpwatch.sockets.row import Timer, TimerKind
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.tcp.state import State
from tcpwatch.tui.detail import timers
from tcpwatch.tui.detail.timers import settings_words, timer_sentence, timer_words
from tests.builders import row
from tests.diagnose.kernel_record import Record
from tests.tui.canned import MONO_NS, connection, server_end


def words(timer: Timer | None, state: State = State.ESTABLISHED, **facts: object) -> tuple[str, str | None]:
    row = connection(1, server_end(1), state, 1, timer=timer, **facts).row  # type: ignore[arg-type]
    sentence = timer_sentence(row, MONO_NS)
    return timer_words(row, MONO_NS), None if sentence is None else str(sentence)


@pytest.mark.parametrize(
    ("timer", "short", "message"),
    [
        (
            Timer(TimerKind.KEEPALIVE, 82_000, 0, MONO_NS - 10_000_000_000),
            "keep 1m12s",
            "keep-alive: the peer, if it stays silent, is probed in 1m12s",
        ),
        (Timer(TimerKind.TIME_WAIT, 43_000, 0, MONO_NS), "2MSL 43s", "2MSL: this socket is gone in 43s"),
        (
            Timer(TimerKind.RETRANSMIT, 800, 3, MONO_NS),
            "rexmt 0.8s×3",
            "retransmission: without an ACK what is in flight is sent again in 0.8s, tried 3 times without an answer",
        ),
    ],
)
def test_timer(timer: Timer, short: str, message: str) -> None:
    assert words(timer) == (short, message)


def test_timer_of_a_loss_probe_has_words() -> None:
    assert words(Timer(TimerKind.LOSS_PROBE, 20, 0, MONO_NS))[0] == "tlp 0.0s"


@pytest.mark.parametrize(
    ("fate", "message"),
    [
        (Fate(6_400, 924_600), " in 0.8s, tried 3 times without an answer, then after 6.4s; "),
        (Fate(None, 924_600), "retransmission: "),
    ],
)
def test_timer_whose_end_is_known_says_when_the_kernel_gives_up(
    monkeypatch: pytest.MonkeyPatch, fate: Fate, message: str
) -> None:
    monkeypatch.setattr(timers, "fate_of", lambda row, stack: fate)
    timer = Timer(TimerKind.RETRANSMIT, 1_000, 3, MONO_NS - 200_000_000)
    sentence = words(timer)[1] or ""
    assert message + "without an answer the kernel gives up in 15m24s" in sentence
    assert ("sent again" in sentence) is (fate.next_wait_ms is not None)
    read_earlier = Timer(TimerKind.RETRANSMIT, 1_000, 3, MONO_NS - 3_200_000_000)
    assert "the kernel gives up in 15m21s" in (words(read_earlier)[1] or "")


def test_settings_words_join_what_sets_the_timer() -> None:
    row = connection(1, server_end(1), State.SYN_SENT, 1, timer=Timer(TimerKind.RETRANSMIT, 9, 0)).row
    stack = Stack(sysctls={"net.ipv4.tcp_syn_retries": 6})
    assert str(settings_words(row, stack)) == (
        "net.ipv4.tcp_syn_retries 6 or TCP_SYNCNT · the first wait is 1 s, a constant"
    )


def test_timer_of_a_kind_without_words_keeps_its_name() -> None:
    assert words(Timer(cast(TimerKind, "pacing"), 300, 0, MONO_NS)) == ("pacing 0.3s", "pacing in 0.3s")


@pytest.mark.parametrize("kind", [TimerKind.KEEPALIVE, TimerKind.TIME_WAIT])
def test_timer_of_an_orphan_in_fin_wait_2_gives_it_up(kind: TimerKind) -> None:
    timer = Timer(kind, 43_000, 0, MONO_NS)
    short, message = words(timer, State.FIN_WAIT_2, inode=0)
    assert short == "fin 43s"
    assert message is not None
    assert "gives it up in 43s" in message
    assert words(timer, State.FIN_WAIT_2, inode=7)[0] != "fin 43s"


def test_no_timer_in_close_wait_is_for_ever() -> None:
    assert words(None, State.CLOSE_WAIT) == ("–", "none: the kernel waits for close() without limit")
    assert words(None, State.SYN_RECEIVED) == ("–", None)


def test_timer_that_the_source_does_not_know_is_not_none() -> None:
    assert words(None, State.CLOSE_WAIT, recv_q=None) == ("–", None)
    assert words(None, State.LISTEN, recv_q=None)[1] == "none: a listener waits for ever"


def test_syn_ack_that_the_listener_defers_is_not_promised_again() -> None:
    timer = Timer(TimerKind.RETRANSMIT, 900, 0)
    request = row(state=State.SYN_RECEIVED, timer=timer, record=Record({"acked": 1, "num_timeout": 0}, None))
    listener = row(state=State.LISTEN, record=Record({"rskq_defer_accept": 3}, None))
    assert "is not sent again" in str(timer_sentence(request, 0, listener=listener))
    assert "the SYN-ACK is sent again in 0.9s" in str(timer_sentence(request, 0))


def test_persist_timer_of_a_corked_socket_does_not_name_the_window() -> None:
    info = replace(TcpInfo.decode(bytes(280)), snd_wnd=65_536, snd_mss=1_448)
    corked = row(send_q=3, timer=Timer(TimerKind.PERSIST, 180, 0), record=Record({"nonagle": 2}, info))
    assert "TCP_CORK" in str(timer_sentence(corked, 0))
    assert timer_words(corked, 0).startswith("cork")
