"""The increase of counters: in total and in the last minute. Reads no clock: the time is an argument."""

from collections import deque
from collections.abc import Mapping
from typing import Generic, NamedTuple, TypeVar

from tcpwatch.sockets.counters import Rise

MINUTE_NS = 60_000_000_000

Key = TypeVar("Key")


class _Reading(NamedTuple):
    """A counter value and the time of the reading."""

    time_ns: int
    value: int


class CounterWindow(Generic[Key]):
    """Counters by key. A rising counter stores a step for each reading of the last minute."""

    def __init__(self) -> None:
        self._first: dict[Key, int] = {}
        self._steps: dict[Key, deque[_Reading]] = {}

    def update(self, values: Mapping[Key, int], now_ns: int) -> dict[Key, Rise]:
        """Record the counter values at `now_ns` (monotonic); missing keys are forgotten."""
        self._first = {key: self._first.get(key, value) for key, value in values.items()}
        self._steps = {key: self._steps.get(key) or deque([_Reading(now_ns, value)]) for key, value in values.items()}
        return {key: self._rise(key, value, now_ns) for key, value in values.items()}

    def _rise(self, key: Key, value: int, now_ns: int) -> Rise:
        steps = self._steps[key]
        if value != steps[-1].value:
            steps.append(_Reading(now_ns, value))
        while len(steps) > 1 and steps[1].time_ns <= now_ns - MINUTE_NS:
            steps.popleft()
        return Rise(in_all=value - self._first[key], last_minute=value - steps[0].value)
