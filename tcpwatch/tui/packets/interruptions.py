"""Lines between segments: when the capture did not work, and what became of its interface. Pure."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import overload

from tcpwatch.monitor.interruptions import Interruption
from tcpwatch.tui.paint.format import clock
from tcpwatch.tui.paint.line import Line

RULE = "──"


class Interleaved(Sequence[float]):
    """The numbers of segments in their order, with a fraction for each interruption, before the segment after it."""

    def __init__(self, numbers: Sequence[int], interruptions: Sequence[Interruption]) -> None:
        self.interruptions: dict[float, Interruption] = {}
        for one in interruptions:
            below = 2
            while (key := one.before - 1 / below) in self.interruptions:
                below += 1
            self.interruptions[key] = one
        self._numbers = numbers
        self._keys = sorted(self.interruptions)
        self._places = [bisect_left(numbers, key) + index for index, key in enumerate(self._keys)]

    def __len__(self) -> int:
        return len(self._numbers) + len(self._keys)

    @overload
    def __getitem__(self, index: int) -> float: ...

    @overload
    def __getitem__(self, index: slice) -> list[float]: ...

    def __getitem__(self, index: int | slice) -> float | list[float]:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        place = index + len(self) if index < 0 else index
        passed = bisect_left(self._places, place)
        if passed < len(self._places) and self._places[passed] == place:
            return self._keys[passed]
        return self._numbers[place - passed]


def past(what: str) -> str:
    """`eth0 is down` -> `eth0 was down`."""
    for now, then in ((" is ", " was "), (" has ", " had ")):
        if now in what:
            return what.replace(now, then, 1)
    return what


def interruption_line(one: Interruption) -> Line:
    """`── eth0 was down 12:03:44 to 12:03:50: not captured ──`."""
    since = clock(one.since_ns)
    if one.until_ns is None:
        words = f"{one.what} since {since}: nothing is captured{' there' if one.link else ''}"
    elif one.until_ns == one.since_ns:
        words = f"{one.what} {since}"
    else:
        words = f"{past(one.what)} {since}, back {clock(one.until_ns)}: not captured"
    return Line(((f" {RULE} {words} {RULE}", "caution"),))
