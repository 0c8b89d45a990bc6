"""The interface of all sources of live frames.

Rule: frames are bytes with a link type, in order of arrival. The sources do not decode TCP, apart from the capture
filter. Lost frames are counted; the message reports a missing interface.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

# Enough for all headers and the beginning of the payload, which identifies TLS and HTTP.
SNAPLEN = 1024

POLL_MS = 100  # what a reader gives a source to wait for frames, between two looks at all else

# Wall clock in nanoseconds, link type (tcpdump.org/linktypes.html), captured bytes, length on the wire.
Frame = tuple[int, int, bytes, int]


class Statistics(NamedTuple):
    """Frames since the source was opened: `received` passed the filter; `dropped` of these did not fit the buffer."""

    received: int
    dropped: int


class FrameSource(Protocol):
    """Live frames of one interface. Only one thread may call `frames`, and only one may call `statistics`."""

    @property
    def name(self) -> str:
        """The current name of the interface."""

    @property
    def link_type(self) -> int | None:
        """The link type of its frames; None where only they will tell."""

    @property
    def working(self) -> bool:
        """Whether frames can arrive."""

    @property
    def message(self) -> str:
        """The state as a sentence, such as "eth0 is down, waiting"."""

    def frames(self, timeout_ms: int) -> Sequence[Frame]:
        """The next frames, oldest first. Waits at most `timeout_ms` for the first; then returns an empty list."""

    def statistics(self) -> Statistics:
        """Totals since the source was opened."""

    def close(self) -> None:
        """End the capture."""
