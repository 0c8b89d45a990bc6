"""The dashboard: wiring only.

It pulls pictures from the Monitor on a timer, hands them to the panes, and carries what the panes ask for from one to
another. What is shown, and how, is in the panes; what a mode differs in, in the mode.
"""

import asyncio
import os
from pathlib import Path
from typing import ClassVar

from textual import events, on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.driver import Driver
from textual.screen import ModalScreen
from textual.widget import Widget

from tcpwatch.monitor.snapshot import Snapshot
from tcpwatch.tui.bars.filter import FilterBar
from tcpwatch.tui.bars.status import keys_line
from tcpwatch.tui.driver import TerminalDriver
from tcpwatch.tui.keys import KEYS, foremost_first, working_keys
from tcpwatch.tui.messages import ConnectionChosen, DetailWanted, FilterClosed, FilterGiven, PacketChosen
from tcpwatch.tui.mode import Mode
from tcpwatch.tui.narrowing import Narrowing
from tcpwatch.tui.paint.lines import STYLE_CLASSES, OneLine
from tcpwatch.tui.panes import DETAIL, Arrangement, new_panes
from tcpwatch.tui.protocols import MonitorView, Target
from tcpwatch.tui.selection import Selection
from tcpwatch.tui.themes import ANSI, THEMES, theme_after, theme_for
from tcpwatch.why.catalog import translation

SNAPSHOT_S, PACKETS_S = 0.5, 0.25
NO_SHELL = "tcpwatch goes on: no shell has started it here that could bring it back (fg)."


