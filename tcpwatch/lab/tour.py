"""Scenarios one after the other, seen from the parent: which one plays, what it says, and the way to the next.

A tour may open with a Demo, which goes on until the first scenario is asked for and does not come back.
"""

from collections.abc import Sequence
from typing import Self

from tcpwatch.lab.demo import Demo
from tcpwatch.lab.player import PLAYS
from tcpwatch.lab.program import Program
from tcpwatch.lab.scenario import END, FAILED
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import PACE_S, PORT, Act

NAME, TITLE = "tour", "many situations on one port"
WATCH = (
    "An echo server with a bug, and its clients. One connection is never closed: CLOSE-WAIT here, FIN-WAIT-2 at its "
    "peer. One talks, one is idle, visits come and go."
)


class Tour:
    """A context manager that starts and stops what plays. `number` is the scenario's, from 1; 0 is the opening.

    `over` says that the scenario has been played to its end; `failure`, why it was not.
    """

    def __init__(
        self, scenarios: Sequence[Scenario], port: int = PORT, pace_s: float = PACE_S, opening: Demo | None = None
    ) -> None:
        self.scenarios = tuple(scenarios)
        self.number = 0
        self.over = opening is not None
        self.failure: str | None = None
        self._opening = opening
        self._words = ("--port", str(port), "--pace", str(pace_s))
        self._player: Program | None = None
        self._playing: str | None = None

    def __enter__(self) -> Self:
        self._player = Program("player", *self._words)
        try:
            if self._opening is not None:
                self._opening.start()
            else:
                self.go(1)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._player is not None:
            self._player.stop()
            self._player = None
        if self._opening is not None:
            self._opening.stop()

    @property
    def pid(self) -> int | None:
        """The player's process, while it runs."""
        return self._player.pid if self._player is not None else None

    @property
    def scenario(self) -> Scenario | None:
        """What plays now; None for the opening."""
        return self.scenarios[self.number - 1] if self.number else None

    @property
    def count(self) -> int:
        """How many scenarios there are."""
        return len(self.scenarios)

    @property
    def name(self) -> str:
        """The name of what plays now."""
        return self.scenario.name if self.scenario else NAME

    @property
    def title(self) -> str:
        """What it shows, in a few words."""
        return self.scenario.says if self.scenario else TITLE

    @property
    def watch(self) -> str:
        """What to watch, in one paragraph."""
        return self.scenario.advice if self.scenario else WATCH

    @property
    def last(self) -> bool:
        """Nothing comes after this."""
        return self.number == len(self.scenarios)

    def go(self, scenarios: int) -> None:
        """Play the one so many further on, or back; 0 plays the same again. There is no way back to the opening."""
        if self._player is None or not self.scenarios:
            return
        if self._opening is not None:
            self._opening.stop()
        self.number = max(1, min(self.number + scenarios, len(self.scenarios)))
        self.over, self.failure, self._playing = False, None, None
        self._player.tell(self.scenarios[self.number - 1].name)

    def acts(self) -> list[Act]:
        """The acts of what plays now that have begun since the last call."""
        if self._player is None:
            return []
        running = self._player.running
        acts = [act for line in self._player.said() if (act := self._heard(line)) is not None]
        if not running and not self.over:
            self.over, self.failure = True, "the program that plays the scenarios is gone"
        return acts

    def _heard(self, line: str) -> Act | None:
        """An act, of what plays now; what else the player says is remembered."""
        if line.startswith(PLAYS):
            self._playing = line.removeprefix(PLAYS)
        elif self.scenario is None or self._playing != self.scenario.name:
            return None  # said by what has been left
        elif line == END:
            self.over = True
        elif line.startswith(FAILED):
            self.over, self.failure = True, line.removeprefix(FAILED)
        elif line.startswith("{"):
            return Act.from_line(line)
        return None
