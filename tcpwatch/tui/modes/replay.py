"""The dashboard on a capture file: the same panes, with a playhead to move."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar

from textual.binding import BindingType

from tcpwatch.diagnose.problem import SEVERITY_RANK, Problem, Severity
from tcpwatch.monitor.replay.capture_file import Recorded
from tcpwatch.monitor.snapshot import Snapshot
from tcpwatch.tui.bars.expert import expert_summary
from tcpwatch.tui.bars.scrub import ScrubBar
from tcpwatch.tui.keys import REPLAY_KEYS
from tcpwatch.tui.messages import SeekWanted
from tcpwatch.tui.mode import RECORDING, DashboardView, Mode
from tcpwatch.tui.paint.line import Line
from tcpwatch.tui.protocols import Target
from tcpwatch.tui.run import show
from tcpwatch.why.catalog import Translate

TICK_S = 0.1
LEAP = 0.05  # of the file
MOST_PLACES = 512  # that keys go to
DESCRIPTION = (
    "A capture file: both ends of every connection, in the state they had when the playhead's segment had passed."
)


Place = tuple[int, int]
"""The key of an end of a connection, and how many segments have passed when it is shown."""


@dataclass(slots=True)
class Tour:
    """The connections with a problem one after the other: `at` is the one shown, at `position` of the playhead."""

    places: list[Place]
    at: int
    position: int = -1


class ReplayMode(Mode):
    """One Recorded, and its scrub bar. All panes show the moment the playhead is at."""

    BINDINGS: ClassVar[list[BindingType]] = REPLAY_KEYS
    replaces = frozenset({"pause"})  # nothing is live; `p` plays

    def __init__(self, recorded: Recorded) -> None:
        super().__init__(RECORDING)
        self._playhead = recorded.playhead
        self._scrub = ScrubBar(recorded.control, recorded.playhead, id="scrub")
        self._recorded = recorded
        self._shown = self._where  # when all panes were last painted
        self._tour: Tour | None = None
        self.lower_bars = (self._scrub,)

    def attach(self, dashboard: DashboardView) -> None:
        """Tell the panes what it means that they are empty."""
        super().attach(dashboard)
        connections, packets, detail = dashboard.panes
        connections.nothing = "No connection is open at this moment."
        packets.nothing = "No segment has passed yet."
        detail.nothing = "At this moment of the file this connection has not begun."

    def on_mount(self) -> None:
        """Look at the playhead while it moves by itself."""
        self.set_interval(TICK_S * self.dashboard.pace, self.follow_playhead)

    def on_unmount(self) -> None:
        """The user has quit: what is still being read is not waited for."""
        self._recorded.stop()

    def follow_playhead(self) -> None:
        """Show how far the playing and the reading have come, their end too: another look may have found it."""
        if self._recorded.reads:
            self.dashboard.pull_snapshot()
        if self._playhead.playing or self._where != self._shown:
            self.show_moment()

    def show_moment(self) -> None:
        """Show the moment the playhead is at, in all panes."""
        self.dashboard.pull_snapshot()
        self.dashboard.pull_packets()
        self._scrub.repaint_changed()
        self._shown = self._where

    @property
    def _where(self) -> tuple[int, int, bool]:
        return self._playhead.position, self._playhead.end, self._playhead.grows

    def headline(self, snapshot: Snapshot, translate: Translate) -> Line:
        """What the file holds until then, and what is wrong in it."""
        return expert_summary(snapshot.problems, self._recorded.begun, translate)

    def to_trouble(self, step: int) -> str | None:
        """Go on among the connections with a problem, each as of a moment at which it is shown."""
        if self._tour is None or self._tour.position != self._playhead.position:
            snapshot = self.dashboard.snapshot
            self._tour = Tour(self._places(snapshot.problems if snapshot else ()), -1 if step > 0 else 0)
        tour = self._tour
        if not tour.places:
            return "Nothing is wrong at this moment, as far as the capture shows."
        tour.at = (tour.at + step) % len(tour.places)
        self._go_to(*tour.places[tour.at])
        tour.position = self._playhead.position
        return None

    def go_to_member(self, problem: Problem) -> None:
        """Go to its first connection, as of a moment at which that is shown."""
        if places := self._places([problem]):
            self._go_to(*places[0])

    def _places(self, problems: Sequence[Problem]) -> list[Place]:
        """Where to find the connections of the worst problems: warnings, else notes."""
        snapshot = self.dashboard.snapshot
        chosen = [one for one in problems if one.rank >= SEVERITY_RANK[Severity.WARN]]
        chosen = chosen or [one for one in problems if one.severity is Severity.NOTE] or list(problems)
        keys = dict.fromkeys((key, problem.rule) for problem in chosen for key in problem.members)
        position, places = self._playhead.position, []
        for key, rule in islice(keys, MOST_PLACES):
            open_now = snapshot is not None and key in snapshot.by_key
            moment = position if open_now else self._recorded.find_moment(key, rule)
            if moment is not None:
                places.append((key, moment))
        return places

    def _go_to(self, key: int, moment: int) -> None:
        """Show this moment, with the cursor on the end with this key."""
        if moment != self._playhead.position:
            self._playhead.step(moment - self._playhead.position)
            self.show_moment()
        self.dashboard.selection.go_to(key)

    def about(self) -> str:
        """The same in every pane."""
        return DESCRIPTION

    def detail_wanted(self) -> None:
        """Of a segment: as of the moment it has passed."""
        packets = self.dashboard.panes.packets
        segment = packets.current
        if packets.has_focus and segment is not None:
            self._playhead.step(int(segment) + 1 - self._playhead.position)
            packets.follow(True)
            self.show_moment()

    def on_seek_wanted(self, message: SeekWanted) -> None:
        """Go where the scrub bar was clicked."""
        self._playhead.seek_fraction(message.fraction)
        self.show_moment()

    def action_play(self) -> None:
        """Play, or pause."""
        self._playhead.toggle()
        self.show_moment()

    def action_step(self, segments: int) -> None:
        """Some segments on, or back."""
        self._playhead.step(segments)
        self.show_moment()

    def action_speed(self, steps: int) -> None:
        """Faster, or slower."""
        self._playhead.change_speed(steps)
        self.show_moment()

    def action_leap(self, leaps: int) -> None:
        """A part of the file on, or back."""
        self._playhead.seek_fraction(self._playhead.fraction + leaps * LEAP)
        self.show_moment()


def run_replay(recorded: Recorded, target: Target, filter_text: str = "") -> int:
    """Show a capture file until the user, a signal or the terminal ends it; the program's exit code.

    Raises FilterError where `filter_text` cannot be understood.
    """
    return show(recorded, target, ReplayMode(recorded), filter_text)
