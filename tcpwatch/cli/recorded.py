"""A scenario's recording, where the scenario itself cannot be played: the same acts and segments, without a socket."""

import sys

from tcpwatch.cli.arguments import Arguments
from tcpwatch.cli.introduction import introduction
from tcpwatch.cli.reading import Reading
from tcpwatch.cli.verdict import verdict
from tcpwatch.lab.recordings import acts_of, segments_of
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import PORT
from tcpwatch.report.chronicle import Chronicle
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.why.catalog import translation

ABOUT = "playing a recording of it instead: the segments are real, the states are what they tell of the sockets"
AS_IT_WAS = 1 << 63  # nanoseconds: no silence is shortened, for that is when the acts are told
TITLE = "a recording, for want of a namespace"


def play_recording(arguments: Arguments, scenario: Scenario) -> int:
    """Show it in the dashboard or, headless, tell it at once; the exit code of either."""
    sys.stderr.write(f"tcpwatch: {ABOUT}\n")
    arguments.port = (PORT,)
    return tell(arguments, scenario) if arguments.headless else show(arguments, scenario)


def show(arguments: Arguments, scenario: Scenario) -> int:
    """Play it in the dashboard, as if it happened now."""
    from tcpwatch.cli.encore import Encore
    from tcpwatch.cli.replay import read_file
    from tcpwatch.tui.encore import run_encore
    from tcpwatch.tui.model import Subject

    recorded = read_file(arguments, str(segments_of(scenario.name)), AS_IT_WAS)
    encore = Encore(scenario, acts_of(scenario.name), recorded)
    subject = Subject(TITLE, recorded.name, (PORT,), arguments.language, presents=arguments.presenter)
    return run_encore(recorded, subject, encore, encore.now_ns, arguments.filter)


def tell(arguments: Arguments, scenario: Scenario) -> int:
    """What was done and seen, as text; 0 where all that was promised is in the recording."""
    acts = acts_of(scenario.name)
    translate = translation(arguments.language)
    chronicle = Chronicle(acts[0].time_ns)
    for act in acts:
        chronicle.announce(act.time_ns, act.text(translate))
    arguments.read = str(segments_of(scenario.name))
    with Reading(arguments, FlowTracker(), lambda: None) as reading:
        chronicle.receive(reading.events())
    code, lines = verdict((act.promise for act in acts), chronicle)
    for line in (*introduction(scenario, translate), *chronicle.lines(), *lines):
        sys.stdout.write(line + "\n")
    return code
