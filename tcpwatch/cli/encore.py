"""A scenario's recording as a Play: its acts begin when the playhead comes to them.

The segments end before the scenario does, so the recording's clock runs on after the last of them.
"""

import time
from collections.abc import Callable, Sequence

from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import Act
from tcpwatch.monitor.recorded import Recorded


class Encore:
    """One scenario, played from its beginning as soon as it is made."""

    number = count = 1
    last = True

    def __init__(
        self,
        scenario: Scenario,
        acts: Sequence[Act],
        recorded: Recorded,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self.name, self.title, self.watch = scenario.name, scenario.says, scenario.advice
        self.over = False
        self.failure: str | None = None
        self._told = 0
        self._ended_ns: int | None = None
        self._all_acts = acts
        self._playhead = recorded.playhead
        self._clock = clock
        self.go(0)

    def go(self, scenarios: int) -> None:
        """Play it again; there is no other."""
        self.over, self._told, self._ended_ns = False, 0, None
        self._playhead.seek(0)
        self._playhead.toggle()

    def now_ns(self) -> int:
        """What the recording's clock shows, since 1970."""
        self._playhead.look()
        if self._playhead.playing:
            return self._playhead.time_ns
        if self._ended_ns is None:
            self._ended_ns = self._clock()
        return self._playhead.time_ns + self._clock() - self._ended_ns

    def acts(self) -> Sequence[Act]:
        """Those that have begun since the last call."""
        now_ns, told = self.now_ns(), self._told
        self._told = sum(act.time_ns <= now_ns for act in self._all_acts)
        self.over = not self._playhead.playing and self._told == len(self._all_acts)
        return self._all_acts[told : self._told]
