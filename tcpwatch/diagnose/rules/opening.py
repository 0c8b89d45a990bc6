"""What hinders a connection from opening: the rules on SYN-SENT and SYN-RECEIVED."""

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.deferral import FinalAck, defers, final_ack
from tcpwatch.diagnose.local_cause import LocalCause
from tcpwatch.diagnose.message import Count, Listing, Message, message
from tcpwatch.diagnose.problem import Cause, Certainty, Problem, Severity
from tcpwatch.diagnose.rule import Beginning, ObservedSocket, Rule, Trouble
from tcpwatch.diagnose.rules.listener import accept_queue_is_full
from tcpwatch.diagnose.rules.retransmission import RETRANSMITS, what_icmp_says, when_it_is_given_up
from tcpwatch.diagnose.timers.backoff import failing_ns
from tcpwatch.sockets.row import SocketRow
from tcpwatch.tcp.state import State


def no_answer_to_syn(facts: SocketFacts) -> Problem:
    """SYN-SENT: nobody has answered yet."""
    again, icmp = _sent_again(facts.row), what_icmp_says(facts)
    template = "No answer to the SYN yet."
    if again:
        template = WHY_NO_ANSWER.get(facts.local_cause, NOT_ANSWERED)
    known = facts.local_cause is not None
    lost = bool(icmp) or facts.local_cause is LocalCause.ANSWERED
    return Problem(
        Severity.NOTE if again else Severity.CHAT,
        message(template, times=Count(again, "time")),
        (*icmp, *when_it_is_given_up(facts)),
        ("sysctl net.ipv4.tcp_syn_retries", f"tcpdump -ni any host {facts.row.remote.ip}"),
        cause=Cause.NETWORK if lost else Cause.PROGRAM if known else Cause.UNKNOWN,
        certainty=Certainty.LIKELY if known or icmp else Certainty.OPEN,
    )


NOT_ANSWERED = (
    "No answer to the SYN, sent again {times}: filtered, lost, or the listener's queue is full. "
    "A closed port would have answered RST, unless a firewall keeps it silent."
)
WHY_NO_ANSWER: dict[LocalCause | None, str] = {
    LocalCause.FULL_QUEUE: "No answer to the SYN, sent again {times}: its listener is on this host, and the accept "
    "queue there is full.",
    LocalCause.ANSWERED: "No answer to the SYN has come, sent again {times}: the other end is on this host and has "
    "answered, so the SYN-ACK is lost on its way.",
    LocalCause.FLOOD: "No answer to the SYN, sent again {times}: its listener is on this host, and the half-open "
    "queue there is full.",
}


def half_open(facts: SocketFacts) -> Problem:
    """SYN-RECEIVED: the SYN-ACK was sent, the third segment of the handshake is missing."""
    again = _sent_again(facts.row)
    sent = message("sent again {times}", times=Count(again, "time")) if again else message("sent")
    acked = final_ack(facts.row, facts.listener)
    known = acked in (FinalAck.NO_ROOM, FinalAck.DEFERRED)
    return Problem(
        Severity.NOTE if again else Severity.CHAT,
        message("Half open: the SYN-ACK was {sent}; {why}.", sent=sent, why=_why_half_open(facts)),
        tuple(what_icmp_says(facts)),
        ("ss -tan state syn-recv", "sysctl net.ipv4.tcp_max_syn_backlog net.ipv4.tcp_syncookies"),
        cause=Cause.PROGRAM if known else Cause.UNKNOWN,
        certainty=Certainty.CERTAIN if known else Certainty.OPEN,
    )


def _sent_again(row: SocketRow) -> int:
    return row.timer.retransmits if row.timer is not None else 0


def _why_half_open(facts: SocketFacts) -> Message | Listing:
    """What has become of the client's ACK, or what may have where the source does not show it."""
    if (known := final_ack(facts.row, facts.listener)) is not None:
        return message(WHY_HALF_OPEN[known])
    backlog = facts.listener.backlog if facts.listener is not None else None
    alternatives = [
        message("the client's ACK has not come"),
        *([message("the accept queue has no room for it")] if backlog is None or accept_queue_is_full(backlog) else []),
        *(
            [message("the listener waits for data first (TCP_DEFER_ACCEPT)")]
            if defers(facts.listener) is not False
            else []
        ),
    ]
    return Listing(tuple(alternatives), ", or ")


WHY_HALF_OPEN = {
    FinalAck.NOT_COME: "the client's ACK has not come",
    FinalAck.DEFERRED: "the client's ACK came and was put aside, because the listener asked for data first "
    "(TCP_DEFER_ACCEPT): its program is told with the first data, or when the time set is over",
    FinalAck.NO_ROOM: "the client's ACK came, and the accept queue had no room for it",
}
SUSPECTED, SYN_NS = 2, 3_000_000_000  # sent again after 1 s and 2 s more (RFC 6298 §2.1): connect() has hung for 3 s


def _unanswered(socket: ObservedSocket) -> bool:
    row, times = socket.row, _sent_again(socket.row)
    if row.state is not State.SYN_SENT or times < SUSPECTED or socket.local_cause is not None:
        return False
    return times >= RETRANSMITS or failing_ns(row, row.read_ns) >= SYN_NS


UNANSWERED = Trouble(
    name="without an answer to the SYN",
    must="cannot connect",
    rank=43,
    meets=_unanswered,
    began=Beginning.DURING_ITS_STATE,
    only_where_something_waits=True,
)
HALF_OPEN = Trouble(
    name="half open",
    must="must send the last ACK",
    rank=42,
    meets=lambda socket: socket.local_cause is None and _sent_again(socket.row) >= RETRANSMITS,
    began=Beginning.DURING_ITS_STATE,
    only_where_something_waits=True,
    who="the client",
)

RULES: tuple[Rule[SocketFacts], ...] = (
    Rule("syn-unanswered", frozenset({State.SYN_SENT}), no_answer_to_syn, "SYN-SENT", UNANSWERED),
    Rule("half-open", frozenset({State.SYN_RECEIVED}), half_open, "SYN-RECEIVED", HALF_OPEN),
)
