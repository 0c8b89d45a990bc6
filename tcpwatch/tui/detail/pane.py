"""The detail pane: all that is known of the selected connection, in tabs."""

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Size

from tcpwatch.monitor.snapshot import Detail
from tcpwatch.text.cells import cells
from tcpwatch.tui.detail.context import tab_context
from tcpwatch.tui.detail.tab import Tab
from tcpwatch.tui.detail.tabs import TABS
from tcpwatch.tui.paint.format import listener
from tcpwatch.tui.paint.line import Line, ends_apart, title_line, width_of, wrap_words
from tcpwatch.tui.paint.lines import Lines
from tcpwatch.why.catalog import Translate
from tcpwatch.wire.segment import endpoints

CHOOSE_ONE = "Choose a connection or a segment, and both its ends are shown here."
NOTHING_KNOWN = "Nothing is known of this connection any more: its socket is gone and its segments have fallen out."

TENTHS_MS = 10_000  # a countdown below this is shown in tenths of a second

Unchosen = Callable[[int, int], tuple[str, list[Line]]]


def tab_bindings(tabs: tuple[Tab, ...]) -> list[Binding]:
    """A binding for each tab that has a key of its own."""
    return [
        Binding(
            tab.key,
            f"tab({index})",
            tab.title,
            show=False,
            id=f"detail.{tab.title.lower()}",
            tooltip=f"Show {tab.tooltip}",
        )
        for index, tab in enumerate(tabs)
        if tab.key
    ]


class DetailPane(Lines, can_focus=True):
    """One tab of the selected connection; scrolls where its lines do not fit.

    `nothing` is shown for a connection of which nothing is known. `unchosen` gives, for a width and a height, the title
    and the lines that are shown until a connection is chosen.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "Down", show=False, id="detail.down", tooltip="One line down"),
        Binding("k", "scroll_up", "Up", show=False, id="detail.up", tooltip="One line up"),
        *tab_bindings(TABS),
    ]

    def __init__(self, translate: Translate = str, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="pane")
        self._translate = translate
        self._detail: Detail | None = None
        self._ends: bytes | None = None
        self._now_ns = 0
        self._absolute = False
        self._tab = 0
        self._lines: list[Line] = []
        self.nothing = NOTHING_KNOWN
        self.unchosen: Unchosen = lambda width, height: ("Detail", [])

    def show(self, ends: bytes | None, detail: Detail | None, now_ns: int, absolute: bool) -> None:
        """Show the connection with these ends as of `now_ns`; `detail` is None where nothing is known of it."""
        if ends != self._ends:
            self.scroll_to(y=0, animate=False, force=True)
        self._ends, self._detail, self._now_ns, self._absolute = ends, detail, now_ns, absolute
        self._rebuild()

    def show_unchosen(self) -> None:
        """Draw anew what is shown until a connection is chosen."""
        if self._ends is None:
            self._rebuild()

    def next_tab(self) -> None:
        """Show the next tab, after the last the first."""
        self.action_tab((self._tab + 1) % len(TABS))

    def action_tab(self, index: int) -> None:
        """Show this tab from its beginning."""
        self._tab = index
        self.scroll_to(y=0, animate=False, force=True)
        self._rebuild()

    def tick(self, now_ns: int) -> None:
        """Let a timer that is shown in tenths of a second run down; the others wait for the next snapshot."""
        connection = self._detail.connection if self._detail else None
        if connection and connection.row.timer and 0 < connection.row.timer.left_ms(self._now_ns) < TENTHS_MS:
            self._now_ns = now_ns
            self._rebuild()

    @property
    def HELP(self) -> str:  # type: ignore[override]  # noqa: N802  # Textual declares it, and reads it of the instance
        """What the tab in view shows, for the help screen."""
        return self.tab.help

    @property
    def tab(self) -> Tab:
        """The tab in view."""
        return TABS[self._tab]

    @property
    def selected(self) -> Detail | None:
        """All that is shown; None where nothing is known."""
        return self._detail

    @property
    def words(self) -> str:
        """All lines, to be copied."""
        return "\n".join(line.text.rstrip() for line in self._lines)

    def line_at(self, y: int) -> Line:
        """The title, then the lines from where the pane is scrolled to."""
        if y == 0:
            return self._title()
        index = self.scroll_offset.y + y - 1
        return self._lines[index] if index < len(self._lines) else Line()

    def on_resize(self) -> None:
        """Lay the lines out anew."""
        self._rebuild()

    def on_focus(self) -> None:
        """Light the title."""
        self.repaint_changed()

    def on_blur(self) -> None:
        """Dim the title."""
        self.repaint_changed()

    def _title(self) -> Line:
        words, lines = self.unchosen(self.line_width, self.size.height - 1)
        if lines and not self._ends:
            return title_line(words, self.has_focus)
        words = "Detail"
        if self._ends:
            local, remote = endpoints(self._ends)
            words = f"Detail · {local} ⇄ {remote}" if remote.port else f"Detail · {listener(local)}"
        line = title_line(words, self.has_focus)
        numbers = "absolute" if self._absolute else "relative"
        titles = "  " + "".join(f"[{tab.title}]" if tab is self.tab else f" {tab.title} " for tab in TABS)
        legends = [titles + legend.format(numbers) for legend in (*self.tab.legends, " ")]
        room = self.line_width - width_of(line.runs)
        legend = next((legend for legend in legends if cells(legend) <= room), "")
        return ends_apart(line.runs, ((legend, "muted"),), self.line_width)._replace(row=line.row)

    def _rebuild(self) -> None:
        width = self.line_width
        if self._ends is None and (unchosen := self.unchosen(width, self.size.height - 1)[1]):
            self._lines = unchosen
        elif self._detail is None:
            words = wrap_words(self._translate(self.nothing if self._ends else CHOOSE_ONE), width - 4)
            self._lines = [Line(), *(Line((("  " + text, "muted"),)) for text in words)]
        else:
            self._lines = self.tab.lines(
                tab_context(self._detail, self._now_ns, width, self._absolute, self._translate)
            )
        if self.virtual_size.height != len(self._lines) + 1:
            self.virtual_size = Size(0, len(self._lines) + 1)
        self.repaint_changed()
