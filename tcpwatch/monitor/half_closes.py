"""Which sockets in CLOSE-WAIT are ordinary: younger than two seconds, or still sending.

Reads no clock: the moment of each dump comes in.
"""

from collections.abc import Sequence
from dataclasses import replace

from tcpwatch.diagnose.half_close import SENDING_NS, YOUNG_NS, HalfClose
from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.sockets.row import SocketRow
from tcpwatch.tcp.state import State


class HalfCloses:
    """Remembers when each of them last sent, so that a socket that does nothing is looked into once."""

    def __init__(self) -> None:
        self._sent: dict[int, tuple[SocketRow, int | None]] = {}  # by cookie

    def judge(self, connections: Sequence[Connection], now_ns: int) -> Sequence[Connection]:
        """The connections, with `half_close` set for those in CLOSE-WAIT that are ordinary so far."""
        waiting = [
            index
            for index, one in enumerate(connections)
            if one.row.state is State.CLOSE_WAIT and one.mark is not Mark.GONE
        ]
        known, self._sent = self._sent, {}
        if not waiting:
            return connections
        judged = list(connections)
        for index in waiting:
            one = connections[index]
            before = known.get(one.key)
            sent = before if before is not None and before[0] is one.row else (one.row, last_sent_ns(one.row))
            self._sent[one.key] = sent
            if (ordinary := half_close_of(one, sent[1], now_ns)) is not None:
                judged[index] = replace(one, half_close=ordinary)
        return judged


def last_sent_ns(row: SocketRow) -> int | None:
    """When it last sent data, on the monotonic clock; None where it never did, or where that is not known."""
    info = row.info
    if info is None or info.last_data_sent is None or not (info.bytes_sent or info.bytes_acked or row.send_q):
        return None  # the kernel counts from the beginning of a connection that has sent nothing
    return row.read_ns - info.last_data_sent * 1_000_000


def half_close_of(one: Connection, sent_ns: int | None, now_ns: int) -> HalfClose | None:
    """Why its CLOSE-WAIT is ordinary; None where its program must close.

    What was sent before the peer closed is no sign that sending goes on.
    """
    ago_ns = None if sent_ns is None else max(0, now_ns - sent_ns)
    if one.row.send_q:
        return HalfClose(True, ago_ns)
    after_fin = sent_ns is not None and (not one.since_seen or sent_ns > one.since_ns)
    if after_fin and ago_ns is not None and ago_ns < SENDING_NS:
        return HalfClose(True, ago_ns)
    return HalfClose(False) if now_ns - one.since_ns < YOUNG_NS else None
