"""What hinders a connection from closing, and at which end: the rules on the states after the first FIN."""

from tcpwatch.diagnose.context import FIRST_CLOSER, SocketFacts, unread_in_close_wait
from tcpwatch.diagnose.half_close import HalfClose
from tcpwatch.diagnose.message import Count, Listing, Message, Time, message
from tcpwatch.diagnose.problem import Problem, Severity
from tcpwatch.diagnose.rule import Beginning, Rule, Trouble
from tcpwatch.diagnose.rules.retransmission import NOT_ACKNOWLEDGED, times_sent_again
from tcpwatch.sockets.row import NoOwner
from tcpwatch.tcp.state import State

FIN = 1  # number that it takes (RFC 9293 §3.4)
FIRST_OF_IT = message("the first of it ")
TIME_WAIT_S = 60  # TCP_TIMEWAIT_LEN, include/net/tcp.h


def not_closed_here(facts: SocketFacts) -> Problem:
    """CLOSE-WAIT: only the program's close() ends it, the kernel waits without limit."""
    if facts.half_close is not None:
        return half_closed(facts, facts.half_close)
    evidence = [first_closed(State.CLOSE_WAIT)]
    if facts.row.recv_q is not None:
        evidence.append(message("unread: {what}", what=unread_in_close_wait(facts.row.recv_q)))
        if facts.row.timer is None:  # a source without queues has no timers either
            evidence.append(message("no timer runs: the kernel waits without limit"))
    evidence += _other_end(facts)
    next_steps = [f"ss -tanp state close-wait sport = :{facts.row.local.port}"]
    if facts.owners:
        owner = facts.owners[0]
        next_steps.insert(0, f"ls -l /proc/{owner.pid}/fd/{owner.fd}")
    return Problem(
        Severity.NOTE,
        message("{program} must call close(): the peer has closed, this end has not.", program=facts.program),
        tuple(evidence),
        tuple(next_steps),
    )


def half_closed(facts: SocketFacts, ordinary: HalfClose) -> Problem:
    """CLOSE-WAIT in which this end may go on sending (RFC 9293 §3.10.2), or whose FIN has only just come."""
    evidence = (first_closed(State.CLOSE_WAIT), *_other_end(facts))
    if not ordinary.sends:
        words = message(
            "The peer has closed a moment ago, and {program} has yet to call close().", program=facts.program
        )
        return Problem(Severity.CHAT, words, evidence)
    signs = []
    if ordinary.sent_ago_ns is not None:
        signs.append(message("last data {time} ago", time=Time(ordinary.sent_ago_ns)))
    if facts.row.send_q:
        signs.append(message("{waiting} in the send queue", waiting=Count(facts.row.send_q, "byte")))
    words = message(
        "The peer has closed its direction; in the other one {program} is still sending ({signs}).",
        program=facts.program,
        signs=Listing(tuple(signs)),
    )
    return Problem(Severity.CHAT, words, evidence)


def first_closed(state: State) -> Message:
    """Who closed first, as far as the state alone shows it."""
    return message(FIRST_CLOSER[state].value)


def _other_end(facts: SocketFacts) -> list[Message]:
    if facts.peer is None:
        return []
    return [message("the other end is on this host, in {state}", state=str(facts.peer.state))]


def waits_for_peer_fin(facts: SocketFacts) -> Problem:
    """FIN-WAIT-2: our FIN is acknowledged, the peer's has not come."""
    held = bool(facts.row.inode or facts.owners)
    limit = (
        message("a program still holds the socket: the kernel waits without limit")
        if held
        else message("no program is known to hold the socket: an orphan is given up after net.ipv4.tcp_fin_timeout")
    )
    remote = str(facts.row.remote)
    look = (
        message("look at {remote}: it is in {state}", remote=remote, state=str(facts.peer.state))
        if facts.peer
        else message("look at {remote}: by RFC 9293 it should be in CLOSE-WAIT", remote=remote)
    )
    return Problem(
        Severity.NOTE,
        message(
            "This end's FIN is acknowledged, the peer's has not come: {program} has yet to close.",
            program=facts.peer_program,
        ),
        (first_closed(State.FIN_WAIT_2), limit),
        (look, "sysctl net.ipv4.tcp_fin_timeout"),
    )


def fin_not_acknowledged(facts: SocketFacts) -> Problem:
    """FIN-WAIT-1, CLOSING, LAST-ACK: this end has closed, and its FIN is not acknowledged; it may not even be sent."""
    again, (waits, first) = times_sent_again(facts.row), what_waits_behind_close(facts)
    return Problem(
        Severity.NOTE if again else Severity.CHAT,
        message(
            "{waits}, {first}sent again {times}: the peer is gone, or the path lossy.",
            waits=waits,
            first=first,
            times=Count(again, "time"),
        )
        if again
        else message("{waits}.", waits=waits),
        (first_closed(facts.row.state),),
        ("sysctl net.ipv4.tcp_orphan_retries",),
    )


def what_waits_behind_close(facts: SocketFacts) -> tuple[Message, Message | str]:
    """What of this end has not been sent, or not acknowledged; and which of it is sent again, where not all is.

    A FIN stands behind all data (tcp_send_fin). It has been sent where SND.NXT has come to the end of what was written.
    """
    send_q, unsent = facts.row.send_q, facts.info.notsent_bytes if facts.info is not None else None
    if not send_q or unsent is None:
        return message("This end has closed, and not all that it has to send, FIN included, is acknowledged"), ""
    if not unsent:
        if send_q == FIN:
            return message("This end's FIN is not acknowledged yet"), ""
        before = Count(send_q - FIN, "byte")
        return message("This end's FIN and the {before} before it are not acknowledged", before=before), FIRST_OF_IT
    waits = (
        message(
            "This end has closed; {waiting} and the FIN behind them are not sent yet",
            waiting=Count(unsent - FIN, "byte"),
        )
        if unsent > FIN
        else message("This end has closed; its FIN is not sent yet")
    )
    if not (flying := send_q - unsent):
        return waits, ""
    words = message("{waits}, and before that {flying} not acknowledged", waits=waits, flying=Count(flying, "byte"))
    return words, FIRST_OF_IT


def waits_out_2msl(facts: SocketFacts) -> Problem:
    """TIME-WAIT: harmless, the kernel ends it."""
    return Problem(
        Severity.CHAT,
        message(
            "Closed. The kernel keeps the address pair for 2MSL ({seconds} s on Linux), so that a late segment cannot "
            "enter a new connection and a repeated FIN is answered.",
            seconds=TIME_WAIT_S,
        ),
        (first_closed(State.TIME_WAIT),),
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
