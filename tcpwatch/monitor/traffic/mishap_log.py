"""What went wrong in this kernel of late, by the ends of the connection and by cause.

Rule: reads no clock, and every table has a bound; what falls out is counted. Only the kernel thread writes.
"""

from collections import Counter, OrderedDict, deque
from collections.abc import Mapping
from dataclasses import replace

from tcpwatch.kernel.mishaps import MishapReading
from tcpwatch.monitor.counter_window import MINUTE_NS
from tcpwatch.sockets.mishaps import (
    NO_MISHAPS,
    Cause,
    EndsMishaps,
    Mishap,
    MishapKind,
    Mishaps,
    ResetSent,
    SegmentDropped,
    SocketError,
)
from tcpwatch.text.duration import SECOND_NS

KEPT_NS = 5 * MINUTE_NS  # since the newest mishap between these ends
ENDS_LIMIT = 1_000  # of connections, and again of those that came to a port where nobody listens: scans are many
NO_SOCKET = "NO_SOCKET"
CAUSE_LIMIT = 2_000  # with a port each; what is beyond is counted without one


class MishapLog:
    """The mishaps of the last minutes, bounded: by ends the newest, and counts of the last minute."""

    def __init__(self) -> None:
        self._of_sockets = _ByEnds()
        self._of_no_socket = _ByEnds()
        self._minute = _LastMinute()
        self._left_out = 0

    def add(self, reading: MishapReading, now_ns: int) -> None:
        """Note what was reported since the last reading."""
        self._left_out += reading.left_out
        self._minute.add(reading.counts, now_ns)
        for mishap in reading.newest:
            stray = not isinstance(mishap, SocketError) and mishap.reason == NO_SOCKET
            self._left_out += (self._of_no_socket if stray else self._of_sockets).add(mishap)

    def view(self, now_ns: int, unavailable: Mapping[MishapKind, str]) -> Mishaps:
        """What is known now, frozen; what is older than KEPT_NS is forgotten."""
        strays, by_ends = self._of_no_socket.view(now_ns), self._of_sockets.view(now_ns)
        both = {ends: strays[ends].joined(by_ends[ends]) for ends in strays.keys() & by_ends.keys()}
        return Mishaps(strays | by_ends | both, self._minute.view(now_ns), self._left_out, unavailable)


class _ByEnds:
    """The newest mishaps by ends, at most ENDS_LIMIT."""

    def __init__(self) -> None:
        self._found: OrderedDict[bytes, EndsMishaps] = OrderedDict()  # the newest last

    def add(self, mishap: Mishap) -> int:
        """Add one; how many fell out for it."""
        ends = mishap.ends_here if isinstance(mishap, SegmentDropped) else mishap.ends
        self._found[ends] = _with(self._found.pop(ends, NO_MISHAPS), mishap)
        return self._found.popitem(last=False)[1].times if len(self._found) > ENDS_LIMIT else 0

    def view(self, now_ns: int) -> dict[bytes, EndsMishaps]:
        while self._found and next(iter(self._found.values())).newest_ns < now_ns - KEPT_NS:
            self._found.popitem(last=False)
        return dict(self._found)


class _LastMinute:
    """Counts by cause, a step a second."""

    def __init__(self) -> None:
        self._steps: deque[tuple[int, Counter[Cause]]] = deque()  # when each began
        self._total: Counter[Cause] = Counter()

    def add(self, counts: Mapping[Cause, int], now_ns: int) -> None:
        if not counts:
            return
        if not self._steps or now_ns - self._steps[-1][0] >= SECOND_NS:
            self._steps.append((now_ns, Counter()))
        step = self._steps[-1][1]
        for named, times in counts.items():
            told_apart = named in self._total or len(self._total) < CAUSE_LIMIT
            cause = named if told_apart else named._replace(port=None)
            step[cause] += times
            self._total[cause] += times

    def view(self, now_ns: int) -> dict[Cause, int]:
        while self._steps and self._steps[0][0] <= now_ns - MINUTE_NS:
            for cause, times in self._steps.popleft()[1].items():
                self._total[cause] -= times
                if not self._total[cause]:
                    del self._total[cause]
        return dict(self._total)


def _with(before: EndsMishaps, mishap: Mishap) -> EndsMishaps:
    """What is known of the same ends with one mishap more; drops of an earlier connection are not counted on."""
    match mishap:
        case ResetSent():
            return replace(before, stray_reset=mishap) if mishap.is_stray else replace(before, reset_sent=mishap)
        case SocketError():
            return replace(before, error=mishap)
        case SegmentDropped():
            times, newest = before.drops.get(mishap.reason, (0, mishap))
            if newest.cookie != mishap.cookie and None not in (newest.cookie, mishap.cookie):
                times = 0
            drops = {**before.drops, mishap.reason: (times + 1, mishap)}
            return replace(before, drops=drops)
