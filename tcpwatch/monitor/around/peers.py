"""Which socket is the other end of a connection, where that is on this host too. Pure.

Two network namespaces may have the same addresses, and all of them have a loopback of their own. So the other end is
looked for in the same namespace first, and in another one only where the connection is not on loopback.
"""

from collections import Counter
from collections.abc import Sequence

from tcpwatch.sockets.row import SocketRow
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import is_loopback, reversed_ends


class Peers:
    """The other ends of the sockets of one dump, of which `by_ends` has the cookies. Equal where all of them are."""

    def __init__(self, rows: Sequence[SocketRow]) -> None:
        first = rows[0].netns if rows else None
        self._several = any(row.netns is not first for row in rows)  # a table gives all its rows the same object
        self.by_ends = {row.ends: row.cookie for row in rows}
        # Two links may have the same ends: then which of the sockets is the other end is not known.
        bound = Counter(row.ends for row in rows if row.interface and row.state is not State.LISTEN)
        self._ambiguous = {ends for ends, times in bound.items() if times > 1}
        self._apart = {(id(row.netns), row.ends): row.cookie for row in rows} if self._several else {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Peers) and (self.by_ends, self._apart) == (other.by_ends, other._apart)

    def of(self, row: SocketRow) -> int | None:
        """The cookie of the other end; None where this host does not have it."""
        ends = reversed_ends(row.ends)
        if not self._several:
            peer = None if ends in self._ambiguous else self.by_ends.get(ends)
        else:
            peer = self._apart.get((id(row.netns), ends))
            if peer is None and not is_loopback(ends):
                peer = self.by_ends.get(ends)
        return None if peer == row.cookie else peer
