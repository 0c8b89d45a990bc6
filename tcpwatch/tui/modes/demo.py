"""The dashboard on real connections that are played for somebody who watches: the same panes, and their narration.

A tour goes on by itself from one scenario to the next, until the user takes a look at something: then it waits.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import BindingType

from tcpwatch.monitor.traffic.packet_log import LATENESS_NS
from tcpwatch.narration.pacing import NarratedAct, Narrator
from tcpwatch.tcp.event import Event
from tcpwatch.text.duration import SECOND_NS
from tcpwatch.tui.bars.narration import Narration
from tcpwatch.tui.bars.narration_lines import Strip, strip_lines
from tcpwatch.tui.keys import DEMO_KEYS
from tcpwatch.tui.ladder.compact import compact_ladder
from tcpwatch.tui.ladder.moves import doubt_lines
from tcpwatch.tui.mode import RECORDING, THIS_HOST, DashboardView, Mode, Origin
from tcpwatch.tui.paint.line import Line
from tcpwatch.tui.panes import DETAIL
from tcpwatch.tui.protocols import MonitorView, Play, Target
from tcpwatch.tui.run import show
from tcpwatch.why.catalog import translation

if TYPE_CHECKING:
    from tcpwatch.tui.screens.presenter import PresenterScreen
    from tcpwatch.tui.screens.why_topics import Selected

NARRATE_EVERY_S = 0.25
REST_NS, LONGEST_REST_NS = 6 * SECOND_NS, 60 * SECOND_NS  # after a scenario's end, before the next
OPENING_NS = 20 * SECOND_NS
GO_KEYS = ("right_square_bracket", "left_square_bracket", "full_stop", "greater_than_sign")
PLAYING, OVER, RESTS = "plays", "played", "waits while this is told"
WAITS, FOLLOWS = "waits for you: ] goes on", "a tour follows: ] begins it"
NARRATED_SO_FAR = "Told so far"
ENDED = "the tour ends here: [ goes back, q quits"


class DemoMode(Mode):
    """The narration of a Play."""

    BINDINGS: ClassVar[list[BindingType]] = DEMO_KEYS

    def __init__(
        self, play: Play, language: str, origin: Origin = THIS_HOST,
        clock: Callable[[], int] = time.time_ns, reader: Callable[[], int] = time.monotonic_ns,
    ) -> None:  # fmt: skip
        """`clock` is that of the wire, `reader` that of the person who reads, both in nanoseconds."""
        super().__init__(origin)
        self._play = play
        self._clock, self._reader = clock, reader
        self._translate = translation(language)
        self._narration = Narration()
        self.upper_bars = (self._narration,)
        self._first = self._heard = 0
        self._begun_ns = reader()
        self._over_ns: int | None = None
        self._tour_waits = False
        self._presenter: PresenterScreen | None = None
        self._narrator = self._new_narrator(play.way_in(self._translate))

    def attach(self, dashboard: DashboardView) -> None:
        """Show the ladder while no connection is chosen."""
        super().attach(dashboard)
        dashboard.panes.detail.unchosen = self._ladder

    def on_mount(self) -> None:
        """Narrate what happens while it happens."""
        self.set_interval(NARRATE_EVERY_S * self.dashboard.pace, self.narrate)

    def first_pane(self) -> int:
        """Where there is room for one pane, a single scenario begins with the one that shows both ends' states."""
        return DETAIL if self.has_class("-one-pane") and self._play.count == 1 else super().first_pane()

    def resized(self) -> None:
        """A low terminal has a line less for the narration."""
        self._narration.styles.height = self._narration.room[1]
        self._show_narration()

    def user_did(self, event: events.Event) -> None:
        """Whatever the user does, but to go on, makes the tour wait."""
        if isinstance(event, events.MouseDown) or (isinstance(event, events.Key) and event.key not in GO_KEYS):
            self._tour_waits = True

    def narrate(self) -> None:
        """Take in what has happened, narrate what is next; where all is narrated, let the play go on."""
        now_ns, wire_ns = self._reader(), self._clock()
        came = self._new_events()  # before the acts: of what has come the act is then known
        self._narrator.receive((NarratedAct(act.time_ns, act.text(self._translate)) for act in self._play.acts()), came)
        if self._presents:
            self._narrator.catch_up(now_ns)
        if not self.dashboard.paused:
            self._narrator.advance(now_ns, wire_ns + LATENESS_NS * self._play.rests)  # what rests sends nothing late
        begun_ns = self._narrator.begun_ns
        self._first += sum(begun_ns is None or event.segment.time_ns < begun_ns for event in came)
        if self._play.rests and not self.dashboard.paused and (self._presents or self._narrator.at_rest(now_ns)):
            self._play.go_on()
        if self._play.over and self._over_ns is None:
            self._over_ns = now_ns
        if self._rested(now_ns) and not self._tour_waits and not self._play.last:
            self.action_chapter(1)
        self._show_narration()

    def about(self) -> str:
        """What the active pane is, and how to look in from a second terminal."""
        return f"{super().about()} {self._play.way_in(self._translate)}".strip()

    def explained(self) -> "Selected | None":
        """What is under the cursor; where that is the ladder, the segment that is narrated."""
        narrated = self._narrator.segment
        dashboard = self.dashboard
        if narrated and dashboard.arrangement.pane is dashboard.panes.detail and not dashboard.selection.ends:
            return narrated.event
        return super().explained()

    def presenter(self) -> "PresenterScreen":
        """The selected connection, or this scenario's first, with what is done meanwhile."""
        from tcpwatch.tui.screens.presenter import PresenterScreen

        self._tour_waits = True
        dashboard = self.dashboard
        self._presenter = PresenterScreen(
            dashboard.monitor, dashboard.selection.ends, dashboard.target.language, dashboard.pace,
            caption=self._narrator.act_at, start=self._first, by_hand=self._play.by_hand,
        )  # fmt: skip
        return self._presenter

    def action_chapter(self, steps: int) -> None:
        """Play another scenario, or the same again."""
        self._play.go(steps)
        self._begin()
        self._show_narration()

    def action_narrate_next(self) -> None:
        """What is shown has been read: narrate what is next."""
        self._narrator.go_on(self._reader())
        self.narrate()

    def action_catch_up(self) -> None:
        """Leave out what waits; narrate what is now."""
        self._narrator.catch_up(self._reader())
        self.narrate()

    def _begin(self) -> None:
        """A scenario begins."""
        self._first = self._heard = self.dashboard.monitor.packets.end
        self._begun_ns, self._over_ns, self._tour_waits = self._reader(), None, False
        self.dashboard.selection.select(None, None)  # it was of what has been left
        self._narrator = self._new_narrator()

    def _new_narrator(self, aside: str = "") -> Narrator:
        """It begins with what to watch, and the aside: this comes first where segments soon take its place."""
        play = self._play
        parts = (self._translate(play.watch), aside)
        introduction = " · ".join(part for part in parts[:: 1 if play.number else -1] if part)
        return Narrator(
            introduction, self._begun_ns,
            begun_ns=None if play.number else self._clock(), hurried=not play.waits,
            by_hand=play.by_hand, translate=self._translate,
        )  # fmt: skip

    @property
    def _presents(self) -> bool:
        """The presenter is shown, and nobody reads the narration."""
        return self.dashboard.screen is self._presenter

    def _new_events(self) -> list[Event]:
        first, came = self.dashboard.monitor.packets.slice(self._heard)
        self._heard = first + len(came)
        return came

    def _rested(self, now_ns: int) -> bool:
        """What plays has been shown for long enough."""
        if not self._play.number:
            return now_ns - self._begun_ns >= OPENING_NS
        if self._over_ns is None:
            return False
        all_narrated = self._narrator.at_rest(now_ns) and now_ns - self._over_ns >= REST_NS
        return all_narrated or now_ns - self._over_ns >= LONGEST_REST_NS

    def _show_narration(self) -> None:
        width, height = self._narration.room
        self._narration.show(strip_lines(self._strip(width), self._translate, width, height))
        self.dashboard.panes.detail.show_unchosen()

    def _ladder(self, width: int, height: int) -> tuple[str, list[Line]]:
        """The connection that is narrated, as far as the narration has come."""
        narrator = self._narrator
        lines = compact_ladder(narrator.passed, narrator.segment, self._translate, width, height)
        ends = " ⇄ ".join(map(str, narrator.passed[0].ends)) if narrator.passed else ""
        return f"{self._translate(NARRATED_SO_FAR)} · {ends}", lines

    def _strip(self, width: int) -> Strip:
        play, narrator, translate = self._play, self._narrator, self._translate
        segment, snapshot = narrator.segment, self.dashboard.snapshot
        doubts: list[Line] = []
        if segment and snapshot and not narrator.waiting:
            doubts = list(doubt_lines(segment, snapshot, translate, width))
        return Strip(
            place=f"{play.number} / {play.count}" if play.number and play.count > 1 else "demo",
            title=f"{play.name} · {translate(play.title)}",
            note=play.failure or translate(self._progress()),
            message=narrator.message,
            segment=segment,
            doubts=doubts,
            waiting=narrator.waiting,
            alike=narrator.alike,
            age_ns=None if narrator.time_ns is None else self._clock() - narrator.time_ns,
        )

    def _progress(self) -> str:
        """How far the playing has come, and whose turn it is."""
        if self._play.last and self._play.over:
            return ENDED if self._play.count > 1 else OVER
        if self._play.rests and not self.dashboard.paused:
            return RESTS
        if self._play.last:
            return PLAYING
        if self._tour_waits:
            return WAITS
        return (OVER if self._play.over else PLAYING) if self._play.number else FOLLOWS


def run_demo(monitor: MonitorView, target: Target, filter_text: str, play: Play) -> int:
    """Show what is played until the user, a signal or the terminal ends it; the program's exit code.

    Raises FilterError where `filter_text` cannot be understood.
    """
    target = replace(target, host=f"netns {play.netns}") if play.netns else target
    return show(monitor, target, DemoMode(play, target.language), filter_text)


def run_recorded_tour(
    recorded: MonitorView, target: Target, play: Play, clock: Callable[[], int], filter_text: str = ""
) -> int:
    """Show it until the user, a signal or the terminal ends it; the program's exit code. `clock` is the recording's."""
    return show(recorded, target, DemoMode(play, target.language, RECORDING, clock), filter_text)
