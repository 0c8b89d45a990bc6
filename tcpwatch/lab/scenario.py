"""A scenario as a program of the lab: `python -m tcpwatch.lab.scenario half-close`, until standard input ends.

It says each of its acts as a line of JSON, then `end`. Its sockets stay as they are at the end until it is told to go.
"""

import argparse
import socket
import sys

from tcpwatch.lab import child
from tcpwatch.lab.scenarios import SCENARIOS, Scenario
from tcpwatch.lab.stage import PACE_S, PATIENCE_S, PORT, Act, Stage

END = "end"
FAILED = "failed: "


def perform(scenario: Scenario, stage: Stage) -> None:
    """Play it to its end; whatever goes wrong ends it with a line that says so."""
    try:
        scenario.play(stage)
    except Exception as error:
        child.say(f"{FAILED}{error}")
    else:
        stage.wait(stage.pace_s)
        child.say(END)


def announce(act: Act) -> None:
    """Tell the parent."""
    child.say(act.line())


def main() -> int:
    """Play the scenario that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tcpwatch.lab.scenario", description="A TCP situation, for real.")
    parser.add_argument("name", choices=SCENARIOS)
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--pace", type=float, default=PACE_S)
    options = parser.parse_args()
    socket.setdefaulttimeout(PATIENCE_S)
    stage = Stage(announce, options.port, options.pace)
    return child.run("tcpwatch-lab", lambda: None, play=lambda: perform(SCENARIOS[options.name], stage))


if __name__ == "__main__":
    sys.exit(main())
