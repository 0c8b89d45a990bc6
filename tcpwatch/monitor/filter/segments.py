"""Applies a filter to segments and flows: they pass if the connection at either end passes.

Without a socket, a connection made from the wire (ends and state) is tested instead.
"""

from collections.abc import Iterable
from functools import lru_cache

from tcpwatch.monitor.filter.language import Test
from tcpwatch.monitor.snapshot import Connection, Mark, Snapshot
from tcpwatch.sockets.row import NoOwner, SocketRow
from tcpwatch.tcp.event import Event
from tcpwatch.tcp.flow import Flow
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import reversed_ends

CACHED_ANSWERS = 65_536  # cached results


class WireFilter:
    """A filter for segments and flows."""

    def __init__(self, test: Test) -> None:
        self._test = test
        self._by_wire = lru_cache(CACHED_ANSWERS)(self._passes_by_wire)

    def passes(self, event: Event) -> bool:
        """Whether the connection of a segment passes, using only its ends and its states after that segment."""
        return self._by_wire(event.segment.ends, event.src_state, event.dst_state)

    def passes_flow(self, flow: Flow) -> bool:
        """Whether a flow passes, using only its ends and current states."""
        return self._by_wire(flow.ends, flow.state(0), flow.state(1))

    def streams(self, events: Iterable[Event], snapshot: Snapshot) -> frozenset[int]:
        """The streams of these events whose connection passes: tests its sockets, or the wire if there are none."""
        newest = {event.stream: event for event in events}
        return frozenset(stream for stream, event in newest.items() if self._passes_now(event, snapshot))

    def _passes_now(self, event: Event, snapshot: Snapshot) -> bool:
        ends = event.segment.ends
        both = (snapshot.by_ends.get(ends), snapshot.by_ends.get(reversed_ends(ends)))
        sockets = [connection for connection in both if connection is not None]
        if not sockets:
            return self.passes(event)
        return any(self._test(connection, snapshot.mono_ns) for connection in sockets)

    def _passes_by_wire(self, ends: bytes, first: State, second: State) -> bool:
        return self._test(_wire_connection(ends, first), 0) or self._test(
            _wire_connection(reversed_ends(ends), second), 0
        )


def _wire_connection(ends: bytes, state: State) -> Connection:
    """One end of a connection, from what the wire shows."""
    row = SocketRow(0, ends, False, state, None, 0, None, None)
    return Connection(row, (), NoOwner.UNKNOWN, None, 0, False, Mark.NONE, None)
