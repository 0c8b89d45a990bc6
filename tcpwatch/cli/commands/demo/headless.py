"""A scenario without a screen: a text while it happens, and a verdict on what was really seen."""

import time
from collections.abc import Collection, Iterable

from tcpwatch.cli.commands.demo.promises import verdict
from tcpwatch.errors import TcpwatchError
from tcpwatch.lab.scenario_process import ScenarioProcess
from tcpwatch.lab.stage import Promise
from tcpwatch.monitor.live import Monitor
from tcpwatch.monitor.traffic.packet_log import LATENESS_NS
from tcpwatch.narration.transcript import Transcript
from tcpwatch.report.output import write_lines
from tcpwatch.text.duration import SECOND_NS
from tcpwatch.why.catalog import Translate

LOOK_EVERY_S = 0.05


class HeadlessScenario:
    """One scenario, watched by a monitor to its end."""

    def __init__(
        self, monitor: Monitor, process: ScenarioProcess, translate: Translate = str, by_hand: Collection[int] = ()
    ) -> None:
        """`by_hand` are the ports from which the scenario sends segments made by hand."""
        self._monitor = monitor
        self._translate = translate
        self._process = process
        self._transcript = Transcript(time.time_ns(), translate, by_hand)
        self._promises: list[Promise] = []
        self._next_event = 0

    def watch(self) -> int:
        """Print what happens until the scenario is over, then which promises were seen; the exit code."""
        while not self._process.over:
            self._look()
            self._print(self._transcript.lines(time.time_ns()))
            time.sleep(LOOK_EVERY_S)
        time.sleep(LATENESS_NS / SECOND_NS)
        self._look()
        self._print(self._transcript.lines())
        if self._process.failure is not None:
            raise TcpwatchError(self._process.failure)
        code, lines = verdict(self._promises, self._transcript)
        self._print(lines)
        return code

    def _look(self) -> None:
        for act in self._process.acts():
            self._promises.append(act.promise)
            self._transcript.announce(act.time_ns, act.text(self._translate))
        first, events = self._monitor.packets.slice(self._next_event)
        self._next_event = first + len(events)
        self._transcript.receive(events)
        self._transcript.observe(self._monitor.snapshot())

    def _print(self, lines: Iterable[str]) -> None:
        if written := tuple(lines):
            write_lines(written)
