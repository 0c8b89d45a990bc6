"""A socket's timeline: the states it went through, when each began, and what occurred in it. Data; no I/O.

Each moment carries how precisely it is known (`Precision`). All times are on the monotonic clock.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from tcpwatch.tcp.state import State

LIMIT = 16  # intervals of one timeline: a connection passes ten states at most, but a socket may connect again


class Precision(StrEnum):
    """How precisely the moment is known at which a state began."""

    EXACT = "exact"  # reported by the kernel as it happened
    WIRE = "wire"  # by the segment that began it
    BETWEEN = "between-readings"  # after the reading before, and no later than this
    AT_LEAST = "at-least"  # no later than this: it was so before anybody looked


class OccurrenceKind(StrEnum):
    """What the kernel reports of a socket."""

    STATE = "state"
    RETRANSMISSION = "retransmission"
    RESET_RECEIVED = "reset received"
    RESET_SENT = "reset sent"


RESETS = frozenset({OccurrenceKind.RESET_RECEIVED, OccurrenceKind.RESET_SENT})


class Occurrence(NamedTuple):
    """An event within a state: what it was, how often it came, the first and the last time."""

    kind: OccurrenceKind
    times: int
    first_ns: int
    last_ns: int


class Interval(NamedTuple):
    """The time in one state from `since_ns` on; `precision` qualifies that moment, `cause` is what began it."""

    state: State
    since_ns: int
    precision: Precision
    occurrences: tuple[Occurrence, ...] = ()
    cause: str | None = None

    def noting(self, kind: OccurrenceKind, time_ns: int) -> "Interval":
        """The same interval with one more occurrence in it."""
        by_kind = {one.kind: one for one in self.occurrences}
        before = by_kind.get(kind, Occurrence(kind, 0, time_ns, time_ns))
        by_kind[kind] = before._replace(times=before.times + 1, last_ns=max(before.last_ns, time_ns))
        return self._replace(occurrences=tuple(by_kind.values()))


@dataclass(frozen=True, slots=True)
class Timeline:
    """The intervals of one socket, oldest first; `left_out` older ones were dropped at the limit."""

    intervals: tuple[Interval, ...] = ()
    left_out: int = 0

    @property
    def last(self) -> Interval | None:
        """The newest interval."""
        return self.intervals[-1] if self.intervals else None

    @property
    def occurrences(self) -> frozenset[OccurrenceKind]:
        """The kinds of all occurrences in it; changes of state are not among them."""
        return frozenset(one.kind for interval in self.intervals for one in interval.occurrences)

    def entering(self, state: State, since_ns: int, precision: Precision, old: State | None = None) -> "Timeline":
        """The timeline with this state begun, out of the `old` one where the kernel reported it.

        An interval that was only inferred from readings is dropped where its state is not `old`. Where there is no
        interval before, one of the `old` state is added. A state that is the last one already is not added again.
        """
        intervals = self.intervals
        occurrences: tuple[Occurrence, ...] = ()
        while (
            old is not None
            and intervals
            and intervals[-1].precision is Precision.BETWEEN
            and intervals[-1].state is not old
        ):
            occurrences = intervals[-1].occurrences
            intervals = intervals[:-1]
        if not intervals and old is not None and old is not State.CLOSED:
            intervals = (Interval(old, since_ns, Precision.AT_LEAST),)
        if intervals and intervals[-1].state is state:
            return replace(self, intervals=intervals)
        intervals = (*intervals, Interval(state, since_ns, precision, occurrences))
        return Timeline(intervals[-LIMIT:], self.left_out + max(0, len(intervals) - LIMIT))

    def noting(self, kind: OccurrenceKind, time_ns: int) -> "Timeline":
        """The timeline with one more occurrence, in the state that the socket was in at that time."""
        if not self.intervals:
            return self
        *before, last = self.intervals
        if before and time_ns < last.since_ns:
            before[-1] = before[-1].noting(kind, time_ns)
        else:
            last = last.noting(kind, time_ns)
        return replace(self, intervals=(*before, last))

    @property
    def unended(self) -> "Timeline":
        """The timeline without its last CLOSED: the socket turned out to live on."""
        over = len(self.intervals) > 1 and self.intervals[-1].state is State.CLOSED
        return replace(self, intervals=self.intervals[:-1]) if over else self

    def ending_as(self, state: State) -> "Timeline":
        """The timeline with the state of its last interval corrected."""
        *before, last = self.intervals
        if before and before[-1].state is state:
            return replace(self, intervals=tuple(before))
        return replace(self, intervals=(*before, last._replace(state=state)))
