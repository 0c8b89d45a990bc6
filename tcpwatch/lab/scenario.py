"""A child process that plays one scenario: `python -m tcpwatch.lab.scenario half-close`, until standard input ends.

It writes each act as a line of JSON, then `end`. Its sockets stay as they are at the end until standard input ends.
With `--rests` it writes `rests` between two acts, and goes on at the next line of standard input.
"""

import argparse
import socket
import sys
from threading import Event

from tcpwatch.lab import child
from tcpwatch.lab.address import PORT
from tcpwatch.lab.scenarios import SCENARIOS, Scenario
from tcpwatch.lab.stage import PACE_S, STATE_WITHIN_S, Act, Stage

END, RESTING = "end", "rests"
LONGEST_REST_S = 45  # the next act needs what this one has left: FIN-WAIT-2 and TIME-WAIT last 60 s
FAILED = "failed: "


def play_to_end(scenario: Scenario, stage: Stage) -> None:
    """Play it to its end; an error ends it, and is its last line."""
    try:
        scenario.play(stage)
    except Exception as error:
        child.send_line(f"{FAILED}{error}")
    else:
        stage.wait(stage.pace_s)
        child.send_line(END)


def announce(act: Act) -> None:
    """Tell the parent."""
    child.send_line(act.line())


def main() -> int:
    """Play the scenario that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tcpwatch.lab.scenario", description="A TCP situation, for real.")
    parser.add_argument("name", choices=SCENARIOS, metavar="NAME")  # else argparse names, so imports, all of them
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--pace", type=float, default=PACE_S)
    parser.add_argument("--rests", action="store_true")
    options = parser.parse_args()
    longest_rest_s = LONGEST_REST_S if options.rests else 0
    socket.setdefaulttimeout(STATE_WITHIN_S + options.pace + longest_rest_s)
    goes_on = Event()

    def rest() -> None:
        goes_on.clear()
        child.send_line(RESTING)
        goes_on.wait(LONGEST_REST_S)

    stage = Stage(announce, options.port, options.pace, rest if options.rests else lambda: None)
    scenario = SCENARIOS[options.name]
    return child.run_until_input_ends(
        "tcpwatch-lab",
        lambda: None,
        lambda: play_to_end(scenario, stage),
        lambda line: goes_on.set(),
        needs=child.TO_PLAY,
        works_with_files=True,  # sysctls, and for TLS a certificate
    )


if __name__ == "__main__":
    sys.exit(main())
