"""A socket's timer in words: a few cells for the table, a sentence for the detail pane. Pure."""

from dataclasses import replace
from typing import NamedTuple

from tcpwatch.diagnose.deferral import stays_silent
from tcpwatch.diagnose.message import Listing, Value, message
from tcpwatch.diagnose.timers.deadline import fate_of
from tcpwatch.diagnose.timers.persist import Persists, persists
from tcpwatch.diagnose.timers.settings import setting_phrases
from tcpwatch.sockets.counters import NO_STACK, Stack
from tcpwatch.sockets.row import SocketRow, TimerKind
from tcpwatch.tcp.state import State
from tcpwatch.tui.detail.sentence import Several, parts
from tcpwatch.tui.paint.format import brief_countdown, countdown


class TimerLook(NamedTuple):
    """A kind of timer: its name in the table, and what comes of it when it fires (in {in_}, after {times})."""

    name: str
    message: str

    @property
    def kind(self) -> str:
        """The word before the colon of the message."""
        return self.message.partition(":")[0]


THEN = ", then after {wait}; without an answer the kernel gives up in {in_}"
LAST = "{kind}: without an answer the kernel gives up in {in_}{times}"


# By the kind's own word; one that is not here keeps it.
TIMER_LOOKS = {
    "retransmit": TimerLook("rexmt", "retransmission: without an ACK what is in flight is sent again in {in_}{times}"),
    "loss-probe": TimerLook("tlp", "tail loss probe: without an ACK the last segment is sent again in {in_}"),
    "delayed-ack": TimerLook("delack", "delayed ACK: what has arrived is acknowledged in {in_}"),
    "keepalive": TimerLook("keep", "keep-alive: the peer, if it stays silent, is probed in {in_}{times}"),
    "time-wait": TimerLook("2MSL", "2MSL: this socket is gone in {in_}"),
    "persist": TimerLook("probe", "persist: the peer's window, too small for what waits, is probed in {in_}{times}"),
}
_HELD = "persist: the program holds back what waits ({how}); the kernel sends it in {{in_}} at the latest"
PERSISTS = {
    Persists.CORKED: TimerLook("cork", _HELD.format(how="TCP_CORK")),
    Persists.PROGRAM: TimerLook("held", _HELD.format(how="TCP_CORK or MSG_MORE")),
    Persists.RETRIED: TimerLook(
        "probe", "persist: the peer's window has room; what waits is tried again in {in_}{times}"
    ),
    Persists.UNKNOWN: TimerLook(
        "probe",
        "persist: what waits is tried again in {in_}; the window is too small for it, or the program holds it back",
    ),
}
"""By the reason of a persist timer, where that is not the window."""
DEFERRED = TimerLook(
    "defer", "TCP_DEFER_ACCEPT: the listener waits for data, and the SYN-ACK is not sent again; it looks again in {in_}"
)
SYN_ACK = TimerLook("rexmt", "retransmission: without the client's ACK the SYN-ACK is sent again in {in_}{times}")
ORPHAN = TimerLook("fin", "FIN-WAIT-2: no program holds it; without the peer's FIN the kernel gives it up in {in_}")

NO_TIMER = {
    State.CLOSE_WAIT: "none: the kernel waits for close() without limit",
    State.ESTABLISHED: "none: nothing is in flight and keep-alive is off",
    State.FIN_WAIT_2: "none: the kernel waits for the peer's FIN without limit while a program holds the socket",
    State.LISTEN: "none: a listener waits for ever",
}


def timer_words(row: SocketRow, now_ns: int) -> str:
    """`keep 1m12s`, `rexmt 0.2s×3`; `–` where none runs."""
    if (timer := row.timer) is None:
        return "–"
    times = f"×{timer.retransmits}" if timer.retransmits else ""
    return f"{_look(row).name} {brief_countdown(timer.left_ms(now_ns))}{times}"


def timer_sentence(
    row: SocketRow, now_ns: int, stack: Stack = NO_STACK, listener: SocketRow | None = None
) -> Value | None:
    """Which timer runs, what happens when it fires, how often it has, when the kernel gives up; or why none runs.

    None where it is not known. `listener` is the one that a handshake is for.
    """
    if (timer := row.timer) is None:
        known = row.recv_q is not None or row.state is State.LISTEN  # a source without queues has no timers either
        return message(NO_TIMER[row.state]) if known and row.state in NO_TIMER else None
    tried = Several(timer.retransmits, "time")
    times = message(", tried {times} without an answer", times=tried) if timer.retransmits else ""
    look = DEFERRED if stays_silent(row, listener) else _look(row)
    fires = message(look.message, in_=countdown(timer.left_ms(now_ns)), times=times)
    if (fate := fate_of(row, stack)) is None:
        return fires
    end = countdown(replace(timer, expires_ms=fate.gives_up_ms).left_ms(now_ns))
    if fate.next_wait_ms is None:
        return message(LAST, kind=message(look.kind), in_=end, times=times)
    return Listing((fires, message(THEN, wait=countdown(fate.next_wait_ms), in_=end)), "")


def settings_words(row: SocketRow, stack: Stack) -> Listing | None:
    """What sets the timer, with the values of today; None where none runs."""
    phrases = tuple(setting_phrases(row, stack))
    return parts(*phrases) if phrases else None


def _look(row: SocketRow) -> TimerLook:
    kind = row.timer.kind if row.timer else ""
    if row.state is State.FIN_WAIT_2 and not row.inode and kind in (TimerKind.KEEPALIVE, TimerKind.TIME_WAIT):
        return ORPHAN  # Linux keeps tcp_fin_timeout with either timer
    if row.state is State.SYN_RECEIVED and kind == TimerKind.RETRANSMIT:
        return SYN_ACK
    if (reason := persists(row)) in PERSISTS:
        return PERSISTS[reason]
    return TIMER_LOOKS.get(kind, TimerLook(kind, kind + " in {in_}{times}"))