class Dashboard(App[None]):
    """Three panes over one Monitor, in one mode."""

    CSS = Path(__file__).with_name("tcpwatch.tcss").read_text(encoding="utf-8")  # while it can still be reached
    ENABLE_COMMAND_PALETTE = False  # it would read connections' names as markup
    BINDINGS: ClassVar[list[BindingType]] = KEYS
    COMPONENT_CLASSES: ClassVar[set[str]] = STYLE_CLASSES
    TITLE = "tcpwatch"

    def __init__(
        self, monitor: MonitorView, target: Target, mode: Mode, *, filter_text: str = "", pace: float = 1.0
    ) -> None:
        """Raises FilterError where `filter_text` cannot be understood; there is a picture every SNAPSHOT_S * `pace`."""
        theme = theme_for(os.environ)
        super().__init__(TerminalDriver, ansi_color=theme == ANSI.name or None)
        self.monitor = monitor
        self.target = target
        self.mode = mode
        self.pace = pace
        self.snapshot: Snapshot | None = None
        self.paused = False
        self._running_loop: asyncio.AbstractEventLoop | None = None
        self._translate = translation(target.language)
        self.panes = new_panes(mode.origin.columns(target), monitor.packets, target, self._translate)
        self.arrangement = Arrangement(self.panes)
        self.selection = Selection(monitor, self.panes, lambda: self.snapshot)
        self._narrowing = Narrowing(self.panes, lambda: self.snapshot, target.ports, filter_text)
        self._status, self._trouble, self._keys = OneLine(id="status"), OneLine(id="trouble"), OneLine(id="keys")
        self._filter_bar = FilterBar(self._narrowing.filter_text, id="filter")
        for one in THEMES:
            self.register_theme(one)
        self.theme = theme
        self.animation_level = "none"
        mode.attach(self)

    def get_default_screen(self) -> Mode:
        """The mode: its keys are looked up after those of a pane, and before the dashboard's."""
        return self.mode

    def compose(self) -> ComposeResult:
        """The panes, and the bars above and below them."""
        yield from (self._status, self._trouble, *self.mode.upper_bars, self.arrangement.tabs)
        yield from (self.arrangement.top, self.panes.detail, self._filter_bar, *self.mode.lower_bars, self._keys)

    def on_mount(self) -> None:
        """Bring the first picture, then one after another."""
        self._running_loop = asyncio.get_running_loop()
        self.watch(self.mode, "focused", self._focus_changed, init=False)
        self._narrowing.apply()
        self.call_after_refresh(self._first_picture)

    def _first_picture(self) -> None:
        self.action_show(self.mode.first_pane())
        self.pull_snapshot()
        self.pull_packets()
        self.set_interval(SNAPSHOT_S * self.pace, self.pull_snapshot)
        self.set_interval(PACKETS_S * self.pace, self.pull_packets)
        if self.target.presents:
            self.mode.action_present()

    def leave(self, code: int) -> None:
        """End with this exit code; may be called from any thread, and does not wait for it."""
        if self._running_loop:
            self._running_loop.call_soon_threadsafe(self.exit, None, code)

    def on_resize(self) -> None:
        """Arrange the panes for the new size, which Textual takes over only after this."""
        self.call_next(self._resized)

    def _resized(self) -> None:
        self.mode.resized()
        self._arrange()

    @on(Driver.SignalResume)
    def repaint(self) -> None:
        """Paint everything: what the terminal shows is not known."""
        self.refresh(layout=True)

    async def on_event(self, event: events.Event) -> None:
        """Let the mode know of it before anything else does."""
        self.mode.user_did(event)
        await super().on_event(event)

    # From the Monitor to the panes.

    def pull_snapshot(self) -> None:
        """Show the latest picture of the sockets."""
        if self.paused:
            return
        snapshot = self.monitor.snapshot()
        if snapshot is not self.snapshot:
            self.snapshot = snapshot
            self.panes.connections.show(snapshot)
            self._narrowing.apply_to_packets()
            self._trouble.show(self.mode.headline(snapshot, self._translate))
            self._show_status()
            self.selection.show_detail()

    def pull_packets(self) -> None:
        """Show the segments that have come, and what is left of a timer."""
        if not self.paused:
            self.panes.detail.tick(self.monitor.now_ns())
            sources = self.snapshot.sources if self.snapshot else ()
            self.panes.packets.pull(next((source for source in sources if source.name == "packets"), None))

    def _show_status(self) -> None:
        if self.snapshot:
            self._status.show(self.mode.origin.status(self.target, self.snapshot, self.paused, self.size.width))

    # From one pane to another.

    def on_connection_chosen(self, message: ConnectionChosen) -> None:
        """Show its detail and mark its segments."""
        self.selection.select(message.ends, message.key)

    def on_packet_chosen(self, message: PacketChosen) -> None:
        """Show the detail of its connection."""
        self.selection.select_by_segment(message.event)

    def on_detail_wanted(self, message: DetailWanted) -> None:
        """Go to the detail pane."""
        self.mode.detail_wanted()
        self.action_show(DETAIL)

    def on_filter_given(self, message: FilterGiven) -> None:
        """Apply it to both panes."""
        self._narrowing.apply_filter(message.text)

    def on_filter_closed(self, message: FilterClosed) -> None:
        """Give the keys back to the pane that had them."""
        self.set_focus(self.arrangement.pane)

    # The arrangement of the panes.

    def _arrange(self) -> None:
        self.arrangement.arrange(self.mode, self.size)
        self._show_keys()
        self._show_status()

    def _focus_changed(self, focused: Widget | None) -> None:
        if self.arrangement.activate(focused):
            self._arrange()
        self._show_keys()

    def _show_keys(self) -> None:
        self._keys.show(keys_line(foremost_first(self.all_bindings()), self.size.width))

    def all_bindings(self) -> tuple[Binding, ...]:
        """The keys that work now."""
        return working_keys(self.mode.BINDINGS, self.arrangement.pane, self.mode.hidden)

    def lay_over(self, screen: ModalScreen[None]) -> None:
        """Show a screen over the panes; a resize meanwhile is seen when it goes."""
        self.push_screen(screen, lambda _: self._arrange())

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Tab is not for the panes while another screen is over them."""
        return action != "pane" or len(self.screen_stack) == 1

    def action_show(self, number: int) -> None:
        """Go to a pane."""
        self.arrangement.active = number
        self._arrange()
        self.set_focus(self.arrangement.pane)

    def action_pane(self, step: int) -> None:
        """Go to the next pane, or the one before."""
        self.action_show((self.arrangement.active + step) % len(self.panes))

    def action_zoom(self) -> None:
        """This pane alone, or all of them."""
        self.arrangement.zoomed = not self.arrangement.zoomed
        self._arrange()

    def action_filter(self) -> None:
        """Open the filter's line."""
        self._filter_bar.open()

    def action_trouble(self, step: int) -> None:
        """To the next connection in trouble, or the one before."""
        if notice := self.mode.to_trouble(step):
            self.notify(notice, markup=False, timeout=4)

    def action_pause(self) -> None:
        """Freeze the picture, or let it go on."""
        self.paused = not self.paused
        self.pull_snapshot()
        self._show_status()

    def action_all(self) -> None:
        """All sockets, or those of the watched ports."""
        self._narrowing.toggle_watched()

    def action_theme(self) -> None:
        """The next theme."""
        self.theme = theme_after(self.theme)

    def action_suspend_process(self) -> None:
        """Stop, and give the terminal back to the shell."""
        if not (isinstance(self._driver, TerminalDriver) and self._driver.suspend()):
            self.notify(NO_SHELL, markup=False, timeout=5)

    def action_clear(self) -> None:
        """Take filter, zoom and limit away."""
        self._filter_bar.clear()
        self.panes.packets.limit(False)
        if self.arrangement.zoomed:
            self.action_zoom()
