"""The rules on where the kernel and the wire disagree about one end of a connection. Pure.

A rule looks at one moment, at which it may be wrong: the kernel was read up to a second before or after the wire. Its
problem counts once it has been there for longer than a round trip with the same `rests_on`
(`monitor.disagreements`).
"""

from dataclasses import dataclass, replace

from tcpwatch.diagnose.context import unread_in_close_wait
from tcpwatch.diagnose.deferral import FinalAck, defers, final_ack
from tcpwatch.diagnose.message import Count, Listing, Message, Time, message
from tcpwatch.diagnose.problem import Problem, Severity
from tcpwatch.diagnose.rule import Rule
from tcpwatch.diagnose.rules.listener import accept_queue_is_full
from tcpwatch.sockets.row import SocketRow
from tcpwatch.sockets.timeline import Timeline
from tcpwatch.tcp.seqnum import ahead
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tcb import Source, Tcb

SHOW_DROPS = "nstat -az TcpInCsumErrors TcpExtTCPBacklogDrop TcpExtTCPRcvQDrop IpInDiscards"
SHOW_FIREWALL = "nft list ruleset"


@dataclass(frozen=True, slots=True)
class BothViews:
    """One end, as the kernel and as the wire show it.

    `whose` names it in an English sentence. `timeline` has its states as the segments show them, on the clock of
    `now_ns`; `sent` is whether any segment of its own was seen; `offered` the other end's SND.NXT as the wire shows it;
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

    @property
    def end(self) -> Message:
        """The end, as a sentence names it."""
        return message(self.whose)

    def since(self, *states: State) -> Message | None:
        """How long ago the wire showed the first of these states to begin."""
        began = next((interval.since_ns for interval in self.timeline.intervals if interval.state in states), None)
        return None if began is None else message(" {time} ago", time=Time(self.now_ns - began))


NO_NUMBERS = (State.CLOSED, State.TIME_WAIT, State.LISTEN)

# A segment that changes the state: the states of a socket that has not taken it, those on the wire, its name, why.
NOT_TAKEN = (
    (
        {State.SYN_SENT},
        {State.ESTABLISHED, State.CLOSE_WAIT, State.FIN_WAIT_1},
        message("The SYN-ACK"),
        message("it did not reach TCP, or TCP refused it"),
    ),
    (
        {State.SYN_RECEIVED},
        {State.ESTABLISHED, State.CLOSE_WAIT},
        message("The ACK that completes the handshake"),
        message("the listener's accept queue is full, or it did not reach TCP"),
    ),
    (
        {State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2},
        {State.CLOSE_WAIT, State.CLOSING, State.LAST_ACK, State.TIME_WAIT},
        message("The other end's FIN"),
        message("bytes before it are missing, or it did not reach TCP"),
    ),
    (
        {State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK},
        {State.FIN_WAIT_2, State.TIME_WAIT, State.CLOSED},
        message("The ACK of its FIN"),
        message("it did not reach TCP"),
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
    words = message(
        "An RST passed{since} that ends this connection, and the socket of {end} is still {state}: it did not reach "
        "TCP, or TCP refused it.",
        since=views.since(State.CLOSED) or "",
        end=views.end,
        state=str(views.row.state),
    )
    return _warn(words, views.state, SHOW_FIREWALL, SHOW_DROPS)


def segment_not_taken(views: BothViews) -> Problem | None:
    """A segment passed that changes the state, and the state of the socket did not change."""
    for kernel, wire, segment, usual in NOT_TAKEN:
        if views.row.state in kernel and views.state in wire:
            why = _ack_put_aside(views) if views.row.state is State.SYN_RECEIVED else usual
            if why is None:
                return None
            words = message(
                "{segment} passed{since}, and the socket of {end} is still {state}: {why}.",
                segment=segment,
                since=views.since(*wire) or "",
                end=views.end,
                state=str(views.row.state),
                why=why,
            )
            return _warn(words, views.state, SHOW_DROPS)
    return None


def _ack_put_aside(views: BothViews) -> Listing | None:
    """Why a handshake is still half open though its last ACK has passed; None where the listener has deferred it."""
    known = final_ack(views.row, views.listener)
    if known is FinalAck.DEFERRED:
        return None
    backlog = views.listener.backlog if views.listener is not None else None
    full = backlog is None or accept_queue_is_full(backlog) or known is FinalAck.NO_ROOM
    may_defer = known is None and defers(views.listener) is not False
    reasons = (
        message("the listener's accept queue is full") if full else None,
        message("it waits for data first (TCP_DEFER_ACCEPT)") if may_defer else None,
        message("it did not reach TCP") if known is not FinalAck.NO_ROOM else None,
    )
    return Listing(tuple(filter(None, reasons)), ", or ")


def gone_unseen(views: BothViews) -> Problem | None:
    """The socket is gone without a FIN or an RST to the other end."""
    if views.state not in OPEN or not views.lossless:
        return None
    words = message(
        "The socket of {end} is gone, and no FIN or RST of it passed: it timed out or was destroyed, and the other end "
        "does not know.",
        end=views.end,
    )
    return _warn(words, views.state)


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
    words = message(
        "TCP has sent {missing} more of {end} than this interface has seen: dropped on the way down (firewall, queue "
        "discipline), or they leave by another interface.",
        missing=Count(missing, "number"),
        end=views.end,
    )
    return _warn(words, seen, "tc -s qdisc show", SHOW_FIREWALL)


def received_untaken(views: BothViews) -> Problem | None:
    """Bytes passed here that TCP has not taken."""
    tcb = views.kernel_numbers
    if tcb is None or not tcb.rcv_nxt or views.offered is None:
        return None
    missing = ahead(views.offered, tcb.rcv_nxt)
    if missing <= 0:
        return None
    words = message(
        "The socket of {end} has not taken {missing} that passed: dropped on the way up (firewall, checksum, no "
        "memory), or bytes before them are missing.",
        end=views.end,
        missing=Count(missing, "number"),
    )
    return _warn(words, views.offered, SHOW_DROPS, SHOW_FIREWALL)


def ack_untaken(views: BothViews) -> Problem | None:
    """An acknowledgment passed here that TCP has not taken."""
    tcb = views.kernel_numbers
    if tcb is None or tcb.snd_una is None or views.wire.snd_una is None:
        return None
    missing = ahead(views.wire.snd_una, tcb.snd_una)
    if missing <= 0:
        return None
    words = message(
        "An ACK of {missing} more has passed than the socket of {end} has taken: dropped on the way up (firewall, "
        "checksum).",
        missing=Count(missing, "number"),
        end=views.end,
    )
    return _warn(words, views.wire.snd_una, SHOW_DROPS, SHOW_FIREWALL)


def unread_since_fin(views: BothViews) -> Problem | None:
    """The wire has seen the end of the stream, and the program has not."""
    if not views.row.recv_q or not (ago := views.since(State.CLOSE_WAIT)):
        return None
    words = message(
        "The other end's FIN passed{ago}, and unread at {end} are {unread}.",
        ago=ago,
        end=views.end,
        unread=unread_in_close_wait(views.row.recv_q),
    )
    return Problem(Severity.NOTE, words, rests_on=views.state)


def _warn(words: Message, rests_on: object, *next_steps: str) -> Problem:
    return Problem(Severity.WARN, words, (), next_steps, rests_on=rests_on)


RULES: tuple[Rule[BothViews], ...] = (
    Rule("rst-not-taken", None, reset_not_taken, "RST"),
    Rule("segment-not-taken", None, segment_not_taken, "network"),
    Rule("gone-unseen", frozenset({State.CLOSED}), gone_unseen, "CLOSED"),
    Rule("sent-unseen", None, sent_unseen, "SND.NXT"),
    Rule("received-untaken", None, received_untaken, "RCV.NXT"),
    Rule("ack-untaken", None, ack_untaken, "SND.UNA"),
    Rule("unread-since-fin", frozenset({State.CLOSE_WAIT}), unread_since_fin, "Recv-Q"),
)
