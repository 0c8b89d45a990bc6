"""`tcpwatch demo`: real connections on a loopback of their own, and the dashboard, or a report, on them."""

import os
import sys
from collections.abc import Sequence
from functools import partial

from tcpwatch.cli.arguments import Arguments
from tcpwatch.cli.introduction import introduction
from tcpwatch.cli.recorded import play_recording
from tcpwatch.cli.sources import drop_privileges
from tcpwatch.cli.watching import open_sockets
from tcpwatch.errors import PrivilegeError, UsageError
from tcpwatch.lab.demo import Demo
from tcpwatch.lab.namespace import enter_own_namespace
from tcpwatch.lab.performance import Performance
from tcpwatch.lab.scenarios import SCENARIOS, Scenario, find_scenario
from tcpwatch.lab.stage import PORT
from tcpwatch.lab.tour import Tour
from tcpwatch.tcp.state import State
from tcpwatch.why.catalog import translation

LOOPBACK = "lo"
MIXED = "mixed"  # the tour's opening alone
REHEARSAL_PACE_S = 1.0
SHOWN_PACE_S = 6.0  # what an act brings about is told meanwhile


def run(arguments: Arguments) -> int:
    """Start the capture, then the programs, then the screen; end them all when it ends."""
    if arguments.list:
        return list_scenarios()
    port = one_port(arguments.port)
    mixed = arguments.scenario == MIXED
    scenario = find_scenario(arguments.scenario) if arguments.scenario is not None and not mixed else None
    if scenario is None and arguments.headless:
        raise UsageError("--headless needs a scenario: `tcpwatch demo --list` names them")
    if not arguments.headless:
        from tcpwatch.tui.terminal import check_terminal

        check_terminal(os.environ)
    placed = take_place(arguments, scenario)
    if scenario is not None and not placed:
        return play_recording(arguments, scenario)
    arguments.iface, arguments.port = LOOPBACK, (port,)
    if scenario is not None and arguments.headless:
        return rehearse(arguments, scenario, port)
    from tcpwatch.cli.dashboard import show
    from tcpwatch.tui.demo import run_demo

    tour = tour_of(
        arguments, scenario, port, [] if mixed else playable(private=placed and not on_host(arguments, scenario))
    )
    return show(arguments, tour, partial(run_demo, play=tour))


def tour_of(arguments: Arguments, scenario: Scenario | None, port: int, then: Sequence[Scenario]) -> Tour:
    """One scenario; or many situations at once, and `then` these."""
    pace = pace_s(arguments, SHOWN_PACE_S)
    if scenario is not None:
        return Tour([scenario], port, pace)
    return Tour(then, port, pace, opening=Demo(port, who_holds))


def playable(*, private: bool) -> list[Scenario]:
    """The scenarios for a tour here: some want a namespace of their own."""
    return [scenario for scenario in SCENARIOS.values() if private or not scenario.private]


def on_host(arguments: Arguments, scenario: Scenario | None) -> bool:
    """Whether it plays on this host's loopback, as the tour of root does, where `ss` and others see it too."""
    return arguments.host or (scenario is None and os.geteuid() == 0)


def take_place(arguments: Arguments, scenario: Scenario | None) -> bool:
    """Enter a namespace of our own, unless it plays on the host.

    False where there is none to be had; stderr says why. The tour still plays on the host then, a scenario cannot.
    """
    if on_host(arguments, scenario):
        if scenario is not None and scenario.private:
            raise UsageError(f"{scenario.name} changes how TCP works here: run it without --host")
        return True
    try:
        enter_own_namespace()
    except PrivilegeError as error:
        sys.stderr.write(f"tcpwatch: {error}\n")
        return False
    return True


def rehearse(arguments: Arguments, scenario: Scenario, port: int) -> int:
    """Play it headless: what is done and seen as text; 0 where all that it promises was seen."""
    from tcpwatch.cli.rehearsal import Rehearsal, open_watch

    monitor = open_watch(arguments)
    try:
        performance = Performance(scenario.name, port, pace_s(arguments, REHEARSAL_PACE_S))
        translate = translation(arguments.language)
        rehearsal = Rehearsal(monitor, performance, translate)
        sys.stdout.write("\n".join((*introduction(scenario, translate), "")))
        with performance:
            drop_privileges(keep_owner_lookup=monitor.reads_processes)
            monitor.start()
            return rehearsal.watch()
    finally:
        monitor.stop()


def pace_s(arguments: Arguments, ordinarily: float) -> float:
    """The seconds between two acts."""
    return ordinarily if arguments.pace is None else arguments.pace


def list_scenarios() -> int:
    """The table of scenarios; the lessons are those of docs/lessons.md."""
    width = max(map(len, SCENARIOS))
    for scenario in SCENARIOS.values():
        lessons = " ".join(map(str, scenario.lessons))
        sys.stdout.write(f"{scenario.name:{width}}  {scenario.says}  (lessons {lessons})\n")
    return 0


def one_port(ports: Sequence[int]) -> int:
    """The server's port."""
    if len(ports) > 1:
        raise UsageError("the demo has one server: give it one --port")
    return ports[0] if ports else PORT


def who_holds(port: int) -> str | None:
    """The process that listens on the port, as far as this user may know."""
    monitor = open_sockets(Arguments())
    monitor.refresh()
    listeners = (
        connection
        for connection in monitor.snapshot().connections
        if connection.row.state is State.LISTEN and connection.row.local.port == port
    )
    holders = [str(owner) for listener in listeners for owner in listener.owners]
    monitor.stop()
    return ", ".join(holders) or None
