"""Styled lines by Textual's line API: the only place where text becomes Segments.

Law: what a pane shows is data (`Line`); a pane compares it with what it painted last and repaints only the lines that
came out different. Text passes `clean` once more here, so that no pane can send a terminal anything to obey.
"""

from collections.abc import Iterable

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tcpwatch.text.charset import NO_BREAK
from tcpwatch.text.clean import clean
from tcpwatch.tui.paint.line import STYLES, Line, merged, padded

PREFIX = "line--"
# The app declares them, once for all panes: Textual works out every style of every widget that declares it.
STYLE_CLASSES = {PREFIX + style for style in STYLES}
UNIFORM = frozenset({"cursor"})  # rows of one style: no colour of a run could be read on theirs
RUN_LENGTH_LIMIT = 4096  # characters in a run: wider than any terminal


class Lines(ScrollView, can_focus=False):
    """A pane of lines. Subclasses say what stands on each."""

    ALLOW_SELECT = False
    DEFAULT_CSS = "Lines { overflow-x: hidden; scrollbar-size-vertical: 1; }"

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._painted: dict[int, Line] = {}
        self._styles: dict[tuple[str, str], Style] = {}

    @property
    def line_width(self) -> int:
        """How many cells a line has: the pane's without its scrollbar."""
        return self.scrollable_content_region.width

    def line_at(self, y: int) -> Line:
        """What stands on line `y` of the pane, 0 at its top."""
        raise NotImplementedError

    def repaint_changed(self) -> None:
        """Repaint the lines that are no longer what was painted."""
        for y in range(self.size.height):
            if self._painted.get(y) != self.line_at(y):
                self.refresh(Region(0, y, self.line_width, 1))

    def render_line(self, y: int) -> Strip:
        """Line `y`, as Textual asks for it."""
        line = self._painted[y] = self.line_at(y)
        runs = merged(padded(line.runs, self.line_width))
        return Strip(
            [
                Segment(clean(text.replace(NO_BREAK, " "), RUN_LENGTH_LIMIT), self._style(line.row, style))
                for text, style in runs
            ]
        )

    def notify_style_update(self) -> None:
        """Forget the styles: the theme, the focus or the sheet has changed."""
        super().notify_style_update()
        self._styles.clear()

    def _style(self, row: str, run: str) -> Style:
        if (style := self._styles.get((row, run))) is None:
            style = self.rich_style
            for name in (row, "" if row in UNIFORM else run):
                if name:
                    style += self.app.get_component_styles(PREFIX + name).partial_rich_style
            self._styles[row, run] = style
        return style


class LongText(Lines):
    """A text that is laid out for the width there is, and scrolls where it does not fit."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: list[Line] = []

    def write(self, lines: Iterable[Line]) -> None:
        """Show these lines."""
        self._lines = list(lines)
        self.virtual_size = Size(0, len(self._lines))
        self.repaint_changed()

    def line_at(self, y: int) -> Line:
        """A line from where the text is scrolled to."""
        index = self.scroll_offset.y + y
        return self._lines[index] if index < len(self._lines) else Line()


class OneLine(Lines):
    """A pane of a single line that others write: status, trouble, keys, tabs."""

    DEFAULT_CSS = "OneLine { height: 1; overflow: hidden; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._line = Line()

    def show(self, line: Line) -> None:
        """Show this line; nothing is painted where it is the same."""
        self._line = line
        self.repaint_changed()

    def line_at(self, y: int) -> Line:
        """The line."""
        return self._line
