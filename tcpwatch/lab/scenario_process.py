"""A scenario that plays in a process of its own, seen from the parent."""

from typing import Self

from tcpwatch.lab.child_process import ChildProcess
from tcpwatch.lab.scenario import END, FAILED
from tcpwatch.lab.stage import PACE_S, PORT, Act


class ScenarioProcess:
    """A scenario from its first act to its last; a context manager that starts and stops it."""

    def __init__(self, name: str, port: int = PORT, pace_s: float = PACE_S) -> None:
        self.over = False
        self.failure: str | None = None
        self._words = (name, "--port", str(port), "--pace", str(pace_s))
        self._program: ChildProcess | None = None

    def __enter__(self) -> Self:
        self._program = ChildProcess("scenario", *self._words)
        return self

    def __exit__(self, *_: object) -> None:
        if self._program is not None:
            self._program.stop()
            self._program = None

    @property
    def pid(self) -> int | None:
        """The process, while it runs."""
        return self._program.pid if self._program is not None else None

    def acts(self) -> list[Act]:
        """The acts that have begun since the last call. Once `over`, `failure` says why where it was not played out."""
        if self.over or self._program is None:
            return []
        running = self._program.running
        acts = []
        for line in self._program.said():
            if line == END:
                self.over = True
            elif line.startswith(FAILED):
                self.over, self.failure = True, line.removeprefix(FAILED)
            else:
                acts.append(Act.from_line(line))
        if not running and not self.over:
            self.over, self.failure = True, "the scenario's program ended before its scenario did"
        return acts
