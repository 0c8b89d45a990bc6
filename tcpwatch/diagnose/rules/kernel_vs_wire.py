"""The rules on where the kernel and the wire disagree about one end of a connection. Pure.

A rule looks at one moment, at which it may be wrong: the kernel was read up to a second before or after the wire. Its
problem counts once it has been there for longer than a round trip with the same `rests_on`
(`monitor.disagreements`).
"""

from dataclasses import dataclass, replace

from tcpwatch.diagnose.context import unread_in_close_wait
from tcpwatch.diagnose.deferral import FinalAck, defers, final_ack
from tcpwatch.diagnose.problem import Problem, Severity
from tcpwatch.diagnose.rule import Rule
from tcpwatch.diagnose.rules.listener import accept_queue_is_full
from tcpwatch.sockets.row import SocketRow
from tcpwatch.sockets.timeline import Timeline
from tcpwatch.tcp.seqnum import ahead
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tcb import Source, Tcb
from tcpwatch.text.duration import duration
from tcpwatch.text.quantity import counted

SHOW_DROPS = "nstat -az TcpInCsumErrors TcpExtTCPBacklogDrop TcpExtTCPRcvQDrop IpInDiscards"
SHOW_FIREWALL = "nft list ruleset"


@dataclass(frozen=True, slots=True)
class BothViews:
    """One end, as the kernel and as the wire show it.

    `whose` names it in a sentence. `timeline` has its states as the segments show them, on the clock of `now_ns`;
    `sent` is whether any segment of its own was seen; `offered` the other end's SND.NXT as the wire shows it;
    `lossless` that the capture has lost nothing. `sent_before` is the kernel's SND.NXT at the first look, None where
    there was none; `listener` the one that a handshake in SYN-RECEIVED is for.
    """

    whose: str
    row: SocketRow
    kernel: Tcb | None
    wire: Tcb
    state: State
    timeline: Timeline
    now_ns: int
    sent: bool
    offered: int | None
    lossless: bool
    sent_before: int | None = None
    listener: SocketRow | None = None

    @property
    def kernel_numbers(self) -> Tcb | None:
        """The kernel's TCB of a socket that still works, where its numbers are those of the wire."""
        if self.kernel is None or self.kernel.source is Source.RELATIVE or self.row.state in NO_NUMBERS:
            return None
        return self.kernel

    def since(self, *states: State) -> str:
        """How long ago the wire showed the first of these states to begin."""
        began = next((interval.since_ns for interval in self.timeline.intervals if interval.state in states), None)
        return "" if began is None else f" {duration(self.now_ns - began)} ago"


NO_NUMBERS = (State.CLOSED, State.TIME_WAIT, State.LISTEN)

# A segment that changes the state: the states of a socket that has not taken it, those on the wire, its name, why.
NOT_TAKEN = (
    (
        {State.SYN_SENT},
        {State.ESTABLISHED, State.CLOSE_WAIT, State.FIN_WAIT_1},
        "The SYN-ACK",
        "it did not reach TCP, or TCP refused it",
    ),
    (
        {State.SYN_RECEIVED},
        {State.ESTABLISHED, State.CLOSE_WAIT},
        "The ACK that completes the handshake",
        "the listener's accept queue is full, or it did not reach TCP",
    ),
    (
        {State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2},
        {State.CLOSE_WAIT, State.CLOSING, State.LAST_ACK, State.TIME_WAIT},
        "The other end's FIN",
        "bytes before it are missing, or it did not reach TCP",
    ),
    (
        {State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK},
        {State.FIN_WAIT_2, State.TIME_WAIT, State.CLOSED},
        "The ACK of its FIN",
        "it did not reach TCP",
    ),
)
OPEN = (State.ESTABLISHED, State.CLOSE_WAIT)


def disagreement(views: BothViews) -> Problem | None:
    """What the first rule of the table finds that finds anything; `rests_on` names the end too."""
    applied = (rule.apply(views) for rule in RULES if rule.applies_in(views.row.state))
    found = next((problem for problem in applied if problem is not None), None)
    return None if found is None else replace(found, rests_on=(views.whose, found.rests_on))


def reset_not_taken(views: BothViews) -> Problem | None:
    """An RST passed that its socket should have obeyed."""
    resets = [
        interval
        for interval in views.timeline.intervals
        if interval.state is State.CLOSED and "RST" in (interval.cause or "")
    ]
    if views.state is not State.CLOSED or not resets or views.row.state in (State.CLOSED, State.TIME_WAIT):
        return None
    message = (
        f"An RST passed{views.since(State.CLOSED)} that ends this connection, and the socket of {views.whose} is still "
        f"{views.row.state}: it did not reach TCP, or TCP refused it."
    )
    return _warn(message, views.state, SHOW_FIREWALL, SHOW_DROPS)


