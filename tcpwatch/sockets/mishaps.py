"""Mishaps: what went wrong with a connection in this kernel, as the kernel told of it. Data; no I/O.

All times are on the monotonic clock. Reasons are the kernel's own words without their prefix, as `TCP_ABORT_ON_CLOSE`;
`sockets.reasons` says what they mean.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, TypeVar

from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import reversed_ends


class MishapKind(StrEnum):
    """The kinds of mishap; each has a source of its own."""

    RESET_SENT = "reset sent"
    ERROR = "error"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class ResetSent:
    """This kernel sent an RST. `ends` has the local end first, as in `SocketRow`.

    `cookie` and `state` are the socket's, None where no socket was there. Both aborts and timers show a socket that is
    closed already, so `state` says little. `reason` is None where the kernel gives none (Linux 6.9 and older).
    `answered_flags` are those of the segment that the RST answers, None where it answers none: the program or a timer
    ended the connection.
    """

    time_ns: int
    ends: bytes
    cookie: int | None
    state: State | None
    reason: str | None
    answered_flags: int | None = None

    @property
    def answers(self) -> bool:
        """Whether it answers a segment that came."""
        return self.answered_flags is not None

    @property
    def is_stray(self) -> bool:
        """Whether it belongs to no connection: no socket was there, or a listener."""
        return self.cookie is None or self.state is State.LISTEN


@dataclass(frozen=True, slots=True)
class SocketError:
    """The kernel gave a socket's program an error: `number` is SO_ERROR's, `soft` one that was not fatal (0: none).

    `state` is the one after the error: CLOSED where it ended the connection.
    """

    time_ns: int
    ends: bytes
    cookie: int
    state: State | None
    number: int
    soft: int = 0


@dataclass(frozen=True, slots=True)
class SegmentDropped:
    """The kernel threw a segment away. `ends` has its source first, as on the wire.

    `received`: it came from outside; else this host was about to send it. `cookie` and `state` are those of the socket
    that it was for or from, None where the kernel knew none yet; a listener's where `state` is LISTEN. `location` is
    the kernel function that dropped it, None where that cannot be read.
    """

    time_ns: int
    ends: bytes
    cookie: int | None
    state: State | None
    reason: str
    flags: int
    received: bool
    location: str | None = None

    @property
    def ends_here(self) -> bytes:
        """The same ends with the local one first."""
        return reversed_ends(self.ends) if self.received else self.ends


Mishap = ResetSent | SocketError | SegmentDropped


class Cause(NamedTuple):
    """What mishaps are counted by: `reason` is the kernel's word, or an error's number in digits.

    `port` is the local one; None where more ports were hit than are told apart.
    """

    kind: MishapKind
    reason: str
    port: int | None


@dataclass(frozen=True, slots=True)
class EndsMishaps:
    """The newest mishaps between the same ends: `drops` one for each reason, with how many there were.

    `reset_sent` ended a connection; `stray_reset` answered a segment that belonged to none, often to one that was over.
    """

    reset_sent: ResetSent | None = None
    error: SocketError | None = None
    drops: Mapping[str, tuple[int, SegmentDropped]] = field(default_factory=dict)
    stray_reset: ResetSent | None = None

    @property
    def newest_reset(self) -> ResetSent | None:
        """The newest RST that was sent."""
        return _newer(self.reset_sent, self.stray_reset)

    @property
    def newest_ns(self) -> int:
        """When the newest of them happened; 0 if there is none."""
        return max(
            [*(one.time_ns for one in self._single), *(drop.time_ns for _, drop in self.drops.values())], default=0
        )

    @property
    def times(self) -> int:
        """How many mishaps are in it."""
        return sum(times for times, _ in self.drops.values()) + len(self._single)

    @property
    def _single(self) -> "list[ResetSent | SocketError]":
        return [one for one in (self.reset_sent, self.error, self.stray_reset) if one is not None]

    def joined(self, other: "EndsMishaps") -> "EndsMishaps":
        """The newer of both, and the drops of both, which have no reason in common."""
        return EndsMishaps(
            _newer(self.reset_sent, other.reset_sent),
            _newer(self.error, other.error),
            {**self.drops, **other.drops},
            _newer(self.stray_reset, other.stray_reset),
        )

    def of(self, cookie: int) -> "EndsMishaps":
        """Those that may be of the socket with this cookie: others that had the same ends are left out."""
        return EndsMishaps(
            self.reset_sent if _may_be_of(cookie, self.reset_sent) else None,
            self.error if _may_be_of(cookie, self.error) else None,
            {reason: found for reason, found in self.drops.items() if _may_be_of(cookie, found[1])},
            self.stray_reset,
        )


NO_MISHAPS = EndsMishaps()


_OneKind = TypeVar("_OneKind", ResetSent, SocketError)


def _newer(first: _OneKind | None, second: _OneKind | None) -> _OneKind | None:
    if first is None or second is None:
        return first or second
    return first if first.time_ns > second.time_ns else second


def _may_be_of(cookie: int, mishap: Mishap | None) -> bool:
    if mishap is None or mishap.cookie is None or mishap.state is State.LISTEN:
        return mishap is not None
    return mishap.cookie == cookie


@dataclass(frozen=True, slots=True)
class Mishaps:
    """What went wrong of late: by ends (the local one first), and how often in the last minute.

    `left_out` mishaps since the start are counted, but not looked at one by one: too many came at once, or so many
    others came after them. `unavailable` says why a kind of mishap is not reported at all.
    """

    by_ends: Mapping[bytes, EndsMishaps] = field(default_factory=dict)
    last_minute: Mapping[Cause, int] = field(default_factory=dict)
    left_out: int = 0
    unavailable: Mapping[MishapKind, str] = field(default_factory=dict)

    @property
    def watched(self) -> bool:
        """Whether any kind of mishap is reported."""
        return len(self.unavailable) < len(MishapKind)

    def between(self, ends: bytes, cookie: int | None = None) -> EndsMishaps:
        """Those between these ends, the local one first; with a `cookie`, only what may be of that socket."""
        found = self.by_ends.get(ends, NO_MISHAPS)
        return found if cookie is None else found.of(cookie)

    def count(self, kind: MishapKind, port: int | None = None) -> dict[str, int]:
        """How many there were in the last minute, by reason; of one local `port`, or of all."""
        counts: dict[str, int] = {}
        for cause, times in self.last_minute.items():
            if cause.kind is kind and port in (None, cause.port):
                counts[cause.reason] = counts.get(cause.reason, 0) + times
        return counts


NOTHING_WENT_WRONG = Mishaps()
