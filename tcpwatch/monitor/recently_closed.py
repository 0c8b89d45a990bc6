"""Recently closed connections, even very short ones. Bounded: the oldest are dropped first."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from tcpwatch.kernel.events import SocketEvent
from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.sockets.row import NoOwner, Owner, SocketRow
from tcpwatch.sockets.timeline import Timeline
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import reversed_ends

KEPT_NS = 60_000_000_000
CLOSED_LIMIT = 500


class RecentlyClosed:
    """The most recently closed connections, by cookie, in the order in which they ended."""

    def __init__(self) -> None:
        self.left_out = 0
        self._kept: dict[int, Connection] = {}

    def add(self, connections: Sequence[Connection]) -> None:
        """Add these connections; drop the oldest if there are too many."""
        excess = max(0, len(self._kept) + len(connections) - CLOSED_LIMIT)
        self.left_out += excess
        kept = [*self._kept.items(), *((connection.key, connection) for connection in connections)]
        self._kept = dict(kept[excess:])

    def current(self, living: Mapping[bytes, int], now_ns: int) -> tuple[Connection, ...]:
        """The connections younger than KEPT_NS. `living`: cookies of the current sockets, by ends."""
        kept = [connection for connection in self._kept.values() if now_ns - connection.since_ns < KEPT_NS]
        cookies_by_ends = {connection.row.ends: connection.key for connection in kept}
        self._kept = {connection.key: _paired(connection, living, cookies_by_ends) for connection in kept}
        return tuple(self._kept.values())


def _paired(connection: Connection, living: Mapping[bytes, int], closed: Mapping[bytes, int]) -> Connection:
    """The connection with the current cookie of its other end."""
    across = reversed_ends(connection.row.ends)
    peer = living.get(across, closed.get(across))
    peer = None if peer == connection.key else peer
    return connection if peer == connection.peer else replace(connection, peer=peer)


def final_event(events: Sequence[SocketEvent]) -> SocketEvent | None:
    """The event that closed the connection; None if it is still open or never was a connection."""
    end = next((event for event in reversed(events) if event.new is not None), None)
    return end if end is not None and end.new is State.CLOSED and any(end.ends[-2:]) else None


def short_lived_connection(end: SocketEvent, events: Sequence[SocketEvent], timeline: Timeline) -> Connection:
    """A connection that no dump has shown, made from its events."""
    row = end.row or SocketRow(end.cookie, end.ends, False, State.CLOSED, None, 0, None, None)
    owners = reported_owners(events)
    no_owner = None if owners else NoOwner.SHORT
    return Connection(row, owners, no_owner, None, timeline.intervals[-1].since_ns, True, Mark.NONE, None, timeline)


def reported_owners(events: Sequence[SocketEvent]) -> tuple[Owner, ...]:
    """The owner in the first event that has one."""
    return next(((event.owner,) for event in events if event.owner is not None), ())


def closed_connection(connection: Connection) -> Connection:
    """A table connection as closed: without queues, timer and TCB."""
    old, since_ns = connection.row, connection.timeline.intervals[-1].since_ns
    row = SocketRow(old.cookie, old.ends, old.mapped, State.CLOSED, old.uid, 0, None, None)
    owners = tuple(replace(owner, gone=True) for owner in connection.owners)
    return replace(connection, row=row, owners=owners, since_ns=since_ns, since_seen=True, mark=Mark.NONE, peer=None)
