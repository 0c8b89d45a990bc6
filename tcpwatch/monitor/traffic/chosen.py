"""Which connection of a picture a segment belongs to, where two links have the same ends at once."""

from tcpwatch.monitor.snapshot import Connection, Snapshot
from tcpwatch.sockets.row import NoOwner
from tcpwatch.tcp.event import Event
from tcpwatch.wire.segment import reversed_ends


def connection_of(event: Event, snapshot: Snapshot) -> Connection | None:
    """This host's end of the segment's connection, its initiator's where both ends are here; None where neither is."""
    ends = event.segment.ends
    first = reversed_ends(ends) if event.side else ends
    both = (first, reversed_ends(first))
    usual = snapshot.by_ends.get(both[0]) or snapshot.by_ends.get(both[1])
    if usual is None or _is_of_its_link(usual, event):
        return usual
    others = [one for one in snapshot.connections if one.row.ends in both and _is_of_its_link(one, event)]
    return min(others, key=lambda one: both.index(one.row.ends), default=usual)


def _is_of_its_link(connection: Connection, event: Event) -> bool:
    """Whether it is surely of the segment's flow: its socket is bound to that interface, or both are of one file."""
    if connection.no_owner is NoOwner.FILE:
        return connection.key >> 1 == event.stream
    return connection.row.interface == event.segment.link
