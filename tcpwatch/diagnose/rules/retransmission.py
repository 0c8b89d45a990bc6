"""The trouble that the rules of several families share: what this end has sent is not acknowledged."""

from tcpwatch.diagnose.rule import Beginning, ObservedSocket, Trouble
from tcpwatch.sockets.row import SocketRow, TimerKind

RETRANSMITS = 3
"""From here on it is trouble: once or twice is ordinary loss, and Linux too suspects the path then (tcp_retries1)."""


def times_sent_again(row: SocketRow) -> int:
    """How often the retransmission timer has fired in a row."""
    return row.timer.retransmits if row.timer is not None and row.timer.kind is TimerKind.RETRANSMIT else 0


def _not_acknowledged(socket: ObservedSocket) -> bool:
    return times_sent_again(socket.row) >= RETRANSMITS


NOT_ACKNOWLEDGED = Trouble(
    name="not acknowledged",
    must="gets no ACK from its peer",
    rank=40,
    meets=_not_acknowledged,
    began=Beginning.DURING_ITS_STATE,
    only_where_something_waits=True,
)
