"""Plays scenarios on demand, one at a time: `python -m tcpwatch.lab.player`, until standard input ends.

It is started before the parent gives its privileges up, and so can go on starting programs that need them. A line of
standard input names the scenario to play; the one before is ended first. A line that says so comes before the
scenario's own, which go straight to the same standard output. `goes on` is passed on to what plays: that has rested.
"""

import argparse
import subprocess
import sys
from contextlib import suppress
from threading import Thread

from tcpwatch.lab import child
from tcpwatch.lab.child_process import ENDS_WITHIN_S, launch
from tcpwatch.lab.scenario import FAILED
from tcpwatch.lab.scenarios import SCENARIOS
from tcpwatch.lab.stage import PACE_S, PORT

PLAYS, GOES_ON = "plays: ", "goes on"


class Player:
    """At most one scenario at a time, in a process of its own."""

    def __init__(self, *words: str) -> None:
        """`words` are those that every scenario is started with."""
        self._words = words
        self._playing: subprocess.Popen[bytes] | None = None

    def obey(self, line: str) -> None:
        """Do what the parent says."""
        if line == GOES_ON:
            self.go_on()
        else:
            self.play(line)

    def go_on(self) -> None:
        """Tell what plays that it has rested for long enough."""
        if self._playing is not None and self._playing.stdin is not None:
            with suppress(BrokenPipeError):
                self._playing.stdin.write(f"{GOES_ON}\n".encode())

    def play(self, name: str) -> None:
        """End what plays, then play this."""
        self.stop()
        if name in SCENARIOS:
            child.say(PLAYS + name)
            self._playing = launch("scenario", name, *self._words, output=None)
            Thread(target=self._watch, args=(self._playing,), daemon=True).start()

    def stop(self) -> None:
        """End what plays, and wait until it is gone."""
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
        """Say so where it ends of itself: a scenario stays until it is told to go."""
        playing.wait()
        if playing is self._playing:
            child.say(f"{FAILED}the scenario's program ended before its scenario did")


def main() -> int:
    """Play what is asked for."""
    parser = argparse.ArgumentParser(prog="python -m tcpwatch.lab.player", description="TCP situations, on demand.")
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--pace", type=float, default=PACE_S)
    parser.add_argument("--rests", action="store_true")
    options = parser.parse_args()
    rests = ("--rests",) if options.rests else ()
    player = Player("--port", str(options.port), "--pace", str(options.pace), *rests)
    try:
        return child.run("tcpwatch-player", lambda: None, obey=player.obey)
    finally:
        player.stop()


if __name__ == "__main__":
    sys.exit(main())
