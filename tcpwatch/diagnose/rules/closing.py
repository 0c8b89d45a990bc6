"""What hinders a connection from closing, and at which end: the rules on the states after the first FIN."""

from tcpwatch.diagnose.context import FIRST_CLOSER, SocketFacts, unread_in_close_wait
from tcpwatch.diagnose.finding import Finding, Severity
from tcpwatch.diagnose.rule import Beginning, Rule, Trouble
from tcpwatch.diagnose.rules.retransmission import NOT_ACKNOWLEDGED, times_sent_again
from tcpwatch.tcp.state import State
from tcpwatch.text.quantity import counted

TIME_WAIT_S = 60  # TCP_TIMEWAIT_LEN, include/net/tcp.h


def not_closed_here(facts: SocketFacts) -> Finding:
    """CLOSE-WAIT: only the program's close() ends it, the kernel waits without limit."""
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
    return Finding(
        Severity.NOTE,
        f"{facts.program} must call close(): the peer has closed, this end has not.",
        tuple(evidence),
        tuple(next_steps),
    )


def waits_for_peer_fin(facts: SocketFacts) -> Finding:
    """FIN-WAIT-2: our FIN is acknowledged, the peer's has not come."""
    held = bool(facts.row.inode or facts.owners)
    limit = (
        "a program still holds the socket: the kernel waits without limit"
        if held
        else "no program is known to hold the socket: an orphan is given up after net.ipv4.tcp_fin_timeout"
    )
    peer = f"it is in {facts.peer.state}" if facts.peer else "by RFC 9293 it should be in CLOSE-WAIT"
    return Finding(
        Severity.NOTE,
        f"This end's FIN is acknowledged, the peer's has not come: {facts.peer_program} has yet to close.",
        (FIRST_CLOSER[State.FIN_WAIT_2].value, limit),
        (f"look at {facts.row.remote}: {peer}", "sysctl net.ipv4.tcp_fin_timeout"),
    )


def fin_not_acknowledged(facts: SocketFacts) -> Finding:
    """FIN-WAIT-1, CLOSING, LAST-ACK: a FIN was sent and its acknowledgment has not come."""
    again = times_sent_again(facts.row)
    message = (
        f"This end's FIN is not acknowledged, sent again {counted(again, 'time')}: the peer is gone, or the path lossy."
        if again
        else "This end's FIN is not acknowledged yet."
    )
    return Finding(
        Severity.NOTE if again else Severity.CHAT,
        message,
        (FIRST_CLOSER[facts.row.state].value,),
        ("sysctl net.ipv4.tcp_orphan_retries",),
    )


def waits_out_2msl(facts: SocketFacts) -> Finding:
    """TIME-WAIT: harmless, the kernel ends it."""
    return Finding(
        Severity.CHAT,
        f"Closed. The kernel keeps the address pair for 2MSL ({TIME_WAIT_S} s on Linux), so that a late segment "
        "cannot enter a new connection and a repeated FIN is answered.",
        (FIRST_CLOSER[State.TIME_WAIT].value,),
    )


NOT_CLOSED = Trouble(
    name="CLOSE-WAIT",
    must="must close()",
    rank=20,
    meets=lambda socket: socket.row.state is State.CLOSE_WAIT,
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
