"""The detail pane: all that is known of the selected connection."""

from collections.abc import Callable
from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.geometry import Size

from tcpwatch.monitor.snapshot import Detail
from tcpwatch.text.cells import cells
from tcpwatch.tui.detail import fields as tcb_fields
from tcpwatch.tui.detail.tabs import states as life_lines
from tcpwatch.tui.detail.tabs import wire as wire_lines
from tcpwatch.tui.detail.tabs.tcb import detail_lines
from tcpwatch.tui.paint.format import listener
from tcpwatch.tui.paint.line import Line, ends_apart, title_line, width_of, wrap
from tcpwatch.tui.paint.lines import Lines
from tcpwatch.wire.segment import endpoints

NOTHING = "Choose a connection or a segment, and both its ends are shown here."
GONE = "Nothing is known of this connection any more: its socket is gone and its segments have fallen out."

TENTHS_MS = 10_000  # below which a countdown has them


Unchosen = Callable[[int, int], tuple[str, list[Line]]]


class View(NamedTuple):
    """One way to look at a connection: its name, its lines of a width, and the legends that fit it, the longest first.

    Sequence numbers are absolute where that is asked for last; `{}` of a legend says which they are.
    """

    name: str
    lines: Callable[[Detail, int, int, bool], list[Line]]
    legends: tuple[str, ...]


VIEWS = (
    View("TCB", detail_lines, (f"  {{}} numbers   {tcb_fields.LEGEND} ", "  {} numbers ")),
    View(
        "States",
        lambda detail, now_ns, width, absolute: life_lines.life_lines(detail, now_ns, width),
        (f"  {life_lines.LEGEND} ",),
    ),
    View("Wire", wire_lines.wire_lines, (f"  {wire_lines.LEGEND} ", "  {} numbers ")),
)


class DetailPane(Lines, can_focus=True):
    """Both TCBs, the send window, and what it all means; scrolls where the pane is too low for it.

    `nothing` is what it says of a connection of which nothing is known. `unchosen` gives a title, and
    lines of a width and height, that stand there until one is chosen.
    """

    HELP = "Both ends of the selected connection as RFC 9293 names them; the letter beside a value tells its source."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "scroll_down", "Down", show=False, id="detail.down", tooltip="One line down"),
        Binding("k", "scroll_up", "Up", show=False, id="detail.up", tooltip="One line up"),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="pane")
        self._detail: Detail | None = None
        self._ends: bytes | None = None
        self._now_ns = 0
        self._absolute = False
        self._view = 0
        self._lines: list[Line] = []
        self.nothing = GONE
        self.unchosen: Unchosen = lambda width, height: ("Detail", [])

    def show(self, ends: bytes | None, detail: Detail | None, now_ns: int, absolute: bool) -> None:
        """Show the connection with these ends as it is known at this moment; `detail` None says that it is not."""
        if ends != self._ends:
            self.scroll_to(y=0, animate=False, force=True)
        self._ends, self._detail, self._now_ns, self._absolute = ends, detail, now_ns, absolute
        self._rebuild()

    def show_unchosen(self) -> None:
        """What stands there until a connection is chosen has changed."""
        if self._ends is None:
            self._rebuild()

    def turn(self) -> None:
        """Show the next view."""
        self._view = (self._view + 1) % len(VIEWS)
        self.scroll_to(y=0, animate=False, force=True)
        self._rebuild()

    def tick(self, now_ns: int) -> None:
        """Let a timer that is shown in tenths of a second run down; others have time for the next picture."""
        connection = self._detail.connection if self._detail else None
        if connection and connection.row.timer and 0 < connection.row.timer.left_ms(self._now_ns) < TENTHS_MS:
            self._now_ns = now_ns
            self._rebuild()

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
        names = "  " + "".join(f"[{view.name}]" if view is self._now else f" {view.name} " for view in VIEWS)
        legends = [names + legend.format(numbers) for legend in (*self._now.legends, " ")]
        room = self.line_width - width_of(line.runs)
        legend = next((legend for legend in legends if cells(legend) <= room), "")
        return ends_apart(line.runs, ((legend, "muted"),), self.line_width)._replace(row=line.row)

    @property
    def _now(self) -> View:
        return VIEWS[self._view]

    def _rebuild(self) -> None:
        width = self.line_width
        if self._ends is None and (unchosen := self.unchosen(width, self.size.height - 1)[1]):
            self._lines = unchosen
        elif self._detail is None:
            words = wrap(self.nothing if self._ends else NOTHING, width - 4)
            self._lines = [Line(), *(Line((("  " + text, "muted"),)) for text in words)]
        else:
            self._lines = self._now.lines(self._detail, self._now_ns, width, self._absolute)
        if self.virtual_size.height != len(self._lines) + 1:
            self.virtual_size = Size(0, len(self._lines) + 1)
        self.repaint_changed()
