"""The segments kept for who looks at them: bounded, appended by the capture thread, read by index from any other."""

from collections.abc import Iterable
from threading import Lock
from typing import Protocol

from tcpwatch.tcp.event import Event

# After so long, what was seen of a moment is known: a capture ring's block, a dump of the table, and time to spare.
LATENESS_NS = 300_000_000
TRIM_SHARE = 16  # the oldest sixteenth goes at once, so that trimming is rare


class Segments(Protocol):
    """The events to show, numbered from 0; those below `first` have fallen out."""

    @property
    def first(self) -> int:
        """The number of the oldest event held."""

    @property
    def end(self) -> int:
        """One past the number of the newest event; smaller than before where a replay has gone back."""

    def slice(self, start: int, stop: int | None = None) -> tuple[int, list[Event]]:
        """The events numbered `start` to before `stop` that are held, and the number of the first of them."""


class PacketLog:
    """Events numbered from 0 for as long as the program runs; those below `first` have fallen out."""

    def __init__(self, limit: int = 100_000) -> None:
        self._limit = limit
        self._events: list[Event] = []
        self._first = 0
        self._lock = Lock()

    @property
    def first(self) -> int:
        """The number of the oldest event still held: how many have fallen out."""
        return self._first

    @property
    def end(self) -> int:
        """One past the number of the newest event: how many there have been."""
        with self._lock:
            return self._first + len(self._events)

    def extend(self, events: Iterable[Event]) -> None:
        """Append; let the oldest go where the limit is passed."""
        with self._lock:
            self._events.extend(events)
            excess = len(self._events) - self._limit
            if excess > 0:
                gone = excess + self._limit // TRIM_SHARE
                del self._events[:gone]
                self._first += gone

    def slice(self, start: int, stop: int | None = None) -> tuple[int, list[Event]]:
        """The events numbered `start` to before `stop` that are still held, and the number of the first of them."""
        with self._lock:
            start = max(start, self._first)
            events = self._events[start - self._first : None if stop is None else max(0, stop - self._first)]
        return start, events
