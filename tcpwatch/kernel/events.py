"""Socket events that the kernel reports between two dumps, in one form for all sources."""

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from tcpwatch.sockets.row import Owner, SocketRow
from tcpwatch.sockets.timeline import OccurrenceKind, Precision
from tcpwatch.tcp.state import State


class SocketEvent(NamedTuple):
    """One event of a socket. `time_ns` is on the monotonic clock; `precision` is how exact it is.

    `ends` are as in `SocketRow`; a port that is not chosen yet is 0. `old` and `new` are the states before and after,
    None for an event that changes no state; `old` is also None if only the new state was reported. `owner` is the
    process that caused the event, if known. `row` is the socket at that moment, if reported.
    """

    time_ns: int
    cookie: int
    ends: bytes
    kind: OccurrenceKind
    old: State | None
    new: State | None
    precision: Precision = Precision.EXACT
    owner: Owner | None = None
    row: SocketRow | None = None


RawEvent = tuple[int, bytes, Callable[[bytes], SocketEvent | None]]
"""Cookie, undecoded record, decoder. At 100,000 events a second most records are never decoded."""


class EventSource(Protocol):
    """Reports socket events as they happen. `every_change` is false if it reports only the end of each socket.

    `capacity` is about how many events the kernel buffers until they are read.
    """

    message: str
    every_change: bool
    capacity: int

    @property
    def lost(self) -> int:
        """At least how many events were lost since the start because `read` was not called in time."""

    def read(self) -> list[RawEvent]:
        """The events since the last call. Raises SourceError if no more events can be read."""

    def close(self) -> None:
        """Release the kernel resources."""


def decode_events(raw_events: Iterable[RawEvent]) -> list[SocketEvent]:
    """The decoded events. Records that name the wrong socket are dropped."""
    decoded = (decode(record) for _, record, decode in raw_events)
    return [event for event in decoded if event is not None]
