"""`tcpwatch demo`: real connections on a loopback of their own, and the dashboard, or a report, on them."""

import os
from collections.abc import Sequence
from functools import partial

from tcpwatch.cli.commands.demo.introduction import introduction
from tcpwatch.cli.commands.demo.recorded import LOOPBACK, play_recordings
from tcpwatch.cli.live import open_sockets
from tcpwatch.cli.options import DemoOptions, FrameOptions, KernelOptions
from tcpwatch.cli.sources import give_up_privileges
from tcpwatch.cli.streams import say
from tcpwatch.errors import PrivilegeError, RecordingError, UsageError
from tcpwatch.lab.address import PORT
from tcpwatch.lab.leaky_server import Demo
from tcpwatch.lab.namespace import OwnNamespace, enter_own_namespace
from tcpwatch.lab.scenario_process import ScenarioProcess
from tcpwatch.lab.scenarios import SCENARIOS, Scenario, find_scenario
from tcpwatch.lab.tour import Tour
from tcpwatch.report.output import write_lines
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.tcp.state import State
from tcpwatch.why.catalog import translation

MIXED = "mixed"  # the tour's opening alone
AT_ONCE = (None, MIXED)  # what begins with many situations at once
HEADLESS_PACE_S = 1.0
SHOWN_PACE_S = 6.0  # time to explain what the act brings about


def run(options: DemoOptions, entered: Namespace | None = None) -> int:
    """Start the capture, then the programs, then the screen; end them all when it ends."""
    if options.list:
        return list_scenarios()
    port = one_port(options.dashboard.frames.ports)
    scenarios = chosen_scenarios(options)
    if not options.headless:
        from tcpwatch.tui.terminal import check_terminal

        check_terminal(os.environ)
    place = None
    try:
        place = None if options.host else enter_own_namespace()
    except PrivilegeError as error:
        say(str(error))
        if scenarios:
            return play_recordings(options, scenarios, f"{error.message}: {error.fix}")
        say("playing on this host's own loopback instead")
    frames = options.dashboard.frames._replace(iface=LOOPBACK, ports=(port,))
    if options.headless:
        return play_headless(options, frames, scenarios[0])
    from tcpwatch.cli.commands.dashboard import show_live
    from tcpwatch.tui.modes.demo import run_demo

    tour = tour_of(options, scenarios, port, place)
    return show_live(options.dashboard, frames, tour, entered, partial(run_demo, play=tour))


def chosen_scenarios(options: DemoOptions) -> list[Scenario]:
    """The scenarios to play: the one that is asked for, or all, or none besides many situations at once.

    UsageError where it needs a namespace of its own and --host was given, or where --headless has no one scenario.
    """
    name = options.scenario
    if name in AT_ONCE and options.headless:
        raise UsageError("--headless needs a scenario: `tcpwatch demo --list` names them")
    if name == MIXED:
        return []
    if name is None:
        return [scenario for scenario in SCENARIOS.values() if not (scenario.private and options.host)]
    scenario = find_scenario(name)
    if scenario.private and options.host:
        raise UsageError(f"{name} changes how TCP works here: run it without --host")
    return [scenario]


def tour_of(options: DemoOptions, scenarios: Sequence[Scenario], port: int, place: OwnNamespace | None) -> Tour:
    """One scenario; or many situations at once, and then these. `place` is where it plays; None on the host."""
    opening = Demo(port, who_holds) if options.scenario in AT_ONCE else None
    return Tour(scenarios, port, pace_s(options.pace, SHOWN_PACE_S), opening, place, waits=options.pace is None)


def play_headless(options: DemoOptions, frames: FrameOptions, scenario: Scenario) -> int:
    """Play it headless: what is done and seen as text; 0 where all that it promises was seen."""
    from tcpwatch.cli.commands.demo.headless import HeadlessScenario
    from tcpwatch.cli.live import open_watch

    monitor = open_watch(frames, options.dashboard.kernel)
    try:
        process = ScenarioProcess(scenario.name, one_port(frames.ports), pace_s(options.pace, HEADLESS_PACE_S))
        translate = translation(options.dashboard.language)
        headless = HeadlessScenario(monitor, process, translate, scenario.by_hand)
        write_lines(introduction(scenario, translate))
        with process:
            give_up_privileges(keep_owner_lookup=monitor.reads_processes)
            monitor.start()
            code = headless.watch()
    finally:
        monitor.stop()
    if monitor.recording_failure is not None:
        raise RecordingError(monitor.recording_failure)
    return code


def pace_s(asked_s: float | None, default_s: float) -> float:
    """The seconds between two acts."""
    return default_s if asked_s is None else asked_s


def list_scenarios() -> int:
    """The table of scenarios; the lessons are those of docs/lessons.md."""
    width = max(map(len, SCENARIOS))
    write_lines(
        f"{scenario.name:{width}}  {scenario.title}  (lessons {' '.join(map(str, scenario.lessons))})"
        for scenario in SCENARIOS.values()
    )
    return 0


def one_port(ports: Sequence[int]) -> int:
    """The server's port."""
    if len(ports) > 1:
        raise UsageError("the demo has one server: give it one --port")
    return ports[0] if ports else PORT


def who_holds(port: int) -> str | None:
    """The process that listens on the port, as far as this user may know."""
    monitor = open_sockets(KernelOptions())
    monitor.refresh()
    listeners = (
        connection
        for connection in monitor.snapshot().connections
        if connection.row.state is State.LISTEN and connection.row.local.port == port
    )
    holders = [str(owner) for listener in listeners for owner in listener.owners]
    monitor.stop()
    return ", ".join(holders) or None
