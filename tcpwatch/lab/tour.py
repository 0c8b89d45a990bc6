"""A playlist that is played for real, by a player in a child process.

A tour may open with a Demo, which runs until the first scenario is asked for and does not come back.
"""

from collections.abc import Callable, Sequence
from typing import Self

from tcpwatch.lab.address import PORT
from tcpwatch.lab.child_process import ChildProcess
from tcpwatch.lab.leaky_server import Demo
from tcpwatch.lab.namespace import OwnNamespace
from tcpwatch.lab.player import GOES_ON, PLAYS
from tcpwatch.lab.playlist import Playlist
from tcpwatch.lab.scenario import END, FAILED, RESTING
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import PACE_S, Act

LOOK_IN = "Look in from outside: {tcpwatch}, {ss}"


class Tour(Playlist):
    """A context manager that starts and stops the player.

    `place` is the namespace that it plays in; None on the host, where everybody sees it. Where it `waits`, each act
    but the first begins after `go_on`, and at least `pace_s` after the one before.
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
        self._arguments = ("--port", str(port), "--pace", str(pace_s), *(("--rests",) if waits else ()))
        self._player: ChildProcess | None = None
        self._playing: str | None = None

    def __enter__(self) -> Self:
        self._player = ChildProcess("player", *self._arguments)
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
        """The player's process, while it runs. Others may look into it, and not into a process that was privileged."""
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

    def go(self, steps: int) -> None:
        """Play the scenario so many places on, or back; 0 plays the same again. The opening does not come back."""
        if self._player is None or not self.scenarios:
            return
        if self._opening is not None:
            self._opening.stop()
        self._playing = None
        self._player.send(self.move_by(steps).name)

    def go_on(self) -> None:
        """Let the next act begin, where the scenario rests."""
        if self.rests and self._player is not None:
            self.rests = False
            self._player.send(GOES_ON)

    def acts(self) -> list[Act]:
        """The acts of the current scenario that have begun since the last call."""
        if self._player is None:
            return []
        running = self._player.running
        acts = [act for line in self._player.new_lines() if (act := self._act_of(line)) is not None]
        if not running and not self.over:
            self.over, self.failure = True, "the program that plays the scenarios is gone"
        return acts

    def _act_of(self, line: str) -> Act | None:
        """The act in a line of the current scenario; its other lines change `over`, `rests` and `failure`."""
        if line.startswith(PLAYS):
            self._playing = line.removeprefix(PLAYS)
        elif self.scenario is None or self._playing != self.scenario.name:
            return None  # from a scenario that was left
        elif line == RESTING:
            self.rests = True
        elif line == END:
            self.over = True
        elif line.startswith(FAILED):
            self.over, self.failure = True, line.removeprefix(FAILED)
        elif line.startswith("{"):
            self.rests = False
            return Act.from_line(line)
        return None
