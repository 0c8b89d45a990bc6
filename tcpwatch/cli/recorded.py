"""A scenario's recording, where the scenario itself cannot be played: the same acts and segments, without a socket."""

import sys

from tcpwatch.cli.arguments import Arguments
from tcpwatch.cli.reading import Reading
from tcpwatch.cli.verdict import verdict
from tcpwatch.lab.recordings import acts_of, segments_of
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import PORT
from tcpwatch.report.chronicle import Chronicle
from tcpwatch.tcp.tracker import FlowTracker

ABOUT = "playing a recording of it instead: the segments are real, the states are what they tell of the sockets"


def play_recording(arguments: Arguments, scenario: Scenario) -> int:
    """Show it in the dashboard or, headless, tell it at once; the exit code of either."""
    sys.stderr.write(f"tcpwatch: {ABOUT}\n")
    path = str(segments_of(scenario.name))
    arguments.read, arguments.port = path, (PORT,)
    if arguments.headless:
        return tell(arguments, scenario)
    from tcpwatch.cli.replay import show_file

    return show_file(arguments, path, playing=True)


def tell(arguments: Arguments, scenario: Scenario) -> int:
    """What was done and seen, as text; 0 where all that was promised is in the recording."""
    acts = acts_of(scenario.name)
    chronicle = Chronicle(acts[0].time_ns)
    for act in acts:
        chronicle.announce(act.time_ns, act.says)
    with Reading(arguments, FlowTracker(), lambda: None) as reading:
        chronicle.receive(reading.events())
    code, lines = verdict((act.promise for act in acts), chronicle)
    for line in (scenario.watch, "", *chronicle.lines(), *lines):
        sys.stdout.write(line + "\n")
    return code
