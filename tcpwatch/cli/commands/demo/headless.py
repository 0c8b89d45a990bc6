"""A scenario without a screen: told as text while it happens, and judged by what was really seen."""

import sys
import time
from collections.abc import Collection, Iterable

from tcpwatch.cli.commands.demo.promises import verdict
from tcpwatch.errors import TcpwatchError
from tcpwatch.lab.scenario_process import Performance
from tcpwatch.lab.stage import Promise
from tcpwatch.monitor.live import Monitor
from tcpwatch.monitor.packet_log import LATENESS_NS
from tcpwatch.narration.transcript import Chronicle
from tcpwatch.text.duration import SECOND_NS
from tcpwatch.why.catalog import Translate

TICK_S = 0.05


class Rehearsal:
    """One performance, watched by a monitor to its end."""

    def __init__(
        self, monitor: Monitor, performance: Performance, translate: Translate = str, by_hand: Collection[int] = ()
    ) -> None:
        """`by_hand` are the ports from which the scenario sends segments made by hand."""
        self._monitor = monitor
        self._translate = translate
        self._performance = performance
        self._chronicle = Chronicle(time.time_ns(), translate, by_hand)
        self._promises: list[Promise] = []
        self._next_event = 0

    def watch(self) -> int:
        """Tell what happens until the scenario is over, then what of its promises was seen; the exit code."""
        while not self._performance.over:
            self._look()
            self._tell(self._chronicle.lines(time.time_ns()))
            time.sleep(TICK_S)
        time.sleep(LATENESS_NS / SECOND_NS)
        self._look()
        self._tell(self._chronicle.lines())
        if self._performance.failure is not None:
            raise TcpwatchError(self._performance.failure)
        code, lines = verdict(self._promises, self._chronicle)
        self._tell(lines)
        return code

    def _look(self) -> None:
        for act in self._performance.acts():
            self._promises.append(act.promise)
            self._chronicle.announce(act.time_ns, act.text(self._translate))
        first, events = self._monitor.packets.slice(self._next_event)
        self._next_event = first + len(events)
        self._chronicle.receive(events)
        self._chronicle.observe(self._monitor.snapshot())

    def _tell(self, lines: Iterable[str]) -> None:
        for line in lines:
            sys.stdout.write(line + "\n")
        sys.stdout.flush()
