"""What the kernel tells of sockets between two dumps, in one form, whoever tells it."""

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from tcpwatch.sockets.row import Owner, SocketRow
from tcpwatch.sockets.timeline import OccurrenceKind, Precision
from tcpwatch.tcp.state import State


class SocketEvent(NamedTuple):
    """Something that happened to a socket, at `time_ns` on the monotonic clock as well as `precision` says.

    `cookie` is the socket's identity. `ends` are as in `SocketRow`; a port that is not chosen yet is 0. `old` and `new`
    are the states where those changed; `old` is None where only the new one is told. `owner` is the process that made
    it happen, where one did; `row` the socket as it was then, where that is told.
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
"""A socket's cookie, the kernel's record, and what makes sense of that: at 100,000 happenings a second most are not
asked for it."""


class EventSource(Protocol):
    """Tells what happens to sockets as it does. `every_change` is false where it tells of their ends alone.

    `capacity` is about how many happenings the kernel keeps until they are read.
    """

    message: str
    every_change: bool
    capacity: int

    @property
    def lost(self) -> int:
        """How many times at least something was not told, from the beginning: `read` was not called in time."""

    def read(self) -> list[RawEvent]:
        """What has happened since the last time. Raises SourceError where nothing more can be told."""

    def close(self) -> None:
        """Give back what is held open."""


def decode_events(raw_events: Iterable[RawEvent]) -> list[SocketEvent]:
    """What they tell; some are about another socket than they say, and tell nothing."""
    told = (decode(record) for _, record, decode in raw_events)
    return [transition for transition in told if transition is not None]
