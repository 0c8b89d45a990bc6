"""The one virtual list: its name, the columns' titles, and rows of which only those on the screen are ever built.

Laws: the cursor stays on its row, not on its number, when rows come, go and are sorted; the rows on the screen stay
where they are, except while the list follows its tail, or shows its very top, where what is new should be seen.
"""

from collections.abc import Hashable, Sequence
from typing import ClassVar, Generic, TypeVar

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size

from tcpwatch.tui.paint.line import Line, title_line
from tcpwatch.tui.paint.lines import Lines

Row = TypeVar("Row")
TITLES = 2  # lines that do not scroll: the pane's name, the columns' titles


class Rows(Lines, Generic[Row], can_focus=True):
    """A list with a cursor. Subclasses say what a row is known by, how it looks, and what choosing it means."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="rows.up", tooltip="One row up"),
        Binding("down,j", "move(1)", "Down", show=False, id="rows.down", tooltip="One row down"),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False, id="rows.page_up", tooltip="One screen up"),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False, id="rows.page_down", tooltip="One screen down"),
        Binding("home,g", "first", "First", show=False, id="rows.first", tooltip="To the first row"),
        Binding("end,G", "last", "Last", show=False, id="rows.last", tooltip="To the last row, and stay there"),
        Binding("enter", "open", "Open", show=False, id="rows.open", tooltip="Open what the cursor is on"),
    ]

    def __init__(self, *, id: str | None = None, follows: bool = False) -> None:
        super().__init__(id=id, classes="pane")
        self.rows: Sequence[Row] = ()
        self.cursor = 0
        self.following = follows
        self._follows = follows
        self._cursor_key: Hashable = None

    # What a subclass defines.

    def key_of(self, row: Row) -> Hashable:
        """What the row is known by, over all changes of the list."""
        raise NotImplementedError

    def index_of(self, key: Hashable) -> int | None:
        """Where the row with this key is now."""
        return next((index for index, row in enumerate(self.rows) if self.key_of(row) == key), None)

    def title(self) -> str:
        """The pane's name, and what it shows."""
        raise NotImplementedError

    def titles(self) -> Line:
        """The columns' titles."""
        raise NotImplementedError

    def foot(self) -> Line | None:
        """The line below the rows, where there is one."""
        return None

    def measure(self) -> None:
        """The rows on the screen are others now: see what they need before they are painted."""

    def row_line(self, index: int) -> Line:
        """One row."""
        raise NotImplementedError

    def empty_lines(self) -> Sequence[Line]:
        """What stands there when there are no rows: why, and what to do."""
        raise NotImplementedError

    def cursor_moved(self) -> None:
        """The user has put the cursor on another row."""

    def opened(self) -> None:
        """The user has pressed Enter on the cursor's row."""

    # Rows, cursor, scroll.

    @property
    def current(self) -> Row | None:
        """The row the cursor is on."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    @property
    def page_rows(self) -> int:
        """How many rows the pane shows at once."""
        return max(1, self.size.height - TITLES - self._foot_lines)

    @property
    def on_screen(self) -> Sequence[Row]:
        """The rows the pane shows."""
        top = self.scroll_offset.y
        return self.rows[top : top + self.page_rows]

    @property
    def below(self) -> int:
        """How many rows there are below the last one shown."""
        return max(0, len(self.rows) - self.scroll_offset.y - self.page_rows)

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show these rows; cursor and scroll stay on theirs."""
        top = self.scroll_offset.y
        watched = self.cursor if top <= self.cursor < top + self.page_rows else min(top, max(0, len(self.rows) - 1))
        watched_key = self.key_of(self.rows[watched]) if watched < len(self.rows) else None
        self.rows = rows
        self._resize_list()
        if self.following:
            self._to_tail()
        else:
            self._stay(watched, watched_key, top)
        self.measure()
        self.repaint_changed()

    def _resize_list(self) -> None:
        lines = len(self.rows) + TITLES + self._foot_lines
        if self.virtual_size.height != lines:
            self.virtual_size = Size(0, lines)

    @property
    def _foot_lines(self) -> int:
        return 0 if self.foot() is None else 1

    def _stay(self, watched: int, watched_key: Hashable, top: int) -> None:
        kept = self.index_of(self._cursor_key) if self._cursor_key is not None else None
        now_at = kept if watched == self.cursor else self.index_of(watched_key)
        self._place(self.cursor if kept is None else kept)
        if now_at is not None and (top > 0 or now_at >= self.page_rows):
            self._scroll(top + now_at - watched)

    def _to_tail(self) -> None:
        self._place(len(self.rows) - 1)
        self._scroll(self.virtual_size.height)

    def _place(self, index: int) -> None:
        self.cursor = max(0, min(index, len(self.rows) - 1))
        current = self.current
        self._cursor_key = None if current is None else self.key_of(current)

    def _scroll(self, top: int) -> None:
        self.scroll_to(y=max(0, top), animate=False, force=True)

    def put_cursor(self, index: int) -> None:
        """Put the cursor there and bring it on the screen, without telling anyone."""
        self.follow(False)
        self._place(index)
        top = self.scroll_offset.y
        if self.cursor < top:
            self._scroll(self.cursor)
        elif self.cursor >= top + self.page_rows:
            self._scroll(self.cursor - self.page_rows + 1)
        self.repaint_changed()

    def follow(self, following: bool) -> None:
        """Begin or stop to stay at the tail."""
        if following == self.following or not self._follows:
            return
        self.following = following
        self._resize_list()
        if following:
            self._to_tail()
        self.repaint_changed()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """A wheel or a scrollbar that leaves the tail stops the following of it."""
        super().watch_scroll_y(old_value, new_value)
        self.measure()
        if self.following and round(new_value) < self.max_scroll_y:
            self.follow(False)

    # Painting.

    def line_at(self, y: int) -> Line:
        """The name, the titles, a row, or why there is none."""
        if y == 0:
            return title_line(self.title(), self.has_focus)
        if not self.rows:
            lines = self.empty_lines()
            return lines[y - 1] if y <= len(lines) else Line()
        if y < TITLES:
            return self.titles()
        if y == self.size.height - 1 and (foot := self.foot()):
            return foot
        index = self.scroll_offset.y + y - TITLES
        if index >= len(self.rows):
            return Line()
        line = self.row_line(index)
        if index == self.cursor and not self.following:
            return line._replace(row="cursor" if self.has_focus else "cursor-blurred")
        return line

    # Keys and mouse.

    def action_move(self, rows: int) -> None:
        """Move the cursor by so many rows."""
        self._user_puts(self.cursor + rows)

    def action_page(self, pages: int) -> None:
        """Move the cursor by so many screens."""
        self._user_puts(self.cursor + pages * self.page_rows)

    def action_first(self) -> None:
        """To the first row."""
        self._user_puts(0)

    def action_last(self) -> None:
        """To the last row; a list that can follow its tail does so from now on."""
        self._user_puts(len(self.rows) - 1)
        self.follow(True)

    def action_open(self) -> None:
        """Open what the cursor is on."""
        if self.rows:
            self.opened()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row that was clicked; a second click opens it."""
        offset = event.get_content_offset(self)
        if offset is None or offset.y < TITLES:
            return
        index = self.scroll_offset.y + offset.y - TITLES
        if index < len(self.rows):
            self._user_puts(index)
            if event.chain == 2:
                self.action_open()

    def on_focus(self) -> None:
        """Light the cursor."""
        self.repaint_changed()

    def on_blur(self) -> None:
        """Dim the cursor."""
        self.repaint_changed()

    def _user_puts(self, index: int) -> None:
        if not self.rows:
            return
        self.put_cursor(index)
        self.cursor_moved()
