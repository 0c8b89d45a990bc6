"""What a socket's state means and what to do next: one small function per symptom, and a table of them by state."""

from collections.abc import Callable

from tcpwatch.diagnose.context import FIRST_CLOSER, SocketFacts, unread_in_words
from tcpwatch.diagnose.finding import Finding, Severity
from tcpwatch.diagnose.rules.ended import ending_of
from tcpwatch.diagnose.rules.listener import accept_queue_full, half_open_queue_full, turned_away, waits_for_clients
from tcpwatch.sockets.row import TimerKind
from tcpwatch.tcp.state import State
from tcpwatch.text.quantity import counted

Rule = Callable[[SocketFacts], Finding | None]

TIME_WAIT_S = 60  # TCP_TIMEWAIT_LEN, include/net/tcp.h


def diagnose(facts: SocketFacts) -> tuple[Finding, ...]:
    """All findings on one socket, in the order of the table."""
    found = (rule(facts) for rule in RULES[facts.row.state])
    return tuple(finding for finding in found if finding is not None)


def not_closed_here(facts: SocketFacts) -> Finding:
    """CLOSE-WAIT: only the program's close() ends it, the kernel waits without limit."""
    evidence = [FIRST_CLOSER[State.CLOSE_WAIT].value, unread_in_words(facts.row) or ""]
    if facts.row.timer is None and facts.row.recv_q is not None:  # a source without queues has no timers either
        evidence.append("no timer runs: the kernel waits without limit")
    if facts.peer is not None:
        evidence.append(f"the other end is on this host, in {facts.peer.state}")
    do_next = [f"ss -tanp state close-wait sport = :{facts.row.local.port}"]
    if facts.owners:
        owner = facts.owners[0]
        do_next.insert(0, f"ls -l /proc/{owner.pid}/fd/{owner.fd}")
    return Finding(
        Severity.WARN,
        "close-wait",
        f"{facts.program} must call close(): the peer has closed, this end has not.",
        tuple(filter(None, evidence)),
        tuple(do_next),
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
        "fin-wait-2",
        f"This end's FIN is acknowledged, the peer's has not come: {facts.peer_program} has yet to close.",
        (FIRST_CLOSER[State.FIN_WAIT_2].value, limit),
        (f"look at {facts.row.remote}: {peer}", "sysctl net.ipv4.tcp_fin_timeout"),
    )


def fin_not_acknowledged(facts: SocketFacts) -> Finding:
    """FIN-WAIT-1, CLOSING, LAST-ACK: a FIN was sent and its acknowledgment has not come."""
    timer = facts.row.timer
    again = timer.retransmits if timer is not None and timer.kind is TimerKind.RETRANSMIT else 0
    message = (
        f"This end's FIN is not acknowledged, sent again {counted(again, 'time')}: the peer is gone, or the path lossy."
        if again
        else "This end's FIN is not acknowledged yet."
    )
    return Finding(
        Severity.WARN if again else Severity.CHAT,
        "fin-unacknowledged",
        message,
        (FIRST_CLOSER[facts.row.state].value,),
        ("sysctl net.ipv4.tcp_orphan_retries",),
    )


def waits_out_2msl(facts: SocketFacts) -> Finding:
    """TIME-WAIT: harmless, the kernel ends it."""
    return Finding(
        Severity.CHAT,
        "time-wait",
        f"Closed. The kernel keeps the address pair for 2MSL ({TIME_WAIT_S} s on Linux), so that a late segment "
        "cannot enter a new connection and a repeated FIN is answered.",
        (FIRST_CLOSER[State.TIME_WAIT].value,),
    )


def no_answer_to_syn(facts: SocketFacts) -> Finding:
    """SYN-SENT: nobody has answered yet."""
    again = facts.row.timer.retransmits if facts.row.timer is not None else 0
    message = (
        f"No answer to the SYN, sent again {counted(again, 'time')}: filtered, lost, or the listener's queue is full. "
        "A closed port would have answered RST, unless a firewall keeps it silent."
        if again
        else "No answer to the SYN yet."
    )
    return Finding(
        Severity.WARN if again else Severity.CHAT,
        "syn-unanswered",
        message,
        (),
        ("sysctl net.ipv4.tcp_syn_retries", f"tcpdump -ni any host {facts.row.remote.ip}"),
    )


