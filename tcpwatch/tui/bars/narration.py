"""The narration strip: a few lines above the panes that tell what happens."""

from collections.abc import Sequence

from tcpwatch.tui.paint.line import Line
from tcpwatch.tui.paint.lines import Lines

TALL = 30  # lines of a terminal from which there is room for one more
LINES, LOW_LINES = 5, 4


class Narration(Lines):
    """Shows what it is given."""

    DEFAULT_CSS = "Narration { overflow: hidden; }"

    def __init__(self) -> None:
        super().__init__(id="narration")
        self._lines: Sequence[Line] = ()

    @property
    def room(self) -> tuple[int, int]:
        """Cells and lines that there are in a terminal of this size."""
        width, height = self.app.size
        return width, LINES if height >= TALL else LOW_LINES

    def show(self, lines: Sequence[Line]) -> None:
        """Show these lines; what is the same is not painted anew."""
        self._lines = lines
        self.repaint_changed()

    def line_at(self, y: int) -> Line:
        """One of them."""
        return self._lines[y] if y < len(self._lines) else Line()
