"""What hinders a connection from opening: the rules on SYN-SENT and SYN-RECEIVED."""

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.deferral import FinalAck, defers, final_ack
from tcpwatch.diagnose.problem import Problem, Severity
from tcpwatch.diagnose.rule import Rule
from tcpwatch.diagnose.rules.listener import accept_queue_is_full
from tcpwatch.diagnose.rules.retransmission import NOT_ACKNOWLEDGED
from tcpwatch.tcp.state import State
from tcpwatch.text.quantity import counted


def no_answer_to_syn(facts: SocketFacts) -> Problem:
    """SYN-SENT: nobody has answered yet."""
    again = facts.row.timer.retransmits if facts.row.timer is not None else 0
    message = (
        f"No answer to the SYN, sent again {counted(again, 'time')}: filtered, lost, or the listener's queue is full. "
        "A closed port would have answered RST, unless a firewall keeps it silent."
        if again
        else "No answer to the SYN yet."
    )
    return Problem(
        Severity.NOTE if again else Severity.CHAT,
        message,
        (),
        ("sysctl net.ipv4.tcp_syn_retries", f"tcpdump -ni any host {facts.row.remote.ip}"),
    )


def half_open(facts: SocketFacts) -> Problem:
    """SYN-RECEIVED: the SYN-ACK was sent, the third segment of the handshake is missing."""
    again = facts.row.timer.retransmits if facts.row.timer is not None else 0
    sent = f"sent again {counted(again, 'time')}" if again else "sent"
    return Problem(
        Severity.NOTE if again else Severity.CHAT,
        f"Half open: the SYN-ACK was {sent}; {_why_half_open(facts)}.",
        (),
        ("ss -tan state syn-recv", "sysctl net.ipv4.tcp_max_syn_backlog net.ipv4.tcp_syncookies"),
    )


def _why_half_open(facts: SocketFacts) -> str:
    """What has become of the client's ACK, or what may have where the source does not show it."""
    if (known := final_ack(facts.row, facts.listener)) is not None:
        return WHY_HALF_OPEN[known]
    backlog = facts.listener.backlog if facts.listener is not None else None
    alternatives = [
        "the client's ACK has not come",
        *(["the accept queue has no room for it"] if backlog is None or accept_queue_is_full(backlog) else []),
        *(["the listener waits for data first (TCP_DEFER_ACCEPT)"] if defers(facts.listener) is not False else []),
    ]
    return ", or ".join(alternatives)


WHY_HALF_OPEN = {
    FinalAck.NOT_COME: "the client's ACK has not come",
    FinalAck.DEFERRED: "the client's ACK came and was put aside, because the listener asked for data first "
    "(TCP_DEFER_ACCEPT): its program is told with the first data, or when the time set is over",
    FinalAck.NO_ROOM: "the client's ACK came, and the accept queue had no room for it",
}

RULES: tuple[Rule[SocketFacts], ...] = (
    Rule("syn-unanswered", frozenset({State.SYN_SENT}), no_answer_to_syn, "SYN-SENT", NOT_ACKNOWLEDGED),
    Rule("half-open", frozenset({State.SYN_RECEIVED}), half_open, "SYN-RECEIVED", NOT_ACKNOWLEDGED),
)
