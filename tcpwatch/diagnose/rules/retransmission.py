"""The trouble that the rules of several families share: what this end has sent is not acknowledged."""

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.message import Message, Time, message
from tcpwatch.diagnose.rule import Beginning, ObservedSocket, Trouble
from tcpwatch.diagnose.timers.deadline import fate_of
from tcpwatch.sockets.row import SocketRow, TimerKind

RETRANSMITS = 3
"""From here on it is trouble: once or twice is ordinary loss, and Linux too suspects the path then (tcp_retries1)."""
SOFT_ERRORS = {
    101: "ICMP has said that the network is unreachable (ENETUNREACH)",
    111: "ICMP has said that the port is unreachable (ECONNREFUSED)",
    113: "ICMP has said that there is no route to the host (EHOSTUNREACH)",
    13: "ICMP has said that it is prohibited (EACCES)",
}
"""By sk_err_soft, what an ICMP error said that did not end the connection (icmp_err_convert, net/ipv4/icmp.c)."""


def times_sent_again(row: SocketRow) -> int:
    """How often the retransmission timer has fired in a row."""
    return row.timer.retransmits if row.timer is not None and row.timer.kind is TimerKind.RETRANSMIT else 0


def what_icmp_says(facts: SocketFacts) -> list[Message]:
    """The error that came about what this end sent: a captured one, else the one that the kernel has kept."""
    if (error := facts.icmp_error) is not None:
        return [message("ICMP from {reporter}: {words}", reporter=error.reporter, words=error.words)]
    kept = facts.row.record.value("sk_err_soft") if facts.row.record is not None else None
    return [message(SOFT_ERRORS[kept])] if kept in SOFT_ERRORS else []


def when_it_is_given_up(facts: SocketFacts) -> list[Message]:
    """The moment at which the kernel gives up, where it can be computed."""
    fate = fate_of(facts.row, facts.stack)
    if fate is None:
        return []
    return [message("the kernel gives up in {time} if nothing comes", time=Time(fate.gives_up_ms * 1_000_000))]


def _not_acknowledged(socket: ObservedSocket) -> bool:
    return times_sent_again(socket.row) >= RETRANSMITS and socket.local_cause is None


NOT_ACKNOWLEDGED = Trouble(
    name="not acknowledged",
    must="gets no ACK from its peer",
    rank=40,
    meets=_not_acknowledged,
    began=Beginning.DURING_ITS_STATE,
    only_where_something_waits=True,
)