def segment_not_taken(views: BothViews) -> Problem | None:
    """A segment passed that changes the state, and the state of the socket did not change."""
    for kernel, wire, segment, why in NOT_TAKEN:
        if views.row.state in kernel and views.state in wire:
            if views.row.state is State.SYN_RECEIVED:
                if (reason := _ack_put_aside(views)) is None:
                    return None
                why = reason
            still = f"the socket of {views.whose} is still {views.row.state}"
            message = f"{segment} passed{views.since(*wire)}, and {still}: {why}."
            return _warn(message, views.state, SHOW_DROPS)
    return None


def _ack_put_aside(views: BothViews) -> str | None:
    """Why a handshake is still half open though its last ACK has passed; None where the listener has deferred it."""
    known = final_ack(views.row, views.listener)
    if known is FinalAck.DEFERRED:
        return None
    backlog = views.listener.backlog if views.listener is not None else None
    full = backlog is None or accept_queue_is_full(backlog) or known is FinalAck.NO_ROOM
    may_defer = known is None and defers(views.listener) is not False
    return ", or ".join(
        [
            *(["the listener's accept queue is full"] if full else []),
            *(["it waits for data first (TCP_DEFER_ACCEPT)"] if may_defer else []),
            *(["it did not reach TCP"] if known is not FinalAck.NO_ROOM else []),
        ]
    )


def gone_unseen(views: BothViews) -> Problem | None:
    """The socket is gone without a FIN or an RST to the other end."""
    if views.state not in OPEN or not views.lossless:
        return None
    message = (
        f"The socket of {views.whose} is gone, and no FIN or RST of it passed: it timed out or was destroyed, and the "
        "other end does not know."
    )
    return _warn(message, views.state)


def sent_unseen(views: BothViews) -> Problem | None:
    """TCP has sent bytes that did not pass here."""
    tcb = views.kernel_numbers
    if tcb is None or tcb.snd_nxt is None or views.wire.snd_nxt is None or not (views.sent and views.lossless):
        return None
    seen = views.wire.snd_nxt
    if views.wire.iss is None:  # the capture began later: what had been sent by then may have passed before
        if views.sent_before is None:
            return None
        seen = views.sent_before if ahead(views.sent_before, seen) > 0 else seen
    if views.wire.snd_una is not None and ahead(views.wire.snd_una, seen) > 0:
        seen = views.wire.snd_una
    missing = ahead(tcb.snd_nxt, seen)
    if missing <= 0:
        return None
    message = (
        f"TCP has sent {counted(missing, 'number')} more of {views.whose} than this interface has seen: dropped "
        "on the way down (firewall, queue discipline), or they leave by another interface."
    )
    return _warn(message, seen, "tc -s qdisc show", SHOW_FIREWALL)


def received_untaken(views: BothViews) -> Problem | None:
    """Bytes passed here that TCP has not taken."""
    tcb = views.kernel_numbers
    if tcb is None or not tcb.rcv_nxt or views.offered is None:
        return None
    missing = ahead(views.offered, tcb.rcv_nxt)
    if missing <= 0:
        return None
    message = (
        f"The socket of {views.whose} has not taken {counted(missing, 'number')} that passed: dropped on the way up "
        "(firewall, checksum, no memory), or bytes before them are missing."
    )
    return _warn(message, views.offered, SHOW_DROPS, SHOW_FIREWALL)


def ack_untaken(views: BothViews) -> Problem | None:
    """An acknowledgment passed here that TCP has not taken."""
    tcb = views.kernel_numbers
    if tcb is None or tcb.snd_una is None or views.wire.snd_una is None:
        return None
    missing = ahead(views.wire.snd_una, tcb.snd_una)
    if missing <= 0:
        return None
    message = (
        f"An ACK of {counted(missing, 'number')} more has passed than the socket of {views.whose} has taken: dropped "
        "on the way up (firewall, checksum)."
    )
    return _warn(message, views.wire.snd_una, SHOW_DROPS, SHOW_FIREWALL)


def unread_since_fin(views: BothViews) -> Problem | None:
    """The wire has seen the end of the stream, and the program has not."""
    if not views.row.recv_q or not (ago := views.since(State.CLOSE_WAIT)):
        return None
    unread = unread_in_close_wait(views.row.recv_q)
    message = f"The other end's FIN passed{ago}, and unread at {views.whose} are {unread}."
    return Problem(Severity.NOTE, message, rests_on=views.state)


def _warn(message: str, rests_on: object, *next_steps: str) -> Problem:
    return Problem(Severity.WARN, message, (), next_steps, rests_on=rests_on)


RULES: tuple[Rule[BothViews], ...] = (
    Rule("rst-not-taken", None, reset_not_taken, "RST"),
    Rule("segment-not-taken", None, segment_not_taken, "network"),
    Rule("gone-unseen", frozenset({State.CLOSED}), gone_unseen, "CLOSED"),
    Rule("sent-unseen", None, sent_unseen, "SND.NXT"),
    Rule("received-untaken", None, received_untaken, "RCV.NXT"),
    Rule("ack-untaken", None, ack_untaken, "SND.UNA"),
    Rule("unread-since-fin", frozenset({State.CLOSE_WAIT}), unread_since_fin, "Recv-Q"),
)
