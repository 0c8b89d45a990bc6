"""Where a replay is in its file: how many segments have passed, and what the file's clock shows.

Nothing runs here: at each look the given clock shows how much time has passed. The file's clock never runs back,
whatever order the segments were written in, and a long silence is played in two seconds.
"""

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable

SPEEDS = (0.1, 0.25, 0.5, 1, 2, 5, 10, 100)
NORMAL = SPEEDS.index(1)
SILENCE_NS = 2_000_000_000  # the longest a silence ordinarily takes to play at normal speed
UNTIMED_NS = 100_000_000  # how long a segment takes where all have the same time


class Playhead:
    """A place in the file, at its end and paused to begin with.

    `position` is how many segments have passed, of `end` that have been read; `grows` is whether more may come.
    `played` is the playing time at which each segment passes, from 0: the file's time with its silences shortened, and
    so the scale on which the file is played and drawn.
    """

    def __init__(self, times: Iterable[int], clock: Callable[[], int], silence_ns: int = SILENCE_NS) -> None:
        """`times` are those of the segments, at least one; `clock` gives nanoseconds from any moment on.

        No silence takes longer than `silence_ns` to play.
        """
        self._silence_ns = silence_ns
        self._untimed = True
        self._times, self.played = array("q"), array("q")
        self.shortens = False
        self.grows = False
        self.position = 0
        self.playing = False
        self._played_ns = 0
        self._speed = NORMAL
        self._clock = clock
        self._looked_ns = clock()
        self.extend(times)

    @property
    def end(self) -> int:
        """How many segments have been read."""
        return len(self._times)

    @property
    def speed(self) -> float:
        """How many times as fast as it was recorded."""
        return SPEEDS[self._speed]

    @property
    def fraction(self) -> float:
        """How much of the playing time has passed: 0 to 1."""
        return self._played_ns / self.played[-1] if self.played[-1] else self.position / self.end

    @property
    def time_ns(self) -> int:
        """What the file's clock shows, since 1970."""
        passed = bisect_right(self.played, self._played_ns)
        if passed == self.end:
            return self._times[-1]
        share = self._played_ns - self.played[passed - 1]
        played, took = (scale[passed] - scale[passed - 1] for scale in (self.played, self._times))
        return self._times[passed - 1] + share * took // played

    @property
    def elapsed_ns(self) -> int:
        """The file's time since its first segment."""
        return self.time_ns - self._times[0]

    @property
    def duration_ns(self) -> int:
        """The file's time from its first segment to the last that has been read."""
        return self._times[-1] - self._times[0]

    def extend(self, times: Iterable[int]) -> None:
        """More segments have been read, with these times. A playhead that is paused at the end stays at the end."""
        follows = self.position == self.end and not self.playing
        held, played, silence_ns = self._times, self.played, self._silence_ns
        for time_ns in times:
            gap = max(0, time_ns - held[-1]) if held else 0
            if gap and self._untimed:
                self._become_timed()
            self.shortens = self.shortens or gap > silence_ns
            took_ns = UNTIMED_NS if self._untimed else min(gap, silence_ns)
            played.append(played[-1] + took_ns if held else 0)
            held.append(held[-1] + gap if held else time_ns)
        if follows:
            self.seek(self.end)

    def look(self) -> None:
        """Let pass what time has passed since the last look; the end of the file stops the playing."""
        now_ns = self._clock()
        passed_ns, self._looked_ns = now_ns - self._looked_ns, now_ns
        if not self.playing:
            return
        self._played_ns = min(self._played_ns + int(passed_ns * self.speed), self.played[-1])
        self.position = max(self.position, bisect_right(self.played, self._played_ns))
        self.playing = self.position < self.end or self.grows

    def toggle(self) -> None:
        """Play, from the beginning where it is at the end, or pause."""
        self.look()
        if self.position == self.end and not self.playing:
            self.seek(0)
        self.playing = not self.playing

    def change_speed(self, steps: int) -> None:
        """Go so many of the SPEEDS up, or down."""
        self.look()
        self._speed = max(0, min(self._speed + steps, len(SPEEDS) - 1))

    def step(self, segments: int) -> None:
        """Pause, so many segments further on, or back."""
        self.look()
        self.playing = False
        self.seek(self.position + segments)

    def seek(self, position: int) -> None:
        """Go to the moment at which `position` segments have passed."""
        self.look()
        self.position = max(0, min(position, self.end))
        self._played_ns = self.played[self.position - 1] if self.position else 0

    def seek_fraction(self, fraction: float) -> None:
        """Go to a share of the playing time: 0 is before the first segment, 1 after the last."""
        self.look()
        self._played_ns = int(max(0.0, min(fraction, 1.0)) * self.played[-1])
        self.position = bisect_right(self.played, self._played_ns) if fraction > 0 else 0

    def _become_timed(self) -> None:
        """The first two times that differ: what came before took no time."""
        self._untimed = False
        self._played_ns = 0
        self.played[:] = array("q", bytes(8 * len(self.played)))
