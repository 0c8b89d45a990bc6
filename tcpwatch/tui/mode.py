"""What the live dashboard, a replay and a demo differ in.

The dashboard is given a Mode and asks it; a Mode knows the dashboard only as a DashboardView.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol

from textual import events
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from tcpwatch.diagnose.problem import Problem
from tcpwatch.monitor.snapshot import Snapshot
from tcpwatch.tui.bars.scrub_lines import replay_status_line
from tcpwatch.tui.bars.status import status_line
from tcpwatch.tui.bars.trouble import summary
from tcpwatch.tui.connections.columns import ALL_NETNS_COLUMNS, COLUMNS, WIRE_COLUMNS, Moment
from tcpwatch.tui.paint.columns import PaneColumn
from tcpwatch.tui.paint.line import Line
from tcpwatch.tui.panes import Arrangement, Panes
from tcpwatch.tui.protocols import MonitorView, Target
from tcpwatch.tui.selection import Selection
from tcpwatch.why.catalog import Translate, translation

if TYPE_CHECKING:  # a screen over the dashboard is imported when it is opened, not at every start
    from tcpwatch.tui.screens.presenter import PresenterScreen
    from tcpwatch.tui.screens.why_topics import Selected


class Origin(NamedTuple):
    """Where the pictures come from, as far as the screen differs by it.

    `status` makes the status line of a target, a picture, whether the screen is paused, and a width. `hidden` are the
    actions that do not exist there.
    """

    columns: Callable[[Target], tuple[PaneColumn[Moment], ...]]
    status: Callable[[Target, Snapshot, bool, int], Line]
    hidden: frozenset[str] = frozenset()


THIS_HOST = Origin(lambda target: ALL_NETNS_COLUMNS if target.all_netns else COLUMNS, status_line)
RECORDING = Origin(  # there is no socket to ask for its owner, and none to end
    lambda target: WIRE_COLUMNS,
    lambda target, snapshot, paused, width: replay_status_line(target, snapshot, width),
    frozenset({"kill"}),
)


class DashboardView(Protocol):
    """The dashboard as its mode sees it."""

    monitor: MonitorView
    target: Target
    pace: float
    panes: Panes
    arrangement: Arrangement
    selection: Selection
    snapshot: Snapshot | None
    paused: bool

    @property
    def screen(self) -> Screen[object]:
        """The screen that is over all others."""

    def pull_snapshot(self) -> None:
        """Show the latest picture of the sockets."""

    def pull_packets(self) -> None:
        """Show the segments that have come."""

    def all_bindings(self) -> tuple[Binding, ...]:
        """The keys that work now."""

    def lay_over(self, screen: ModalScreen[None]) -> None:
        """Show a screen over the panes."""


class Mode(Screen[None]):
    """The lowest screen, and what may be laid over it. What a mode does not override is as it is on this host.

    A mode's own keys are its BINDINGS: they come before those of the dashboard. `hidden` are the actions of the
    dashboard's keys that do not exist in it. `upper_bars` stand above the panes, `lower_bars` below them.
    """

    BINDINGS: ClassVar[list[BindingType]] = []
    replaces: ClassVar[frozenset[str]] = frozenset()  # actions of the dashboard's keys that its own keys stand for
    upper_bars: Sequence[Widget] = ()
    lower_bars: Sequence[Widget] = ()
    dashboard: DashboardView

    def __init__(self, origin: Origin) -> None:
        super().__init__()
        self.origin = origin
        self.hidden = origin.hidden | self.replaces

    def attach(self, dashboard: DashboardView) -> None:
        """Belong to this dashboard, whose panes exist but are not on the screen yet."""
        self.dashboard = dashboard

    # What the dashboard asks, or lets its mode know.

    def first_pane(self) -> int:
        """The number of the pane that is active to begin with."""
        return self.dashboard.arrangement.active

    def resized(self) -> None:
        """The terminal has another size."""

    def user_did(self, event: events.Event) -> None:
        """Something happens, whatever screen is over this one: a key may be pressed, or a button of the mouse."""

    def headline(self, snapshot: Snapshot, translate: Translate) -> Line:
        """The line on what is wrong."""
        return summary(snapshot, translate)

    def to_trouble(self, step: int) -> str | None:
        """Go on by `step` among the connections in trouble; a notice where that needs a word."""
        return self.dashboard.selection.to_trouble(step)

    def go_to_member(self, problem: Problem) -> None:
        """Go to a connection of a problem that has some."""
        self.dashboard.selection.go_to(problem.members[0])

    def detail_wanted(self) -> None:
        """Enter was pressed on a connection or a segment; the detail pane is shown next."""

    # Keys that change what a pane shows.

    def action_limit(self) -> None:
        """Only the selected connection's segments, or all."""
        packets = self.dashboard.panes.packets
        packets.limit(not packets.limited)

    def action_absolute(self) -> None:
        """Sequence numbers relative, or absolute."""
        self.dashboard.selection.toggle_absolute()

    def action_view(self) -> None:
        """The next tab of the detail pane."""
        self.dashboard.panes.detail.next_tab()

    def action_copy(self) -> None:
        """Copy what the active pane has under its cursor (OSC 52)."""
        if words := self.dashboard.arrangement.pane.words:
            self.app.copy_to_clipboard(words)
            self.notify("Copied, if the terminal allows it (OSC 52).", markup=False, timeout=2)

    # What is laid over it.

    def about(self) -> str:
        """What the help begins with."""
        return self.dashboard.arrangement.pane.HELP

    def presenter(self) -> "PresenterScreen":
        """The selected connection as it is shown to an audience."""
        from tcpwatch.tui.screens.presenter import PresenterScreen

        dashboard = self.dashboard
        return PresenterScreen(dashboard.monitor, dashboard.selection.ends, dashboard.target.language, dashboard.pace)

    def explained(self) -> "Selected | None":
        """What is under the cursor, to be explained."""
        return self.dashboard.arrangement.pane.selected

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """A recording has no sockets to end."""
        return action not in self.hidden

    def action_why(self) -> None:
        """Explain what the active pane has under its cursor."""
        from tcpwatch.tui.screens.why import why_screen  # its texts are for those who ask, not for every start

        if selected := self.explained():
            self.dashboard.lay_over(why_screen(selected, self.dashboard.target.language))
        else:
            self.notify("Choose a connection or a segment first.", markup=False, timeout=3)

    def action_problems(self) -> None:
        """List the problems."""
        from tcpwatch.tui.screens.problems import ProblemsScreen

        dashboard = self.dashboard
        if (first := dashboard.snapshot) is not None:
            translate = translation(dashboard.target.language)
            screen = ProblemsScreen(lambda: dashboard.snapshot or first, self.go_to_member, translate)
            dashboard.lay_over(screen)

    def action_present(self) -> None:
        """Show a connection to an audience, step by step."""
        self.dashboard.lay_over(self.presenter())

    def action_kill(self) -> None:
        """Ask whether to end the connection under the cursor by force."""
        from tcpwatch.tui.screens.kill import kill_screen

        monitor = self.dashboard.monitor
        question = kill_screen(self.dashboard.arrangement.pane.selected, monitor.now_ns(), monitor.kill)
        if isinstance(question, str):
            self.notify(question, markup=False, timeout=5)
        else:
            self.dashboard.lay_over(question)

    def action_help(self) -> None:
        """Explain keys, glyphs and states."""
        from tcpwatch.tui.screens.help import HelpScreen

        self.dashboard.lay_over(HelpScreen(self.about(), self.dashboard.all_bindings()))
