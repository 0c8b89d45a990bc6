"""The dashboard: wiring only.

It pulls pictures from the Monitor on a timer, hands them to the panes, and carries the panes' wishes from one to
another; what is shown, and how, stands in the panes.
"""

import asyncio
import gc
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.screen import ModalScreen
from textual.widget import Widget

from tcpwatch.monitor.filter.language import FilterError, Test, compile_filter
from tcpwatch.monitor.filter.segments import WireFilter
from tcpwatch.monitor.snapshot import Connection, Snapshot
from tcpwatch.text.clean import clean
from tcpwatch.tui.bars.filter import FilterBar
from tcpwatch.tui.bars.scrub_lines import replay_status_line
from tcpwatch.tui.bars.status import keys_line, status_line, tabs_line
from tcpwatch.tui.bars.trouble import summary
from tcpwatch.tui.connections.columns import ALL_NETNS_COLUMNS, COLUMNS, WIRE_COLUMNS
from tcpwatch.tui.connections.pane import Connections
from tcpwatch.tui.detail.pane import DetailPane
from tcpwatch.tui.keys import KEYS, foremost_first
from tcpwatch.tui.messages import ConnectionChosen, DetailWanted, FilterClosed, FilterGiven, PacketChosen
from tcpwatch.tui.packets.pane import Packets
from tcpwatch.tui.paint.lines import STYLE_CLASSES, OneLine
from tcpwatch.tui.protocols import MonitorView, Target
from tcpwatch.tui.terminal import guarded, over_ssh
from tcpwatch.tui.themes import ANSI, THEMES, theme_for
from tcpwatch.wire.segment import reversed_ends

SNAPSHOT_S, PACKETS_S = 0.5, 0.25
OVER_SSH = 2  # times as long between two pictures
WIDE, STACKED, TALL = 110, 84, 34  # cells and lines from which there is room
OURS = "tcpwatch."  # Textual's own bindings are scrolling by other names
# Rows come and go without cycles, and a full collection walks 50,000 of them, which takes longer than a key may.
GC_THRESHOLDS = (50_000, 20, 20)
PANES = ("Connections", "Packets", "Detail")


