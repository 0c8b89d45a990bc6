"""The records of sockets that had data to send, as they were some seconds ago: rates and shares are differences.

Keeps the rows themselves, and takes none apart. Reads no clock: a row says when it was read.
"""

from collections.abc import Iterable, Mapping

from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.sockets.row import SocketRow

LONG_ENOUGH_NS = 3_000_000_000  # the kernel counts in jiffies of up to 10 ms


class EarlierRecords:
    """Two rows of each such socket: the older is between one and two spans of `LONG_ENOUGH_NS` back."""

    def __init__(self) -> None:
        self._kept: dict[int, tuple[SocketRow, SocketRow]] = {}

    def update(self, connections: Iterable[Connection]) -> Mapping[int, SocketRow]:
        """By cookie the older record of those that have data to send in this dump too."""
        known, self._kept = self._kept, {}
        for one in connections:
            row = one.row
            if row.send_q and one.mark is not Mark.GONE:
                older, newer = known.get(row.cookie) or (row, row)
                if row.read_ns - newer.read_ns >= LONG_ENOUGH_NS:
                    older, newer = newer, row
                self._kept[row.cookie] = (older, newer)
        return {cookie: older for cookie, (older, newer) in self._kept.items()}
