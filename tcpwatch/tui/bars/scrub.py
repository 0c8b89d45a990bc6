"""The scrub bar: where the replay is in its file, what happens where, and a place to click."""

from collections.abc import Sequence

from textual import events

from tcpwatch.monitor.replay.playhead import Playhead
from tcpwatch.tui.bars.scrub_lines import bar_room, landmarks, scrub_line
from tcpwatch.tui.messages import SeekWanted
from tcpwatch.tui.paint.glyphs import Look
from tcpwatch.tui.paint.line import Line
from tcpwatch.tui.paint.lines import Lines


class ScrubBar(Lines):
    """One line over the whole file; a click or a drag asks to go there."""

    DEFAULT_CSS = "ScrubBar { height: 1; overflow: hidden; }"

    def __init__(self, control: Sequence[int], playhead: Playhead, *, id: str | None = None) -> None:
        """`control` are the flags SYN, FIN and RST of all segments; there may be more than the playhead knows of."""
        super().__init__(id=id)
        self._control = control
        self._playhead = playhead
        self._marks: list[Look | None] = []
        self._marked = 0  # segments

    def line_at(self, y: int) -> Line:
        """The bar as of now."""
        cells = len(bar_room(self._playhead, self.size.width))
        if (cells, self._playhead.end) != (len(self._marks), self._marked):
            self._marks = landmarks(self._control, self._playhead.played, cells)
            self._marked = self._playhead.end
        return scrub_line(self._playhead, self._marks, self.size.width)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Go there, and go along until the button is let go."""
        self.capture_mouse()
        self._ask(event.x)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Go along."""
        if self.app.mouse_captured is self:
            self._ask(event.x)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Stay there."""
        self.release_mouse()

    def _ask(self, column: int) -> None:
        room = bar_room(self._playhead, self.size.width)
        self.post_message(SeekWanted((column - room.start) / max(1, len(room) - 1)))