def half_open(facts: SocketFacts) -> Finding:
    """SYN-RECEIVED: the SYN-ACK was sent, the third step is missing."""
    again = facts.row.timer.retransmits if facts.row.timer is not None else 0
    sent = f"sent again {counted(again, 'time')}" if again else "sent"
    return Finding(
        Severity.NOTE if again else Severity.CHAT,
        "half-open",
        f"Half open: the SYN-ACK was {sent}; the client's ACK has not come, or the accept queue has no room for it.",
        (),
        ("ss -tan state syn-recv", "sysctl net.ipv4.tcp_max_syn_backlog net.ipv4.tcp_syncookies"),
    )


def not_accepted(facts: SocketFacts) -> Finding | None:
    """ESTABLISHED or CLOSE-WAIT, but still in the listener's accept queue."""
    if facts.row.inode or facts.row.uid is None:
        return None
    return Finding(
        Severity.NOTE,
        "not-accepted",
        "The connection is open, but the server has not called accept(): it waits in the listener's queue.",
        (),
        (f"ss -tlnp sport = :{facts.row.local.port}",),
    )


def peer_window_zero(facts: SocketFacts) -> Finding | None:
    """The persist timer runs: the peer has no room."""
    if facts.row.timer is None or facts.row.timer.kind is not TimerKind.PERSIST:
        return None
    return Finding(
        Severity.WARN,
        "zero-window",
        f"The peer's window has no room for what waits, and is probed: {facts.peer_program} does not read fast enough.",
        (f"{counted(facts.row.send_q or 0, 'byte')} in the send queue",),
    )


def not_acknowledged(facts: SocketFacts) -> Finding | None:
    """The retransmission timer has fired at least once."""
    timer = facts.row.timer
    if timer is None or timer.kind is not TimerKind.RETRANSMIT or not timer.retransmits:
        return None
    return Finding(
        Severity.WARN,
        "retransmitting",
        f"Data sent again {counted(timer.retransmits, 'time')}, not acknowledged: a lossy path, or the peer is gone.",
        (f"{counted(facts.row.send_q or 0, 'byte')} in the send queue",),
        (f"ping {facts.row.remote.ip}", "sysctl net.ipv4.tcp_retries2"),
    )


def unread(facts: SocketFacts) -> Finding | None:
    """Bytes wait in the receive queue."""
    if not facts.row.recv_q:
        return None
    return Finding(
        Severity.NOTE, "unread", f"{facts.program} has not read {counted(facts.row.recv_q, 'byte')} that came.", (), ()
    )


def nothing_wrong(facts: SocketFacts) -> Finding | None:
    """ESTABLISHED with empty queues, where the source knows them."""
    if facts.row.recv_q != 0 or facts.row.send_q != 0:
        return None
    return Finding(Severity.CHAT, "idle", "Open, and nothing waits at this end: both queues are empty.", (), ())


def how_it_ended(facts: SocketFacts) -> Finding | None:
    """CLOSED: as its life tells."""
    if (ending := ending_of(facts.timeline)) is None:
        return None
    return Finding(Severity.CHAT if ending.orderly else Severity.NOTE, "ended", ending.message)


RULES: dict[State, tuple[Rule, ...]] = {
    State.CLOSE_WAIT: (not_closed_here, not_accepted, not_acknowledged, peer_window_zero),
    State.FIN_WAIT_1: (fin_not_acknowledged, peer_window_zero),
    State.FIN_WAIT_2: (waits_for_peer_fin, unread),
    State.CLOSING: (fin_not_acknowledged,),
    State.LAST_ACK: (fin_not_acknowledged,),
    State.TIME_WAIT: (waits_out_2msl,),
    State.SYN_SENT: (no_answer_to_syn,),
    State.SYN_RECEIVED: (half_open,),
    State.ESTABLISHED: (not_accepted, peer_window_zero, not_acknowledged, unread, nothing_wrong),
    State.LISTEN: (turned_away, accept_queue_full, half_open_queue_full, waits_for_clients),
    State.CLOSED: (how_it_ended,),
}
