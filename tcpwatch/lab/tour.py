"""Scenarios one after the other, seen from the parent: which one plays, what it says, and the way to the next.

A tour may open with a Demo, which goes on until the first scenario is asked for and does not come back.
"""

from collections.abc import Callable, Sequence
from typing import Self

from tcpwatch.lab.child_process import ChildProcess
from tcpwatch.lab.leaky_server import Demo
from tcpwatch.lab.namespace import OwnNamespace
from tcpwatch.lab.player import GOES_ON, PLAYS
from tcpwatch.lab.playlist import Playlist
from tcpwatch.lab.scenario import END, FAILED, RESTS
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import PACE_S, PORT, Act

LOOK_IN = "Look in from outside: {tcpwatch}, {ss}"


class Tour(Playlist):
    """A context manager that starts and stops what plays.

    `place` is the namespace that it plays in; None on the host, where everybody sees it. Where it `waits`, at least
    `pace_s` lies between two acts, and the next one begins when it is told to `go_on`.
    """

    def __init__(
        self,
        scenarios: Sequence[Scenario],
        port: int = PORT,
        pace_s: float = PACE_S,
        opening: Demo | None = None,
        place: OwnNamespace | None = None,
        *,
        waits: bool = False,
    ) -> None:
        super().__init__(scenarios)
        self.over = opening is not None
        self.waits = waits
        self._opening = opening
        self._place = place
        self._words = ("--port", str(port), "--pace", str(pace_s), *(("--rests",) if waits else ()))
        self._player: ChildProcess | None = None
        self._playing: str | None = None

    def __enter__(self) -> Self:
        self._player = ChildProcess("player", *self._words)
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
        """The player's process, while it runs. It may be looked into: this one may not, once it has been privileged."""
        return self._player.pid if self._player is not None else None

    @property
    def netns(self) -> str | None:
        """What `tcpwatch --netns` finds the namespace by; None on the host."""
        return str(self.pid) if self._place and self.pid else None

    def way_in(self, translate: Callable[[str], str]) -> str:
        """How to look in from a second terminal, in one sentence; empty on the host."""
        if self._place is None or self.netns is None:
            return ""
        return translate(LOOK_IN).format_map(self._place.ways_in(self.netns))

    def go(self, scenarios: int) -> None:
        """Play the one so many further on, or back; 0 plays the same again. There is no way back to the opening."""
        if self._player is None or not self.scenarios:
            return
        if self._opening is not None:
            self._opening.stop()
        self._playing = None
        self._player.tell(self.turn(scenarios).name)

    def go_on(self) -> None:
        """What plays now has been followed: where it rests, its next act may begin."""
        if self.rests and self._player is not None:
            self.rests = False
            self._player.tell(GOES_ON)

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
        elif line == RESTS:
            self.rests = True
        elif line == END:
            self.over = True
        elif line.startswith(FAILED):
            self.over, self.failure = True, line.removeprefix(FAILED)
        elif line.startswith("{"):
            self.rests = False
            return Act.from_line(line)
        return None
