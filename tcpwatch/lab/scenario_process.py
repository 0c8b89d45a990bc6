"""A process that plays one scenario, seen from its parent."""

from typing import Self

from tcpwatch.lab.address import PORT
from tcpwatch.lab.child_process import ChildProcess
from tcpwatch.lab.scenario import END, FAILED
from tcpwatch.lab.stage import PACE_S, Act


class ScenarioProcess:
    """A scenario from its first act to its last; a context manager that starts and stops it."""

    def __init__(self, name: str, port: int = PORT, pace_s: float = PACE_S) -> None:
        self.over = False
        self.failure: str | None = None
        self._arguments = (name, "--port", str(port), "--pace", str(pace_s))
        self._process: ChildProcess | None = None

    def __enter__(self) -> Self:
        self._process = ChildProcess("scenario", *self._arguments)
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            self._process.stop()
            self._process = None

    @property
    def pid(self) -> int | None:
        """The number of the process, while it runs."""
        return self._process.pid if self._process is not None else None

    def acts(self) -> list[Act]:
        """The acts that have begun since the last call. Once `over`, `failure` is why it was not played to its end."""
        if self.over or self._process is None:
            return []
        running = self._process.running
        acts = []
        for line in self._process.new_lines():
            if line == END:
                self.over = True
            elif line.startswith(FAILED):
                self.over, self.failure = True, line.removeprefix(FAILED)
            else:
                acts.append(Act.from_line(line))
        if not running and not self.over:
            self.over, self.failure = True, "the scenario's program ended before its scenario did"
        return acts
