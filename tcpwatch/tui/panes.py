"""The three panes and their arrangement: which of them are on the screen, and which one is active."""

from typing import NamedTuple

from textual.containers import Horizontal
from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget

from tcpwatch.monitor.traffic.packet_log import Segments
from tcpwatch.tui.bars.status import tabs_line
from tcpwatch.tui.connections.columns import Moment
from tcpwatch.tui.connections.pane import Connections
from tcpwatch.tui.detail.pane import DetailPane
from tcpwatch.tui.packets.pane import Packets
from tcpwatch.tui.paint.columns import PaneColumn
from tcpwatch.tui.paint.lines import OneLine
from tcpwatch.tui.protocols import Target
from tcpwatch.why.catalog import Translate

PANE_NAMES = ("Connections", "Packets", "Detail")
DETAIL = PANE_NAMES.index("Detail")
# From how many cells, and from how many lines, there is room.
SIDE_BY_SIDE_CELLS, SIDE_BY_SIDE_LINES = 110, 20
STACKED_CELLS, STACKED_LINES = 84, 34


class Panes(NamedTuple):
    """One of each, in the order of the keys 1, 2 and 3."""

    connections: Connections
    packets: Packets
    detail: DetailPane


def new_panes(
    columns: tuple[PaneColumn[Moment], ...], segments: Segments, target: Target, translate: Translate
) -> Panes:
    """The panes of a dashboard: these columns in the first, these segments in the second, sentences in the third."""
    packets = Packets(segments, target.interface or "no interface", id="packets")
    return Panes(Connections(columns, id="connections"), packets, DetailPane(translate, id="detail"))


class Arrangement:
    """Side by side, stacked, or the active pane alone: by the size of the terminal, and by zoom.

    `top` contains the first two panes; `tabs` shows the names where only one pane is on the screen.
    """

    def __init__(self, panes: Panes) -> None:
        self.active = 0
        self.zoomed = False
        self.top = Horizontal(panes.connections, panes.packets, id="top")
        self.tabs = OneLine(id="tabs")
        self._panes = panes

    @property
    def pane(self) -> Connections | Packets | DetailPane:
        """The active one."""
        return self._panes[self.active]

    def activate(self, focused: Widget | None) -> bool:
        """Make this pane the active one; False where it is so already, or is no pane."""
        if focused not in self._panes or focused is self.pane:
            return False
        self.active = self._panes.index(focused)
        return True

    def arrange(self, screen: Screen[None], size: Size) -> None:
        """Set the classes by which the style sheet lays the panes out."""
        width, height = size
        stacked = STACKED_CELLS <= width < SIDE_BY_SIDE_CELLS and height >= STACKED_LINES
        side_by_side = width >= SIDE_BY_SIDE_CELLS and height >= SIDE_BY_SIDE_LINES
        alone = self.zoomed or not (stacked or side_by_side)
        screen.set_class(alone, "-one-pane")
        screen.set_class(stacked and not alone, "-stacked")
        for pane in self._panes:
            pane.set_class(pane is self.pane, "-active")
        self.top.set_class(self.active != DETAIL, "-active")
        self.tabs.show(tabs_line(PANE_NAMES, self.active))
