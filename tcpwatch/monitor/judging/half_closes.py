"""Which sockets in CLOSE-WAIT are ordinary: younger than two seconds, or still sending.

Reads no clock: the moment of each dump comes in.
"""

from collections.abc import Sequence
from dataclasses import replace

from tcpwatch.diagnose.half_close import half_close_of, last_sent_ns
from tcpwatch.diagnose.problem import Since
from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.sockets.row import SocketRow
from tcpwatch.tcp.state import State


class HalfCloses:
    """Remembers when each of them last sent, so that a socket that does nothing is looked into once."""

    def __init__(self) -> None:
        self._sent: dict[int, tuple[SocketRow, int | None]] = {}  # by cookie
        self._above: dict[int, int] = {}  # by cookie, since when at the latest the socket above is in CLOSE-WAIT

    def judge(self, connections: Sequence[Connection], now_ns: int) -> Sequence[Connection]:
        """The connections, with `half_close` set for those in CLOSE-WAIT that are ordinary so far."""
        state, gone = State.CLOSE_WAIT, Mark.GONE  # looked up once: this runs over 50,000 sockets
        waiting = [
            index
            for index, one in enumerate(connections)
            if ((row := one.row).state is state or row.upper) and one.mark is not gone and waits(row)
        ]
        known, self._sent = self._sent, {}
        above, self._above = self._above, {}
        if not waiting:
            return connections
        judged = list(connections)
        for index in waiting:
            one = connections[index]
            before = known.get(one.key)
            sent = before if before is not None and before[0] is one.row else (one.row, last_sent_ns(one.row))
            self._sent[one.key] = sent
            began = Since(one.since_ns, one.since_seen)
            if one.row.state is not State.CLOSE_WAIT:  # the state of the socket above it
                self._above[one.key] = above.get(one.key) or _last_ack_ns(one.row, now_ns)
                began = Since(self._above[one.key], seen=False)
            if (ordinary := half_close_of(one.row, began, sent[1], now_ns)) is not None:
                judged[index] = replace(one, half_close=ordinary)
        return judged


def waits(row: SocketRow) -> bool:
    """Whether its program is to close, by its own state or by that of the socket above it."""
    return row.state is State.CLOSE_WAIT or (row.upper is not None and row.upper.state is State.CLOSE_WAIT)


def _last_ack_ns(row: SocketRow, now_ns: int) -> int:
    """When the newest ACK came: a DATA_FIN comes with one (RFC 8684 §3.3.3), so the peer closed no later than that."""
    return now_ns if row.last_ack_recv is None else min(now_ns, row.read_ns - row.last_ack_recv * 1_000_000)
