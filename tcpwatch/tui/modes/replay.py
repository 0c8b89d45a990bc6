"""The dashboard on a capture file: the same panes, with a playhead to move."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tcpwatch.monitor.replay.capture_file import Recorded
from tcpwatch.tui.app import Dashboard, run, terminal_pace
from tcpwatch.tui.bars.scrub import ScrubBar
from tcpwatch.tui.keys import REPLAY_KEYS
from tcpwatch.tui.messages import DetailWanted, SeekWanted
from tcpwatch.tui.protocols import Target
from tcpwatch.tui.screens.help import HelpScreen

TICK_S = 0.1
LEAP = 0.05  # of the file
ABOUT = "A capture file: both ends of every connection, in the state they had when the playhead's segment had passed."


class ReplayDashboard(Dashboard):
    """Three panes over one Recorded, and its scrub bar. All of them show the moment the playhead is at."""

    CSS = f"{Dashboard.CSS} #connections {{ width: 2fr; }} #packets {{ width: 3fr; }}"
    BINDINGS: ClassVar[list[BindingType]] = REPLAY_KEYS

    def __init__(self, recorded: Recorded, target: Target, *, filter_text: str = "", pace: float = 1.0) -> None:
        super().__init__(recorded, target, filter_text=filter_text, pace=pace)
        self._playhead = recorded.playhead
        self._scrub = ScrubBar(recorded.events, recorded.playhead, id="scrub")
        self._connections.nothing = "No connection is open at this moment."
        self._packets.nothing = "No segment has passed yet."
        self._detail.nothing = "At this moment of the file this connection has not begun."

    def compose(self) -> ComposeResult:
        """The dashboard's, with the scrub bar above the keys."""
        *above, keys = super().compose()
        yield from (*above, self._scrub, keys)

    def on_mount(self) -> None:
        """Look at the playhead while it moves by itself."""
        self.set_interval(TICK_S * self._pace, self.follow_playhead)

    def follow_playhead(self) -> None:
        """Show how far the playing has come."""
        if self._playhead.playing:
            self.show_moment()

    def show_moment(self) -> None:
        """Show the moment the playhead is at, in all panes."""
        self.pull_snapshot()
        self.pull_packets()
        self._scrub.repaint_changed()

    def all_bindings(self) -> tuple[Binding, ...]:
        """Those of the replay first; there is nothing live to pause."""
        own = (key for key in REPLAY_KEYS if isinstance(key, Binding))
        return (*own, *(key for key in super().all_bindings() if key.action != "pause"))

    def on_seek_wanted(self, message: SeekWanted) -> None:
        """Go where the scrub bar was clicked."""
        self._playhead.seek_fraction(message.fraction)
        self.show_moment()

    def on_detail_wanted(self, message: DetailWanted) -> None:
        """Of a segment: as of the moment it has passed."""
        segment = self._packets.current
        if self._packets.has_focus and segment is not None:
            self._playhead.step(segment + 1 - self._playhead.position)
            self._packets.follow(True)
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

    def action_help(self) -> None:
        """Explain keys, glyphs and states."""
        self.lay_over(HelpScreen(ABOUT, self.all_bindings()))


def run_replay(recorded: Recorded, target: Target, filter_text: str = "") -> int:
    """Show a capture file until the user, a signal or the terminal ends it; the program's exit code."""
    dashboard = ReplayDashboard(recorded, target, filter_text=filter_text, pace=terminal_pace())
    return run(dashboard, recorded.stop)
