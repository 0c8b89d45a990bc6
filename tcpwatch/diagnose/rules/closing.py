"""What hinders a connection from closing, and at which end: the rules on the states after the first FIN."""

from tcpwatch.diagnose.context import FIRST_CLOSER, SocketFacts, unread_in_close_wait
from tcpwatch.diagnose.half_close import HalfClose
from tcpwatch.diagnose.problem import Problem, Severity
from tcpwatch.diagnose.rule import Beginning, Rule, Trouble
from tcpwatch.diagnose.rules.retransmission import NOT_ACKNOWLEDGED, times_sent_again
from tcpwatch.sockets.row import NoOwner
from tcpwatch.tcp.state import State
from tcpwatch.text.duration import duration
from tcpwatch.text.quantity import counted

FIN = 1  # number that it takes (RFC 9293 §3.4)
FIRST_OF_IT = "the first of it "
TIME_WAIT_S = 60  # TCP_TIMEWAIT_LEN, include/net/tcp.h


def not_closed_here(facts: SocketFacts) -> Problem:
    """CLOSE-WAIT: only the program's close() ends it, the kernel waits without limit."""
    if facts.half_close is not None:
        return half_closed(facts, facts.half_close)
    evidence = [FIRST_CLOSER[State.CLOSE_WAIT].value]
    if facts.row.recv_q is not None:
        evidence.append(f"unread: {unread_in_close_wait(facts.row.recv_q)}")
        if facts.row.timer is None:  # a source without queues has no timers either
            evidence.append("no timer runs: the kernel waits without limit")
    if facts.peer is not None:
        evidence.append(f"the other end is on this host, in {facts.peer.state}")
    next_steps = [f"ss -tanp state close-wait sport = :{facts.row.local.port}"]
    if facts.owners:
        owner = facts.owners[0]
        next_steps.insert(0, f"ls -l /proc/{owner.pid}/fd/{owner.fd}")
    return Problem(
        Severity.NOTE,
        f"{facts.program} must call close(): the peer has closed, this end has not.",
        tuple(evidence),
        tuple(next_steps),
    )


def half_closed(facts: SocketFacts, ordinary: HalfClose) -> Problem:
    """CLOSE-WAIT in which this end may go on sending (RFC 9293 §3.10.2), or whose FIN has only just come."""
    evidence = [FIRST_CLOSER[State.CLOSE_WAIT].value]
    if facts.peer is not None:
        evidence.append(f"the other end is on this host, in {facts.peer.state}")
    if not ordinary.sends:
        message = f"The peer has closed a moment ago, and {facts.program} has yet to call close()."
        return Problem(Severity.CHAT, message, tuple(evidence))
    waits = f"{counted(facts.row.send_q, 'byte')} in the send queue" if facts.row.send_q else ""
    ago = f"last data {duration(ordinary.sent_ago_ns)} ago" if ordinary.sent_ago_ns is not None else ""
    signs = ", ".join(filter(None, (ago, waits)))
    message = f"The peer has closed its direction; in the other one {facts.program} is still sending ({signs})."
    return Problem(Severity.CHAT, message, tuple(evidence))


def waits_for_peer_fin(facts: SocketFacts) -> Problem:
    """FIN-WAIT-2: our FIN is acknowledged, the peer's has not come."""
    held = bool(facts.row.inode or facts.owners)
    limit = (
        "a program still holds the socket: the kernel waits without limit"
        if held
        else "no program is known to hold the socket: an orphan is given up after net.ipv4.tcp_fin_timeout"
    )
    peer = f"it is in {facts.peer.state}" if facts.peer else "by RFC 9293 it should be in CLOSE-WAIT"
    return Problem(
        Severity.NOTE,
        f"This end's FIN is acknowledged, the peer's has not come: {facts.peer_program} has yet to close.",
        (FIRST_CLOSER[State.FIN_WAIT_2].value, limit),
        (f"look at {facts.row.remote}: {peer}", "sysctl net.ipv4.tcp_fin_timeout"),
    )


def fin_not_acknowledged(facts: SocketFacts) -> Problem:
    """FIN-WAIT-1, CLOSING, LAST-ACK: this end has closed, and its FIN is not acknowledged; it may not even be sent."""
    again, (words, first) = times_sent_again(facts.row), what_waits_behind_close(facts)
    tried = f", {first}sent again {counted(again, 'time')}: the peer is gone, or the path lossy." if again else "."
    return Problem(
        Severity.NOTE if again else Severity.CHAT,
        words + tried,
        (FIRST_CLOSER[facts.row.state].value,),
        ("sysctl net.ipv4.tcp_orphan_retries",),
    )


def what_waits_behind_close(facts: SocketFacts) -> tuple[str, str]:
    """What of this end has not been sent, or not acknowledged; and which of it is sent again, where not all is.

    A FIN stands behind all data (tcp_send_fin). It has been sent where SND.NXT has come to the end of what was written.
    """
    send_q, unsent = facts.row.send_q, facts.info.notsent_bytes if facts.info is not None else None
    if not send_q or unsent is None:
        return "This end has closed, and not all that it has to send, FIN included, is acknowledged", ""
    if not unsent:
        if send_q == FIN:
            return "This end's FIN is not acknowledged yet", ""
        return f"This end's FIN and the {counted(send_q - FIN, 'byte')} before it are not acknowledged", FIRST_OF_IT
    flying = send_q - unsent
    waiting = f"{counted(unsent - FIN, 'byte')} and the FIN behind them are" if unsent > FIN else "its FIN is"
    words = f"This end has closed; {waiting} not sent yet"
    return (
        (f"{words}, and before that {counted(flying, 'byte')} not acknowledged", FIRST_OF_IT) if flying else (words, "")
    )


def waits_out_2msl(facts: SocketFacts) -> Problem:
    """TIME-WAIT: harmless, the kernel ends it."""
    return Problem(
        Severity.CHAT,
        f"Closed. The kernel keeps the address pair for 2MSL ({TIME_WAIT_S} s on Linux), so that a late segment "
        "cannot enter a new connection and a repeated FIN is answered.",
        (FIRST_CLOSER[State.TIME_WAIT].value,),
    )


NOT_CLOSED = Trouble(
    name="CLOSE-WAIT",
    must="must close()",
    rank=20,
    meets=lambda socket: (
        socket.row.state is State.CLOSE_WAIT
        and socket.half_close is None
        and socket.no_owner is not NoOwner.NOT_ACCEPTED
    ),
    began=Beginning.WITH_ITS_STATE,
    group="not closed here",
)
FIN_SENT = frozenset({State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK})

RULES: tuple[Rule[SocketFacts], ...] = (
    Rule("close-wait", frozenset({State.CLOSE_WAIT}), not_closed_here, "CLOSE-WAIT", NOT_CLOSED),
    Rule("fin-wait-2", frozenset({State.FIN_WAIT_2}), waits_for_peer_fin, "FIN-WAIT-2"),
    Rule("fin-unacknowledged", FIN_SENT, fin_not_acknowledged, "RTO", NOT_ACKNOWLEDGED),
    Rule("time-wait", frozenset({State.TIME_WAIT}), waits_out_2msl, "TIME-WAIT"),
)
