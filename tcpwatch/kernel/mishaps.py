"""Where mishaps are reported from, in one form for all sources: see `sockets.mishaps`."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from tcpwatch.sockets.mishaps import Cause, Mishap, MishapKind


class MishapReading(NamedTuple):
    """What was reported since the last reading: how often by cause, and the newest one by one.

    `left_out` more were counted, but not looked at.
    """

    counts: Mapping[Cause, int]
    newest: tuple[Mishap, ...]
    left_out: int = 0


NO_READING = MishapReading({}, ())


class MishapSource(Protocol):
    """Reports mishaps as they happen. `unavailable` says of a kind why it is not reported.

    `partly` says of a kind what it lacks that newer kernels give.
    """

    unavailable: Mapping[MishapKind, str]
    partly: Mapping[MishapKind, str]

    @property
    def lost(self) -> int:
        """How many were lost since the start because `read` was not called in time."""

    def read(self) -> MishapReading:
        """What happened since the last call."""

    def close(self) -> None:
        """Release the kernel resources."""


class NoMishaps:
    """In place of a source that cannot be had; `why` is a sentence."""

    lost = 0
    partly: Mapping[MishapKind, str] = {}

    def __init__(self, why: str) -> None:
        self.unavailable: Mapping[MishapKind, str] = dict.fromkeys(MishapKind, why)

    def read(self) -> MishapReading:
        """Nothing."""
        return NO_READING

    def close(self) -> None:
        """Nothing is open."""
