"""What hinders data from flowing: the rules on the queues and the timers of a connection that may still carry some."""

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.problem import Problem, Severity
from tcpwatch.diagnose.rule import Beginning, ObservedSocket, Rule, Trouble
from tcpwatch.diagnose.rules.retransmission import NOT_ACKNOWLEDGED, times_sent_again
from tcpwatch.diagnose.timers.backoff import failures
from tcpwatch.diagnose.timers.persist import Persists, persists
from tcpwatch.tcp.state import State
from tcpwatch.text.quantity import counted


def not_accepted(facts: SocketFacts) -> Problem | None:
    """ESTABLISHED or CLOSE-WAIT, but still in the listener's accept queue."""
    if facts.row.inode or facts.row.uid is None:
        return None
    if facts.row.upper is not None and facts.row.upper.state not in MAY_SEND:
        return None
    return Problem(
        Severity.NOTE,
        "The connection is open, but the server has not called accept(): it waits in the listener's queue.",
        (),
        (f"ss -tlnp sport = :{facts.row.local.port}",),
    )


def waits_to_be_sent(facts: SocketFacts) -> Problem | None:
    """The persist timer runs: the peer has no room, or the program holds back what waits."""
    if (reason := persists(facts.row)) is None:
        return None
    severity, message = WHY_IT_WAITS[reason]
    return Problem(
        severity,
        message.format(program=facts.program, peer=facts.peer_program),
        (f"{counted(facts.row.send_q or 0, 'byte')} in the send queue",),
    )


def not_acknowledged(facts: SocketFacts) -> Problem | None:
    """The retransmission timer has fired at least once."""
    if not (again := times_sent_again(facts.row)):
        return None
    return Problem(
        Severity.NOTE,
        f"Data sent again {counted(again, 'time')}, not acknowledged: a lossy path, or the peer is gone.",
        (f"{counted(facts.row.send_q or 0, 'byte')} in the send queue",),
        (f"ping {facts.row.remote.ip}", "sysctl net.ipv4.tcp_retries2"),
    )


def unread(facts: SocketFacts) -> Problem | None:
    """Bytes wait in the receive queue."""
    if not facts.row.recv_q:
        return None
    return Problem(Severity.NOTE, f"{facts.program} has not read {counted(facts.row.recv_q, 'byte')} that came.")


def nothing_wrong(facts: SocketFacts) -> Problem | None:
    """ESTABLISHED with empty queues, where the source knows them."""
    if facts.row.recv_q != 0 or facts.row.send_q != 0 or facts.row.upper is not None:
        return None
    if facts.row.extensions.ulp in UPPER_PROTOCOLS:
        return Problem(
            Severity.CHAT,
            f"Open, and it carries a socket of {facts.row.extensions.ulp}: what waits for the program is kept there.",
        )
    return Problem(Severity.CHAT, "Open, and nothing waits at this end: both queues are empty.")


def window_stays_shut(socket: ObservedSocket) -> bool:
    """Whether a probe has found no room; a source without tcp_info does not show whether one was sent."""
    if persists(socket.row) is not Persists.WINDOW:
        return False
    return failures(socket.row) > 0 or socket.row.info is None


_HELD = "{program} holds back what waits ({how}): the kernel sends it after 200 ms at the latest."
WHY_IT_WAITS = {
    Persists.WINDOW: (
        Severity.NOTE,
        "The peer's window has no room for what waits, and is probed: {peer} does not read fast enough.",
    ),
    Persists.CORKED: (Severity.CHAT, _HELD.replace("{how}", "TCP_CORK")),
    Persists.PROGRAM: (Severity.CHAT, _HELD.replace("{how}", "TCP_CORK or MSG_MORE")),
    Persists.RETRIED: (
        Severity.NOTE,
        "What waits is not sent, though the peer's window has room: the kernel tries again by its persist timer.",
    ),
    Persists.UNKNOWN: (
        Severity.NOTE,
        "What waits is not sent: the peer's window has no room for it, or {program} holds it back (TCP_CORK).",
    ),
}
"""The problem for each reason of a persist timer."""

WINDOW_STAYS_SHUT = Trouble(
    name="with a full window",
    must="waits for its peer to read",
    rank=50,
    meets=window_stays_shut,
    began=Beginning.DURING_ITS_STATE,
    only_where_something_waits=True,
)
UPPER_PROTOCOLS = frozenset({"mptcp", "smc"})  # a program never reads or closes the TCP socket below them itself
ESTABLISHED = frozenset({State.ESTABLISHED})
MAY_SEND = ESTABLISHED | {State.CLOSE_WAIT}
FIN_QUEUED = frozenset({State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK})  # behind data that may not have been sent yet

RULES: tuple[Rule[SocketFacts], ...] = (
    Rule("not-accepted", MAY_SEND, not_accepted, "accept queue"),
    Rule("zero-window", MAY_SEND | FIN_QUEUED, waits_to_be_sent, "persist", WINDOW_STAYS_SHUT),
    Rule("retransmitting", MAY_SEND, not_acknowledged, "retransmission", NOT_ACKNOWLEDGED),
    Rule("unread", ESTABLISHED | {State.FIN_WAIT_2}, unread, "Recv-Q"),
    Rule("idle", ESTABLISHED, nothing_wrong, "ESTABLISHED"),
)
