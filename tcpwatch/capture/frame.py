"""What every source of live frames offers.

Rule: frames leave as bytes with a link type, in the order of arrival. Nothing here knows what TCP is beyond
the filter that lets it pass; a loss is counted, an interface that goes away is said in words.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

# Both header chains and the beginning of the payload, where TLS and HTTP name what they are.
SNAPLEN = 1024

# Wall clock in nanoseconds, link type (tcpdump.org/linktypes.html), the bytes captured, the length on the wire.
Frame = tuple[int, int, bytes, int]


class Statistics(NamedTuple):
    """Frames since the source was opened: `received` passed the filter, `dropped` of them found no room."""

    received: int
    dropped: int


class FrameSource(Protocol):
    """Live frames of one interface. One thread calls `frames`, one (the same or another) calls `statistics`."""

    @property
    def name(self) -> str:
        """The interface's name now."""

    @property
    def working(self) -> bool:
        """Whether frames can arrive."""

    @property
    def message(self) -> str:
        """The state in one sentence, such as "eth0 is down, waiting"."""

    def frames(self, timeout_ms: int) -> Sequence[Frame]:
        """The next frames, oldest first; waits at most `timeout_ms` for the first, then returns none."""

    def statistics(self) -> Statistics:
        """Totals that only grow."""

    def close(self) -> None:
        """End the capture."""
