"""What the kernel drops while a headless command reads, said as it happens, and why.

A ring holds some seconds of ordinary traffic. It overflows where this process is away from it for longer: while nobody
takes the lines that are written to stdout, or while more comes than can be examined. The longer of both is the reason
that is given.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tcpwatch.capture.frame import Statistics
from tcpwatch.text.duration import SECOND_NS
from tcpwatch.text.quantity import counted

LOOK_NS = SECOND_NS
STALL_NS = SECOND_NS // 10  # a write that takes longer waits for its reader


class Losses:
    """Compares the capture's counters once a second."""

    def __init__(self, statistics: Callable[[], Statistics], clock: Callable[[], int]) -> None:
        self._statistics = statistics
        self._clock = clock
        self._dropped = 0
        self._looked_ns = clock()
        self._longest_write_ns = 0
        self.newest = 0  # how many frames the newest loss was
        self._by_reason: Counter[str] = Counter()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """While inside, lines are written to stdout."""
        begun_ns = self._clock()
        yield
        self._longest_write_ns = max(self._longest_write_ns, self._clock() - begun_ns)

    def look(self, at_once: bool = False) -> str | None:
        """What was dropped since the last look, as a sentence; None if nothing, or if that was a moment ago.

        `at_once`: however short ago.
        """
        now_ns = self._clock()
        if now_ns - self._looked_ns < LOOK_NS and not at_once:
            return None
        self._looked_ns = now_ns
        dropped = self._statistics().dropped
        new, self._dropped = dropped - self._dropped, dropped
        stall_ns, self._longest_write_ns = self._longest_write_ns, 0
        if not new:
            return None
        self.newest = new
        reason, time = (STALLED, f" for {stall_ns / SECOND_NS:.1f} s") if stall_ns >= STALL_NS else (TOO_MUCH, "")
        self._by_reason[reason] += new
        return f"the kernel has dropped {counted(new, 'frame')}: {reason}{time}"

    @property
    def reasons(self) -> str:
        """Why what was dropped until now was dropped, and how many where there are several reasons; empty if none was.

        Reads no counters.
        """
        if len(self._by_reason) == 1:
            return next(iter(self._by_reason))
        return ", ".join(f"{count:,}: {reason}" for reason, count in self._by_reason.most_common())


STALLED = "whoever reads stdout took nothing"
TOO_MUCH = "more came than could be examined"
