"""What hinders a connection from opening: the rules on SYN-SENT and SYN-RECEIVED."""

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.finding import Finding, Severity
from tcpwatch.diagnose.rule import Rule
from tcpwatch.diagnose.rules.retransmission import NOT_ACKNOWLEDGED
from tcpwatch.tcp.state import State
from tcpwatch.text.quantity import counted


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
        Severity.NOTE if again else Severity.CHAT,
        message,
        (),
        ("sysctl net.ipv4.tcp_syn_retries", f"tcpdump -ni any host {facts.row.remote.ip}"),
    )


def half_open(facts: SocketFacts) -> Finding:
    """SYN-RECEIVED: the SYN-ACK was sent, the third segment of the handshake is missing."""
    again = facts.row.timer.retransmits if facts.row.timer is not None else 0
    sent = f"sent again {counted(again, 'time')}" if again else "sent"
    return Finding(
        Severity.NOTE if again else Severity.CHAT,
        f"Half open: the SYN-ACK was {sent}; the client's ACK has not come, or the accept queue has no room for it.",
        (),
        ("ss -tan state syn-recv", "sysctl net.ipv4.tcp_max_syn_backlog net.ipv4.tcp_syncookies"),
    )


RULES: tuple[Rule[SocketFacts], ...] = (
    Rule("syn-unanswered", frozenset({State.SYN_SENT}), no_answer_to_syn, "SYN-SENT", NOT_ACKNOWLEDGED),
    Rule("half-open", frozenset({State.SYN_RECEIVED}), half_open, "SYN-RECEIVED", NOT_ACKNOWLEDGED),
)
