"""The connections pane: the socket table in groups by state, trouble first."""

import asyncio
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from tcpwatch.monitor.snapshot import Connection, Snapshot
from tcpwatch.sockets.row import NoOwner
from tcpwatch.tcp.state import State
from tcpwatch.text.quantity import plural
from tcpwatch.tui.bars.trouble import in_trouble
from tcpwatch.tui.connections.columns import INDENT, Moment, connection_line, heading_line, row_words
from tcpwatch.tui.connections.grouping import ORDERS, ArrangedRows, Heading, TableRow, View, arrange
from tcpwatch.tui.messages import ConnectionChosen, DetailWanted
from tcpwatch.tui.paint.columns import Laid, PaneColumn, grown, lay_out, titles
from tcpwatch.tui.paint.format import grouped
from tcpwatch.tui.paint.line import Line, wrap_words
from tcpwatch.tui.paint.rows import Rows

Shown = Callable[[Connection], bool]
ARRANGED_APART_FROM = 2_000  # connections; to put more in order takes longer than a few milliseconds


def arranged(snapshot: Snapshot, view: View) -> ArrangedRows:
    """The table of a picture."""
    return arrange(snapshot.connections, view, snapshot.closed, snapshot.closed_left_out)


class Connections(Rows[TableRow]):
    """The socket table. `apply_filter` and `show` decide what is in it; the user, what is folded and how it is sorted.

    `nothing` is shown while it is empty; `columns` are those that its source can fill.
    """

    HELP = "Every TCP socket of this host, grouped by state. CLOSE-WAIT stands first: its program has not closed it."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "fold", "Fold", id="connections.fold", tooltip="Fold or unfold the group"),
        Binding("left,h", "fold(True)", "Fold", show=False, id="connections.close", tooltip="Fold the group"),
        Binding("right,l", "fold(False)", "Unfold", show=False, id="connections.open", tooltip="Unfold the group"),
        Binding("o", "order", "Order", id="connections.order", tooltip="Sort by time in state, owner, queues, remote"),
    ]

    def __init__(self, columns: tuple[PaneColumn[Moment], ...], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.columns = columns
        self._snapshot: Snapshot | None = None
        self._newest: Snapshot | None = None
        self._arranging = False
        self._view = View()
        self._shown_words: tuple[str, ...] = ()
        self.nothing = "There is no TCP socket."
        self._count = 0

    def apply_filter(self, shown: Shown | None, words: tuple[str, ...]) -> None:
        """Show only the connections that pass (None: all); the title shows `words`."""
        self._shown_words = words
        self._look(replace(self._view, shown=shown))

    def show(self, snapshot: Snapshot) -> None:
        """Show this picture; the one that is shown already costs nothing."""
        if snapshot is not self._newest:
            self._newest = snapshot
            self._arrange()

    def select(self, key: int) -> None:
        """Put the cursor on the connection with this key, or on the heading that hides it."""
        if self._snapshot is None or (connection := self._snapshot.by_key.get(key)) is None:
            return
        index = self.index_of(key)
        index = self.index_of(connection.row.state) if index is None else index
        if index is not None and index != self.cursor:
            self.put_cursor(index)

    def shows(self, key: int) -> bool:
        """Whether the connection with this key passes the filter, though its group may be folded."""
        connection = self._snapshot.by_key.get(key) if self._snapshot else None
        return connection is not None and (self._view.shown is None or self._view.shown(connection))

    def go_to(self, key: int) -> None:
        """Put the cursor on the connection with this key as the user would, in a group that unfolds for it."""
        connection = self._snapshot.by_key.get(key) if self._snapshot else None
        if connection is None:
            return
        if self.index_of(key) is None:
            self._look(self._view.with_group(connection.row.state, False))
        if (index := self.index_of(key)) is not None:
            self._user_puts(index)

    @property
    def selected(self) -> TableRow | None:
        """The cursor's connection, or heading."""
        return self.current

    @property
    def words(self) -> str:
        """The cursor's row, to be copied."""
        row, now_ns = self.current, self._now_ns
        if isinstance(row, Connection):
            return row_words(row, now_ns)
        return heading_line(row, now_ns, 80).text.strip() if row else ""

    @property
    def _now_ns(self) -> int:
        return self._snapshot.mono_ns if self._snapshot else 0

    def _look(self, view: View) -> None:
        self._view = view
        self._arrange()

    def _arrange(self) -> None:
        """Put the newest picture in order, in another thread where that would take longer than one frame."""
        if self._newest is None or self._arranging:
            return
        if len(self._newest.connections) < ARRANGED_APART_FROM:
            self._take(self._newest, arranged(self._newest, self._view_now()))
        else:
            self._arranging = True
            self.run_worker(self._arrange_apart())

    async def _arrange_apart(self) -> None:
        """Again and again until the table shown is of the newest picture and of the newest order, filter and folds."""
        done = None
        while self._newest and done != (wanted := (self._newest, self._view)):
            table = await asyncio.to_thread(arranged, self._newest, self._view_now())
            self._take(wanted[0], table)
            done = wanted
        self._arranging = False

    def _view_now(self) -> View:
        """The user's view, in which the group under the cursor does not fold for its size."""
        state = self._state_at_cursor()
        return self._view if state is None or state in self._view.folded else self._view.with_group(state, False)

    def _take(self, snapshot: Snapshot, table: ArrangedRows) -> None:
        first = self._snapshot is None
        self._snapshot, self._count = snapshot, table.count
        for state in table.crowds:
            self._view = self._view.with_group(state, True)
        self.set_rows(table.rows)
        if first:
            self._select_first()

    def _select_first(self) -> None:
        """Put the cursor on the worst connection that is shown, else on the first."""
        worst = next(filter(self.shows, in_trouble(self._snapshot)), None) if self._snapshot else None
        if worst is not None:
            self.go_to(worst)
            return
        index = next((index for index, row in enumerate(self.rows) if isinstance(row, Connection)), None)
        if index is not None:
            self._user_puts(index)

    def _state_at_cursor(self) -> State | None:
        row = self.current
        return row.row.state if isinstance(row, Connection) else row.state if row else None

    # What Rows asks for.

    def key_of(self, row: TableRow) -> Hashable:
        """The state of a heading, the cookie of a connection."""
        return row.key

    def title(self) -> str:
        """How many are shown, of how many, the filter and the order."""
        total = len(self._snapshot.connections) if self._snapshot else 0
        count = grouped(total) if self._count == total else f"{grouped(self._count)} of {grouped(total)}"
        rows = self._snapshot.connections if self._snapshot else ()
        if rows and rows[0].no_owner is NoOwner.FILE:  # a file has both ends of each connection, a host its own sockets
            count = f"{count} {plural(total, 'end')}"
        return " · ".join(("Connections", count, *self._shown_words, f"by {self._view.order.title}"))

    def index_of(self, key: Hashable) -> int | None:
        """Found by identity, which is quick among 50,000 rows: the picture knows which object has this key."""
        wanted = self._snapshot.by_key.get(key) if self._snapshot and isinstance(key, int) else None
        if wanted is None:
            return super().index_of(key) if isinstance(key, State) else None
        return next((index for index, row in enumerate(self.rows) if row is wanted), None)

    def titles(self) -> Line:
        """The columns' titles."""
        return Line((((" " * INDENT) + titles(self._laid()), ""),), "titles")

    def row_line(self, index: int) -> Line:
        """A heading or a connection."""
        row = self.rows[index]
        if isinstance(row, Heading):
            return heading_line(row, self._now_ns, self.line_width)
        return connection_line(Moment(row, self._now_ns), self._laid())

    def empty_lines(self) -> Sequence[Line]:
        """Why nothing is shown, and the keys that change it."""
        if self._snapshot is None:
            return (Line(((" Reading the socket table …", "muted"),)),)
        words = f"No socket matches {', '.join(self._shown_words)}." if self._shown_words else self.nothing
        lines = (*wrap_words(words, self.line_width - 2), "a  all sockets    /  filter    Esc  clear the filter")
        return tuple(Line(((" " + line, "muted"),)) for line in lines)

    def cursor_moved(self) -> None:
        """Tell which connection it is on."""
        if isinstance(row := self.current, Connection):
            self.post_message(ConnectionChosen(row.row.ends, row.key))

    def opened(self) -> None:
        """Fold a heading; show the detail of a connection."""
        if isinstance(self.current, Heading):
            self.action_fold()
        else:
            self.post_message(DetailWanted())

    def measure(self) -> None:
        """Let the columns grow with what is on the screen."""
        shown = [Moment(row, self._now_ns) for row in self.on_screen if isinstance(row, Connection)]
        self.columns = grown(self.columns, shown)

    def _laid(self) -> Laid[Moment]:
        return lay_out(self.columns, self.line_width - INDENT)

    # Keys.

    def action_fold(self, folded: bool | None = None) -> None:
        """Fold or unfold the group that the cursor is in; the cursor goes to the heading of a group that folds."""
        if (state := self._state_at_cursor()) is None:
            return
        folded = not self._view.folded.get(state, False) if folded is None else folded
        if folded and (heading := self.index_of(state)) is not None:
            self.put_cursor(heading)
        self._look(self._view.with_group(state, folded))

    def action_order(self) -> None:
        """Sort by the next of the orders."""
        self._look(replace(self._view, order=ORDERS[(ORDERS.index(self._view.order) + 1) % len(ORDERS)]))

    def on_click(self, event: events.Click) -> None:
        """A heading folds at one click."""
        super().on_click(event)
        if event.chain == 1 and isinstance(self.current, Heading):
            self.action_fold()
