"""Which listener a local end belongs to, by the addresses that a listener may be bound to."""

from collections.abc import Iterable, Iterator

from tcpwatch.monitor.snapshot import Connection
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.row import SocketRow
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import IPV4_ENDS

_PORT, _IPV4, _IPV6 = 2, 4, 16  # bytes

BoundTo = tuple[Namespace | None, bytes]
"""Where a listener is bound: address and port, in its network namespace."""


def listener_of(row: SocketRow, connections: Iterable[Connection]) -> SocketRow | None:
    """The listener that a handshake in SYN-RECEIVED is for; None of other states, or where the table has none.

    Of several that share address and port, the first of the table.
    """
    if row.state is not State.SYN_RECEIVED:
        return None
    listening = (
        one.row for one in connections if one.row.state is State.LISTEN and one.row.local.port == row.local.port
    )
    bound = {next(bound_places(one)): one for one in listening}
    return next((bound[place] for place in bound_places(row) if place in bound), None)


def bound_places(row: SocketRow) -> Iterator[BoundTo]:
    """Where a listener for this local end may be bound, in the order in which the kernel looks."""
    size = _IPV4 if len(row.ends) == IPV4_ENDS else _IPV6
    port = row.ends[2 * size : 2 * size + _PORT]
    for address in (row.ends[:size], bytes(size), bytes(_IPV6)):
        yield row.netns, address + port
