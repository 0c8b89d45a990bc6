"""Scenarios' recordings, where the scenarios cannot be played: the same acts and segments, without a socket."""

from collections.abc import Sequence

from tcpwatch.cli.commands.demo.introduction import introduction
from tcpwatch.cli.commands.demo.promises import verdict
from tcpwatch.cli.options import DashboardOptions, DemoOptions, FrameOptions
from tcpwatch.cli.reading import Reading
from tcpwatch.cli.streams import say
from tcpwatch.lab.address import PORT
from tcpwatch.lab.recordings import acts_of, segments_of
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.monitor.replay.capture_file import Recorded
from tcpwatch.narration.transcript import Transcript
from tcpwatch.report.output import write_lines
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.why.catalog import translation

NOTICE = (
    "playing from recordings instead: the segments are real, the states are what they tell of the sockets; "
    "--host plays on this host's own loopback"
)
AS_IT_WAS = 1 << 63  # nanoseconds: no silence is shortened, since the acts are explained in it
TITLE = "a recording, for want of a namespace"
LOOPBACK = "lo"  # where it was taken


def play_recordings(options: DemoOptions, scenarios: Sequence[Scenario], refusal: str) -> int:
    """Show them in the dashboard, one after the other, or print the first headless; the exit code of either.

    `refusal` is why the scenarios themselves cannot be played, and what would help.
    """
    say(NOTICE)
    if options.headless:
        return print_recording(options.dashboard, scenarios[0])
    return show_recordings(options.dashboard, scenarios, refusal)


def show_recordings(dashboard: DashboardOptions, scenarios: Sequence[Scenario], refusal: str) -> int:
    """Play them in the dashboard, as if they happened now."""
    from tcpwatch.cli.commands.demo.recorded_tour import RecordedTour
    from tcpwatch.cli.file_dashboard import read_file
    from tcpwatch.tui.modes.demo import run_recorded_tour
    from tcpwatch.tui.protocols import Target

    def read(scenario: Scenario) -> Recorded:
        return read_file(str(segments_of(scenario.name)), (PORT,), dashboard.frames.write, dashboard.filter, AS_IT_WAS)

    recorded_tour = RecordedTour(scenarios, read, refusal)
    target = Target(TITLE, LOOPBACK, (PORT,), dashboard.language, presents=dashboard.presenter)
    return run_recorded_tour(recorded_tour.playlist, target, recorded_tour, recorded_tour.now_ns, dashboard.filter)


def print_recording(dashboard: DashboardOptions, scenario: Scenario) -> int:
    """What was done and seen, as text; 0 where all that was promised is in the recording."""
    acts = acts_of(scenario.name)
    translate = translation(dashboard.language)
    transcript = Transcript(acts[0].time_ns, translate, scenario.by_hand)
    for act in acts:
        transcript.announce(act.time_ns, act.text(translate))
    frames = FrameOptions(read=str(segments_of(scenario.name)), ports=(PORT,), write=dashboard.frames.write)
    with Reading(frames, FlowTracker(), lambda: None) as reading:
        transcript.receive(reading.events())
    code, lines = verdict((act.promise for act in acts), transcript)
    write_lines((*introduction(scenario, translate), *transcript.lines(), *lines))
    return code
