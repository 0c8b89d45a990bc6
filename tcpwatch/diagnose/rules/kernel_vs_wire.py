"""Where the kernel and the wire disagree about one end of a connection, as a table of rules. Pure.

A rule looks at one moment, at which it may be wrong: the kernel was read up to a second before or after the wire. It
counts where it has held for longer than a round trip while what it rests on stood still (`monitor.disagreements`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from tcpwatch.diagnose.context import unread_in_words
from tcpwatch.diagnose.finding import Finding, Severity
from tcpwatch.sockets.row import SocketRow
from tcpwatch.sockets.timeline import Timeline
from tcpwatch.tcp.seqnum import ahead
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tcb import Source, Tcb
from tcpwatch.text.duration import duration
from tcpwatch.text.quantity import counted

DROPS = "nstat -az TcpInCsumErrors TcpExtTCPBacklogDrop TcpExtTCPRcvQDrop IpInDiscards"
FIREWALL = "nft list ruleset"


@dataclass(frozen=True, slots=True)
class BothViews:
    """One end, as its socket and as its segments have it.

    `whose` names it in a sentence. `timeline` is what its segments moved, on the clock of `now_ns`; `sent` whether any
    segment of its own was seen; `offered` the other end's SND.NXT as the wire shows it; `lossless` that the capture has
    lost nothing.
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


class Disagreement(NamedTuple):
    """What a rule found, and what of the wire it rests on: another value makes it another disagreement."""

    finding: Finding
    rests_on: object


NO_NUMBERS = (State.CLOSED, State.TIME_WAIT, State.LISTEN)

Rule = Callable[[BothViews], Disagreement | None]

# What passed on the wire and would have moved the socket: the socket's states, the wire's, the segment, why.
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


def disagreement(views: BothViews) -> Disagreement | None:
    """The first rule of the table that holds."""
    found = next((found for rule in RULES if (found := rule(views)) is not None), None)
    return None if found is None else found._replace(rests_on=(views.whose, found.rests_on))


def reset_not_taken(views: BothViews) -> Disagreement | None:
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
    return _warn("rst-not-taken", message, views.state, FIREWALL, DROPS)


def segment_not_taken(views: BothViews) -> Disagreement | None:
    """A segment passed that moves the state, and the socket did not move."""
    for kernel, wire, segment, why in NOT_TAKEN:
        if views.row.state in kernel and views.state in wire:
            still = f"the socket of {views.whose} is still {views.row.state}"
            message = f"{segment} passed{views.since(*wire)}, and {still}: {why}."
            return _warn("segment-not-taken", message, views.state, DROPS)
    return None


def gone_unseen(views: BothViews) -> Disagreement | None:
    """The socket is no more, and nobody has told the other end."""
    if views.row.state is not State.CLOSED or views.state not in OPEN or not views.lossless:
        return None
    message = (
        f"The socket of {views.whose} is gone, and no FIN or RST of it passed: it timed out or was destroyed, and the "
        "other end does not know."
    )
    return _warn("gone-unseen", message, views.state)


def sent_unseen(views: BothViews) -> Disagreement | None:
    """TCP has sent what did not come by here."""
    tcb = views.kernel_numbers
    if tcb is None or tcb.snd_nxt is None or views.wire.snd_nxt is None or not (views.sent and views.lossless):
        return None
    seen = views.wire.snd_nxt
    if views.wire.snd_una is not None and ahead(views.wire.snd_una, seen) > 0:
        seen = views.wire.snd_una
    missing = ahead(tcb.snd_nxt, seen)
    if missing <= 0:
        return None
    message = (
        f"TCP has sent {counted(missing, 'number')} more of {views.whose} than this interface has seen: dropped "
        "on the way down (firewall, queue discipline), or they leave by another interface."
    )
    return _warn("sent-unseen", message, seen, "tc -s qdisc show", FIREWALL)


def received_untaken(views: BothViews) -> Disagreement | None:
    """What came by here has not been taken by TCP."""
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
    return _warn("received-untaken", message, views.offered, DROPS, FIREWALL)


def ack_untaken(views: BothViews) -> Disagreement | None:
    """An acknowledgment came by here that TCP has not taken."""
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
    return _warn("ack-untaken", message, views.wire.snd_una, DROPS, FIREWALL)


def unread_since_fin(views: BothViews) -> Disagreement | None:
    """The wire has seen the end of the stream, and the program has not."""
    if views.row.state is not State.CLOSE_WAIT or not views.row.recv_q:
        return None
    if not (ago := views.since(State.CLOSE_WAIT)):
        return None
    message = f"The other end's FIN passed{ago}, and at {views.whose} there is {unread_in_words(views.row)}."
    return Disagreement(Finding(Severity.NOTE, "unread-since-fin", message), views.state)


RULES: tuple[Rule, ...] = (
    reset_not_taken,
    segment_not_taken,
    gone_unseen,
    sent_unseen,
    received_untaken,
    ack_untaken,
    unread_since_fin,
)


def _warn(rule: str, message: str, rests_on: object, *do_next: str) -> Disagreement:
    return Disagreement(Finding(Severity.WARN, rule, message, (), do_next), rests_on)
