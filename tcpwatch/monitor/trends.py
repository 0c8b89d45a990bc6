"""How the number of a program's sockets in a trouble has changed. Reads no clock: the moment of each look comes in.

At the first look the past is read off the ages of those that are there; from then on it is what was counted.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Generic, TypeVar

from tcpwatch.diagnose.half_close import SENDING_NS
from tcpwatch.diagnose.problem import Since, Trend

STEP_NS = 5_000_000_000
MINUTE_NS = 60_000_000_000
STEPS = MINUTE_NS // STEP_NS
LEAST_NS = 10_000_000_000  # over less than that no growth in a minute is reckoned
UNDECIDED_NS = SENDING_NS  # so long one may be there before it can be told from an ordinary one
STRAYS_PERCENT = 2  # so many of the newest may have come in that time and be told already

Key = TypeVar("Key")
Sample = tuple[int, int]  # moment, count


class Trends(Generic[Key]):
    """The counts of the last minute by key, one each STEP_NS."""

    def __init__(self) -> None:
        self._samples: dict[Key, deque[Sample]] = {}

    def update(self, ages: Mapping[Key, Sequence[Since]], now_ns: int) -> dict[Key, Trend]:
        """The trend of each key; `ages` has since when each of its members has been in trouble."""
        self._samples = {key: self._with(key, since, now_ns) for key, since in ages.items()}
        return {key: _trend(self._samples[key], since, now_ns) for key, since in ages.items()}

    def _with(self, key: Key, since: Sequence[Since], now_ns: int) -> deque[Sample]:
        samples = self._samples.get(key)
        if samples is None:
            return deque(_past(since, now_ns), maxlen=STEPS + 1)
        if now_ns - samples[-1][0] >= STEP_NS:
            samples.append((now_ns, len(since)))
        return samples


class CountTrends(Generic[Key]):
    """The same of counts whose past cannot be read off: the first look is the beginning."""

    def __init__(self) -> None:
        self._samples: dict[Key, deque[Sample]] = {}

    def update(self, counts: Mapping[Key, int], now_ns: int) -> dict[Key, Trend]:
        """The trend of each count."""
        self._samples = {key: self._with(key, count, now_ns) for key, count in counts.items()}
        return {key: _growth(self._samples[key], count, now_ns) for key, count in counts.items()}

    def _with(self, key: Key, count: int, now_ns: int) -> deque[Sample]:
        samples = self._samples.get(key) or deque(maxlen=STEPS + 1)
        if not samples or now_ns - samples[-1][0] >= STEP_NS:
            samples.append((now_ns, count))
        return samples


def _growth(samples: Sequence[Sample], count: int, now_ns: int) -> Trend:
    """From the first sample to now."""
    course = tuple(sample[1] for sample in samples)
    first_ns, first = samples[0]
    if now_ns - first_ns < LEAST_NS:
        return Trend(None, course)
    return Trend(round((count - first) * MINUTE_NS / (now_ns - first_ns)), course)


def _past(since: Sequence[Since], now_ns: int) -> list[Sample]:
    """How many of those that are there now were there at each step of the last minute.

    One whose beginning was not seen, and that has no age yet, may be old: it counts from the start.
    """
    began = [0 if not one.seen and one.time_ns >= now_ns else one.time_ns for one in since]
    moments = [now_ns - step * STEP_NS for step in range(STEPS, -1, -1)]
    return [(moment, sum(one <= moment for one in began)) for moment in moments]


def _trend(samples: Sequence[Sample], since: Sequence[Since], now_ns: int) -> Trend:
    """The growth to the newest member from the first sample, or from the oldest member where there was none before.

    Many at once that nobody followed are no growth that goes on.
    """
    course = tuple(sample[1] for sample in samples)
    began = sorted(one.time_ns for one in since)
    newest_ns = began[-1 - len(began) * STRAYS_PERCENT // 100]
    oldest_ns, until_ns = began[0], max(newest_ns, now_ns - UNDECIDED_NS)
    first_ns, first = next((sample for sample in samples if sample[1]), (oldest_ns, 1))
    if samples[0][1] == 0 and oldest_ns <= first_ns:
        first_ns, first = oldest_ns, 1
    if until_ns - first_ns < LEAST_NS:
        return Trend(None, course)
    grown = len(since) - first
    middle_ns = (first_ns + until_ns) // 2
    if grown > 0 and began[-1] <= middle_ns:
        return Trend(0, course)
    return Trend(round(grown * MINUTE_NS / (until_ns - first_ns)), course)
