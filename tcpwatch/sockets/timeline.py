"""A socket's life: the states it went through, when each began, and what happened in it. Facts as data; no I/O.

Law of the room: a moment is told as well as it is known, and no better (`Known`). All times are on the monotonic clock.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from tcpwatch.tcp.state import State

LIMIT = 16  # dwells of one life: a connection passes ten states at most, but one socket may connect again and again


class Known(StrEnum):
    """How well the moment is known at which a state began."""

    EXACT = "exact"  # told by the kernel as it happened
    WIRE = "wire"  # by the segment that began it
    BETWEEN = "between-readings"  # after the reading before, and no later than this
    AT_LEAST = "at-least"  # no later than this: it was so before anybody looked


class Happening(StrEnum):
    """What the kernel tells of a socket."""

    STATE = "state"
    RETRANSMISSION = "retransmission"
    RESET_RECEIVED = "reset received"
    RESET_SENT = "reset sent"


RESETS = frozenset({Happening.RESET_RECEIVED, Happening.RESET_SENT})


class Happened(NamedTuple):
    """What happened in a state other than its end: what, how often, the first and the last time."""

    kind: Happening
    times: int
    first_ns: int
    last_ns: int


class Dwell(NamedTuple):
    """A stay in one state, which began at `since_ns`, as well as `known` says; `cause` is what began it, in words."""

    state: State
    since_ns: int
    known: Known
    happened: tuple[Happened, ...] = ()
    cause: str | None = None

    def noting(self, kind: Happening, time_ns: int) -> "Dwell":
        """The same stay, with one thing more that happened in it."""
        by_kind = {one.kind: one for one in self.happened}
        before = by_kind.get(kind, Happened(kind, 0, time_ns, time_ns))
        by_kind[kind] = before._replace(times=before.times + 1, last_ns=max(before.last_ns, time_ns))
        return self._replace(happened=tuple(by_kind.values()))


@dataclass(frozen=True, slots=True)
class Life:
    """The stays of one socket, oldest first; `left_out` older ones found no room."""

    dwells: tuple[Dwell, ...] = ()
    left_out: int = 0

    @property
    def last(self) -> Dwell | None:
        """The newest stay."""
        return self.dwells[-1] if self.dwells else None

    @property
    def happened(self) -> frozenset[Happening]:
        """All that happened in it but changes of state."""
        return frozenset(one.kind for dwell in self.dwells for one in dwell.happened)

    def entering(self, state: State, since_ns: int, known: Known, old: State | None = None) -> "Life":
        """The life with this state begun, out of the `old` one where that is told.

        What was only inferred from readings gives way where it does not lead there. Where nothing came before, the old
        state was there no later. The state that it is in already goes on.
        """
        dwells = self.dwells
        happened: tuple[Happened, ...] = ()
        while old is not None and dwells and dwells[-1].known is Known.BETWEEN and dwells[-1].state is not old:
            happened = dwells[-1].happened
            dwells = dwells[:-1]
        if not dwells and old is not None and old is not State.CLOSED:
            dwells = (Dwell(old, since_ns, Known.AT_LEAST),)
        if dwells and dwells[-1].state is state:
            return replace(self, dwells=dwells)
        dwells = (*dwells, Dwell(state, since_ns, known, happened))
        return Life(dwells[-LIMIT:], self.left_out + max(0, len(dwells) - LIMIT))

    def noting(self, kind: Happening, time_ns: int) -> "Life":
        """The life with one thing more that happened, in the state that it was in by then."""
        if not self.dwells:
            return self
        *before, last = self.dwells
        if before and time_ns < last.since_ns:
            before[-1] = before[-1].noting(kind, time_ns)
        else:
            last = last.noting(kind, time_ns)
        return replace(self, dwells=(*before, last))

    @property
    def unended(self) -> "Life":
        """The life without its end, which was none."""
        over = len(self.dwells) > 1 and self.dwells[-1].state is State.CLOSED
        return replace(self, dwells=self.dwells[:-1]) if over else self

    def ending_as(self, state: State) -> "Life":
        """The life whose last stay is in this state after all."""
        *before, last = self.dwells
        if before and before[-1].state is state:
            return replace(self, dwells=tuple(before))
        return replace(self, dwells=(*before, last._replace(state=state)))
