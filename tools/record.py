"""Takes the recordings in tcpwatch/lab/recordings anew. `make recordings`; what `demo` needs, this needs.

Each scenario plays in a namespace of its own, at the pace at which the dashboard shows it. It is kept only where all
that it promises was seen.
"""

import sys
from contextlib import redirect_stdout
from io import StringIO
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from tcpwatch.cli.arguments import Arguments
from tcpwatch.cli.commands.demo.command import SHOWN_PACE_S
from tcpwatch.cli.commands.demo.headless import Rehearsal, open_watch
from tcpwatch.lab.namespace import enter_own_namespace
from tcpwatch.lab.recordings import notes_of, segments_of
from tcpwatch.lab.scenario_process import ScenarioProcess
from tcpwatch.lab.scenarios import SCENARIOS
from tcpwatch.lab.stage import PORT, Act

AT_ONCE = 8  # they wait most of the time


class NotedPerformance(ScenarioProcess):
    """One that remembers its acts."""

    def __init__(self, name: str) -> None:
        super().__init__(name, pace_s=SHOWN_PACE_S)
        self.noted: list[Act] = []

    def acts(self) -> list[Act]:
        acts = super().acts()
        self.noted += acts
        return acts


def record(name: str) -> str:
    """Play the scenario and keep what was recorded of it; what became of that, in a line."""
    enter_own_namespace()
    with TemporaryDirectory() as folder:
        taken = Path(folder, "taken.pcapng")
        performance = NotedPerformance(name)
        told = StringIO()
        with redirect_stdout(told):
            code = watch(performance, taken)
        if code:
            return f"{name}: not kept\n{told.getvalue()}"
        segments_of(name).write_bytes(taken.read_bytes())
    notes_of(name).write_text("".join(f"{act.line()}\n" for act in performance.noted), encoding="utf-8")
    return f"{name}: {segments_of(name).stat().st_size:,} bytes, {len(performance.noted)} acts"


def watch(performance: ScenarioProcess, taken: Path) -> int:
    arguments = Arguments()
    arguments.iface, arguments.port, arguments.write = "lo", (PORT,), str(taken)
    monitor = open_watch(arguments)
    with performance:
        try:
            monitor.start()
            return Rehearsal(monitor, performance).watch()
        finally:
            monitor.stop()  # before the programs are ended: that is no part of the scenario


if __name__ == "__main__":
    names = sys.argv[1:] or list(SCENARIOS)
    with get_context("spawn").Pool(AT_ONCE, maxtasksperchild=1) as pool:
        for line in pool.imap(record, names, chunksize=1):
            print(line, flush=True)