class Dashboard(App[None]):
    """Three panes over one Monitor."""

    CSS = Path(__file__).with_name("tcpwatch.tcss").read_text(encoding="utf-8")  # while it can still be reached
    ENABLE_COMMAND_PALETTE = False  # it would read connections' names as markup
    BINDINGS: ClassVar[list[BindingType]] = KEYS
    COMPONENT_CLASSES: ClassVar[set[str]] = STYLE_CLASSES
    TITLE = "tcpwatch"

    def __init__(self, monitor: MonitorView, target: Target, *, filter_text: str = "", pace: float = 1.0) -> None:
        """Raises FilterError where `filter_text` cannot be understood."""
        theme = theme_for(os.environ)
        super().__init__(ansi_color=theme == ANSI.name or None)
        self._monitor = monitor
        self._target = target
        self._pace = pace
        self._running_loop: asyncio.AbstractEventLoop | None = None
        self._snapshot: Snapshot | None = None
        self._selected: bytes | None = None
        self._selected_key: int | None = None
        self._filter: Test = compile_filter(filter_text)
        self._wire_filter = WireFilter(self._filter)
        self._filter_text = clean(filter_text.strip())
        self._only_watched = bool(target.ports)
        self._limited = self._paused = self._absolute = self._zoomed = False
        self._active = 0
        columns = ALL_NETNS_COLUMNS if target.all_netns else COLUMNS
        self._connections = Connections(columns if monitor.live else WIRE_COLUMNS, id="connections")
        self._packets = Packets(monitor.packets, target.interface or "no interface", id="packets")
        self._detail = DetailPane(id="detail")
        self._panes = (self._connections, self._packets, self._detail)
        self._status, self._trouble = OneLine(id="status"), OneLine(id="trouble")
        self._tabs, self._keys = OneLine(id="tabs"), OneLine(id="keys")
        self._filter_bar = FilterBar(self._filter_text, id="filter")
        self._top = Horizontal(self._connections, self._packets, id="top")
        for one in THEMES:
            self.register_theme(one)
        self.theme = theme
        self.animation_level = "none"

    def compose(self) -> ComposeResult:
        """Status, trouble, tabs, the panes, filter, keys."""
        yield from (self._status, self._trouble, self._tabs, self._top, self._detail, self._filter_bar, self._keys)

    def on_mount(self) -> None:
        """Bring the first picture, then one after another."""
        self._running_loop = asyncio.get_running_loop()
        self.watch(self.screen, "focused", self._focus_changed, init=False)
        self._apply_filter()
        self.call_after_refresh(self._first_picture)

    def _first_picture(self) -> None:
        self._panes[self._active].focus()
        self.pull_snapshot()
        self.pull_packets()
        self.set_interval(SNAPSHOT_S * self._pace, self.pull_snapshot)
        self.set_interval(PACKETS_S * self._pace, self.pull_packets)
        if self._target.presents:
            self.action_present()

    def leave(self, code: int) -> None:
        """End with this exit code; may be called from any thread, and does not wait for it."""
        if self._running_loop:
            self._running_loop.call_soon_threadsafe(self.exit, None, code)

    def on_resize(self) -> None:
        """Arrange the panes for the size there is now."""
        self._arrange()

    # From the Monitor to the panes.

    def pull_snapshot(self) -> None:
        """Show the latest picture of the sockets."""
        if self._paused:
            return
        snapshot = self._monitor.snapshot()
        if snapshot is not self._snapshot:
            self._snapshot = snapshot
            self._connections.show(snapshot)
            self._filter_packets()
            self._trouble.show(summary(snapshot))
            self._show_status()
            self._show_detail()

    def pull_packets(self) -> None:
        """Show the segments that have come, and what is left of a timer."""
        if not self._paused:
            self._detail.tick(self._monitor.now_ns())
            sources = self._snapshot.sources if self._snapshot else ()
            self._packets.pull(next((source for source in sources if source.name == "packets"), None))

    def _show_status(self) -> None:
        if self._snapshot is None:
            return
        target, snapshot, width = self._target, self._snapshot, self.size.width
        live = self._monitor.live
        self._status.show(
            status_line(target, snapshot, self._paused, width) if live else replay_status_line(target, snapshot, width)
        )

    def _show_detail(self) -> None:
        if self._snapshot:
            detail = self._monitor.detail(self._selected, self._selected_key) if self._selected else None
            self._detail.show(self._selected, detail, self._snapshot.mono_ns, self._absolute)

    # From one pane to another.

    def on_connection_chosen(self, message: ConnectionChosen) -> None:
        """Show its detail and mark its segments."""
        self._select(message.ends, message.key)

    def on_packet_chosen(self, message: PacketChosen) -> None:
        """Show the detail of its connection, from this host's end where there is a socket."""
        by_ends = self._snapshot.by_ends if self._snapshot else {}
        ends = message.ends
        connection = by_ends.get(ends) or by_ends.get(reversed_ends(ends))
        if connection:
            ends = connection.row.ends
            self._connections.select(connection.key)
        self._select(ends, connection.key if connection else None)

    def on_detail_wanted(self, message: DetailWanted) -> None:
        """Go to the detail pane."""
        self.action_show(PANES.index("Detail"))

    def on_filter_given(self, message: FilterGiven) -> None:
        """Narrow the table, or say what is wrong with the filter."""
        try:
            self._filter = compile_filter(message.text)
            self._wire_filter = WireFilter(self._filter)
        except FilterError as error:
            self._filter_bar.say(str(error))
            return
        self._filter_bar.say("")
        self._filter_text = message.text.strip()
        self._apply_filter()

    def on_filter_closed(self, message: FilterClosed) -> None:
        """Give the keys back to the pane that had them."""
        self.set_focus(self._panes[self._active])

    def _select(self, ends: bytes | None, key: int | None) -> None:
        self._selected, self._selected_key = ends, key
        self._packets.select(ends)
        self._show_detail()

    def _apply_filter(self) -> None:
        ports = self._target.ports if self._only_watched else ()
        wire_ports = frozenset(port.to_bytes(2) for port in ports)
        test = self._filter

        def shown(connection: Connection) -> bool:
            ends = connection.row.ends
            watched = not ports or ends[-4:-2] in wire_ports or ends[-2:] in wire_ports
            return watched and test(connection, self._snapshot.mono_ns if self._snapshot else 0)

        words = [f"port {' '.join(map(str, sorted(ports)))}"] if ports else []
        words += [f"filter {self._filter_text}"] if self._filter_text else []
        self._connections.apply_filter(shown if words else None, tuple(words))
        self._filter_packets()

    def _filter_packets(self) -> None:
        """A segment passes with its connection."""
        if self._filter_text and self._snapshot:
            self._packets.apply_filter(partial(self._wire_filter.streams, snapshot=self._snapshot))
        else:
            self._packets.apply_filter(None)

    # The arrangement of the panes.

    def _arrange(self) -> None:
        width, height = self.size
        stacked = STACKED <= width < WIDE and height >= TALL
        alone = self._zoomed or not (stacked or (width >= WIDE and height >= 20))
        dashboard, *_ = self.screen_stack  # another screen may be over it
        dashboard.set_class(alone, "-one-pane")
        dashboard.set_class(stacked and not alone, "-stacked")
        for pane in self._panes:
            pane.set_class(pane is self._panes[self._active], "-active")
        self._top.set_class(self._active < 2, "-active")
        self._tabs.show(tabs_line(PANES, self._active))
        self._show_keys()
        self._show_status()

    def _focus_changed(self, focused: Widget | None) -> None:
        if focused in self._panes and self._panes.index(focused) != self._active:
            self._active = self._panes.index(focused)
            self._arrange()
        self._show_keys()

    def _show_keys(self) -> None:
        self._keys.show(keys_line(foremost_first(self.all_bindings()), self.size.width))

    def all_bindings(self) -> tuple[Binding, ...]:
        """The keys that work now: the active pane's own, then the dashboard's."""
        kinds = (
            kind for kind in (*type(self._panes[self._active]).__mro__, Dashboard) if kind.__module__.startswith(OURS)
        )
        keys = (key for kind in kinds for key in vars(kind).get("BINDINGS", ()) if isinstance(key, Binding))
        return tuple(key for key in keys if self._monitor.live or key.action != "kill")

    # Keys.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """Tab is not for the panes while another screen is over them; and a recording has no sockets to end."""
        return self._monitor.live if action == "kill" else action != "pane" or len(self.screen_stack) == 1

    def action_show(self, number: int) -> None:
        """Go to a pane."""
        self._active = number
        self._arrange()
        self.set_focus(self._panes[number])

    def action_pane(self, step: int) -> None:
        """Go to the next pane, or the one before."""
        self.action_show((self._active + step) % len(self._panes))

    def action_zoom(self) -> None:
        """This pane alone, or all of them."""
        self._zoomed = not self._zoomed
        self._arrange()

    def action_filter(self) -> None:
        """Open the filter's line."""
        self._filter_bar.open()

    def action_trouble(self) -> None:
        """To the next connection in trouble."""
        if not self._connections.select_trouble():
            self.notify("Nothing that is shown is in trouble.", markup=False, timeout=3)

    def action_limit(self) -> None:
        """Only the selected connection's segments, or all."""
        self._limited = not self._limited
        self._packets.limit(self._limited)

    def action_absolute(self) -> None:
        """Sequence numbers relative, or absolute."""
        self._absolute = not self._absolute
        self._show_detail()

    def action_view(self) -> None:
        """The next view of the selected connection."""
        self._detail.next_tab()

    def action_pause(self) -> None:
        """Freeze the picture, or let it go on."""
        self._paused = not self._paused
        self.pull_snapshot()
        self._show_status()

    def action_all(self) -> None:
        """All sockets, or those of the watched ports."""
        self._only_watched = bool(self._target.ports) and not self._only_watched
        self._apply_filter()

    def action_copy(self) -> None:
        """Copy what the focused pane has under its cursor (OSC 52)."""
        words = (self._connections, self._packets, self._detail)[self._active].words
        if words:
            self.copy_to_clipboard(words)
            self.notify("Copied, if the terminal allows it (OSC 52).", markup=False, timeout=2)

    def action_theme(self) -> None:
        """The next theme."""
        names = [theme.name for theme in THEMES]
        self.theme = names[(names.index(self.theme) + 1) % len(names)]

    def action_clear(self) -> None:
        """Take filter, zoom and limit away."""
        self._filter_bar.clear()
        if self._limited:
            self.action_limit()
        if self._zoomed:
            self.action_zoom()

    def lay_over(self, screen: ModalScreen[None]) -> None:
        """Show a screen over the panes; a resize meanwhile is seen when it goes."""
        self.push_screen(screen, lambda _: self._arrange())

    def action_why(self) -> None:
        """Explain what the focused pane has under its cursor."""
        from tcpwatch.tui.screens.why import why_screen  # its texts are for those who ask, not for every start

        if selected := self._panes[self._active].selected:
            self.lay_over(why_screen(selected, self._target.language))
        else:
            self.notify("Choose a connection or a segment first.", markup=False, timeout=3)

    def action_present(self) -> None:
        """Show the selected connection to an audience, step by step."""
        from tcpwatch.tui.screens.presenter import PresenterScreen

        self.lay_over(PresenterScreen(self._monitor, self._selected, self._target.language, self._pace))

    def action_kill(self) -> None:
        """Ask whether to end the connection under the cursor by force."""
        from tcpwatch.tui.screens.kill import kill_screen

        question = kill_screen(self._panes[self._active].selected, self._monitor.now_ns(), self._monitor.kill)
        if isinstance(question, str):
            self.notify(question, markup=False, timeout=5)
        else:
            self.lay_over(question)

    def action_help(self) -> None:
        """Explain keys, glyphs and states."""
        from tcpwatch.tui.screens.help import HelpScreen

        pane = self._panes[self._active]
        self.lay_over(HelpScreen(pane.HELP, self.all_bindings()))


def run_dashboard(monitor: MonitorView, target: Target, filter_text: str = "") -> int:
    """Show this host until the user, a signal or the terminal ends it; the program's exit code.

    Raises FilterError where `filter_text` cannot be understood.
    """
    return run(Dashboard(monitor, target, filter_text=filter_text, pace=terminal_pace()), monitor.stop)


def run(dashboard: Dashboard, last_resort: Callable[[], object]) -> int:
    """Show a dashboard until it is ended; `last_resort` is called where it does not end. Gives the exit code."""
    gc.set_threshold(*GC_THRESHOLDS)
    with guarded(dashboard.leave, last_resort):
        dashboard.run()
    return dashboard.return_code or 0


def terminal_pace() -> float:
    """How many times as long between two pictures as on this host's own terminal."""
    return OVER_SSH if over_ssh(os.environ) else 1.0
