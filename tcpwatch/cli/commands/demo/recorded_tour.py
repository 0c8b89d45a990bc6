"""Scenarios' recordings as a Play: their acts begin when the playhead comes to them.

The segments end before the scenario does, so the recording's clock runs on after the last of them. Before each act
but the first the recording rests until all that came before has been narrated.
"""

import time
from collections.abc import Callable, Sequence

from tcpwatch.lab.playlist import Playlist
from tcpwatch.lab.recordings import acts_of
from tcpwatch.lab.scenarios import Scenario
from tcpwatch.lab.stage import Act
from tcpwatch.monitor.replay.capture_file import Recorded
from tcpwatch.monitor.replay.playlist import RecordedPlaylist
from tcpwatch.text.duration import SECOND_NS

AHEAD_NS = SECOND_NS  # the recording rests so long before an act, so that no reading of its clock comes too late


class RecordedScenario:
    """One scenario's recording and its acts, from the beginning as soon as it is made.

    While it `rests`, in the silence before an act, it waits until the reader has followed.
    """

    def __init__(self, acts: Sequence[Act], recorded: Recorded, clock: Callable[[], int]) -> None:
        self.recorded = recorded
        self.rests = False
        self._all_acts, self._begun, self._allowed = acts, 0, 1
        self._clock = clock
        self._ended_ns: int | None = None
        recorded.playhead.seek(0)

    @property
    def over(self) -> bool:
        """All segments have passed and all acts have begun."""
        playhead = self.recorded.playhead
        return playhead.position == playhead.end and self._begun == len(self._all_acts)

    def now_ns(self) -> int:
        """What the recording's clock shows, since 1970."""
        playhead = self.recorded.playhead
        playhead.look()
        if playhead.position < playhead.end:
            return playhead.time_ns
        if self._ended_ns is None:
            self._ended_ns = self._clock()
        return playhead.time_ns + self._clock() - self._ended_ns

    def acts(self) -> Sequence[Act]:
        """Those that have begun since the last call."""
        now_ns, already_begun = self.now_ns(), self._begun
        begun = sum(act.time_ns <= now_ns for act in self._all_acts)
        self._begun = min(begun, self._allowed)
        near = sum(act.time_ns <= now_ns + AHEAD_NS for act in self._all_acts)
        self.rests = self._begun == self._allowed < near
        self._run()
        return self._all_acts[already_begun : self._begun]

    def go_on(self) -> None:
        """The next act may begin."""
        self._allowed += self.rests
        self.rests = False
        self._run()

    def _run(self) -> None:
        """Let the segments pass, except while it rests."""
        playhead = self.recorded.playhead
        if playhead.position < playhead.end and playhead.playing is self.rests:
            playhead.toggle()


class RecordedTour(Playlist):
    """Scenarios one after the other; `playlist` is what they show."""

    netns = None  # there is no socket to look for
    waits = True

    def __init__(
        self,
        scenarios: Sequence[Scenario],
        read: Callable[[Scenario], Recorded],
        refusal: str,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """`read` gives a scenario's recording; `refusal` says why that is all there is."""
        super().__init__(scenarios)
        self._refusal = refusal
        self._read = read
        self._clock = clock
        self._on = self._recorded(1)
        self.playlist = RecordedPlaylist(self._on.recorded)

    def go(self, scenarios: int) -> None:
        """Play the one so many further on, or back; 0 plays the same again."""
        self._on = self._recorded(scenarios)
        self.playlist.change(self._on.recorded)

    def way_in(self, translate: Callable[[str], str]) -> str:
        """Where it was recorded is gone: why it plays nowhere now."""
        return self._refusal

    def now_ns(self) -> int:
        """What the clock of the recording being played shows, since 1970."""
        return self._on.now_ns()

    def acts(self) -> Sequence[Act]:
        """The acts of the scenario being played that have begun since the last call."""
        acts = self._on.acts()
        self.over, self.rests = self._on.over, self._on.rests
        return acts

    def go_on(self) -> None:
        """The reader has followed: where the scenario rests, its next act may begin."""
        self._on.go_on()
        self.rests = False

    def _recorded(self, scenarios: int) -> RecordedScenario:
        scenario = self.move_by(scenarios)
        return RecordedScenario(acts_of(scenario.name), self._read(scenario), self._clock)
