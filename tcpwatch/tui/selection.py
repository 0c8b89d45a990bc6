"""Which connection is selected: the detail pane shows it, the packets pane marks its segments."""

from tcpwatch.monitor.traffic.chosen import connection_of
from tcpwatch.tcp.event import Event
from tcpwatch.tui.bars.trouble import in_trouble
from tcpwatch.tui.panes import Panes
from tcpwatch.tui.protocols import LatestSnapshot, MonitorView
from tcpwatch.wire.segment import reversed_ends

SHOW_ALL = "a shows all ports, Esc takes the filter away"


class Selection:
    """A connection's ends, and its key where a socket has it; None where nothing is selected.

    `absolute` is whether sequence numbers are shown as on the wire.
    """

    def __init__(self, monitor: MonitorView, panes: Panes, latest: LatestSnapshot) -> None:
        self.ends: bytes | None = None
        self.absolute = False
        self._key: int | None = None
        self._monitor = monitor
        self._panes = panes
        self._latest = latest

    def select(self, ends: bytes | None, key: int | None) -> None:
        """Select the connection with these ends, local end first; `key` tells it from others with the same."""
        self.ends, self._key = ends, key
        self._panes.packets.select(ends)
        self.show_detail()

    def select_by_segment(self, event: Event) -> None:
        """Select the connection of a segment, as this host's end has it where there is a socket."""
        ends = reversed_ends(event.segment.ends) if event.side else event.segment.ends
        connection = connection_of(event, snapshot) if (snapshot := self._latest()) else None
        if connection:
            ends = connection.row.ends
            self._panes.connections.select(connection.key)
        self.select(ends, connection.key if connection else None)

    def go_to(self, key: int) -> None:
        """Put the cursor of the first pane on the connection with this key."""
        self._panes.connections.go_to(key)

    def to_trouble(self, step: int) -> str | None:
        """Go on by `step` among the connections in trouble, the worst first; a notice about those that are hidden."""
        snapshot = self._latest()
        members = in_trouble(snapshot) if snapshot else []
        shown = [key for key in members if self._panes.connections.shows(key)]
        hidden = len(members) - len(shown)
        if shown:
            at = shown.index(self._key) if self._key in shown else (-1 if step > 0 else 0)
            self.go_to(shown[(at + step) % len(shown)])
        if hidden:
            return (
                f"{hidden:,} in trouble {'are' if hidden > 1 else 'is'} hidden by the port or the filter: {SHOW_ALL}."
            )
        return None if shown else "Nothing that is shown is in trouble."

    def toggle_absolute(self) -> None:
        """Sequence numbers relative, or absolute."""
        self.absolute = not self.absolute
        self.show_detail()

    def show_detail(self) -> None:
        """Show what is known of it now."""
        if snapshot := self._latest():
            detail = self._monitor.detail(self.ends, self._key) if self.ends else None
            self._panes.detail.show(self.ends, detail, snapshot.mono_ns, self.absolute)
