"""Plays scenarios, one at a time, as they are asked for: `python -m tcpwatch.lab.player`, until standard input ends.

It is started before the parent gives its privileges up, and so can start processes that need them later. A line of
standard input names the scenario to play; the one before is ended first. The player then writes `plays: NAME`, and the
scenario writes its lines to the same standard output. The line `goes on` is passed on to a scenario that rests.
"""

import argparse
import subprocess
import sys
from contextlib import suppress
from threading import Thread

from tcpwatch.lab import child
from tcpwatch.lab.address import PORT
from tcpwatch.lab.child_process import ENDS_WITHIN_S, launch
from tcpwatch.lab.scenario import FAILED
from tcpwatch.lab.scenarios import SCENARIOS
from tcpwatch.lab.stage import PACE_S

PLAYS, GOES_ON = "plays: ", "goes on"


class Player:
    """At most one scenario at a time, in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        """Every scenario is started with these `arguments`."""
        self._arguments = arguments
        self._playing: subprocess.Popen[bytes] | None = None

    def obey(self, line: str) -> None:
        """Play the scenario that a line of the parent names, or let the current one go on."""
        if line == GOES_ON:
            self.go_on()
        else:
            self.play(line)

    def go_on(self) -> None:
        """Tell the current scenario that it has rested for long enough."""
        if self._playing is not None and self._playing.stdin is not None:
            with suppress(BrokenPipeError):
                self._playing.stdin.write(f"{GOES_ON}\n".encode())

    def play(self, name: str) -> None:
        """End the current scenario, then play this one."""
        self.stop()
        if name in SCENARIOS:
            child.send_line(PLAYS + name)
            self._playing = launch("scenario", name, *self._arguments, output=None)
            Thread(target=self._watch, args=(self._playing,), daemon=True).start()

    def stop(self) -> None:
        """End the current scenario, and wait until its process is gone."""
        playing, self._playing = self._playing, None
        if playing is None or playing.stdin is None:
            return
        playing.stdin.close()
        try:
            playing.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            playing.kill()
            playing.wait()

    def _watch(self, playing: "subprocess.Popen[bytes]") -> None:
        """Report it where the process ends by itself: it should stay until it is ended."""
        playing.wait()
        if playing is self._playing:
            child.send_line(f"{FAILED}the scenario's program ended before its scenario did")


def main() -> int:
    """Play scenarios until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m tcpwatch.lab.player", description="TCP situations, on demand.")
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--pace", type=float, default=PACE_S)
    parser.add_argument("--rests", action="store_true")
    options = parser.parse_args()
    rests = ("--rests",) if options.rests else ()
    player = Player("--port", str(options.port), "--pace", str(options.pace), *rests)
    try:
        return child.run_until_input_ends(
            "tcpwatch-player", lambda: None, obey=player.obey, needs=child.TO_PLAY, works_with_files=True
        )
    finally:
        player.stop()


if __name__ == "__main__":
    sys.exit(main())
