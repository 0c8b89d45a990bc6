"""The dashboard over a canned Monitor, driven by keys."""

import asyncio
from collections.abc import Awaitable, Callable

from textual.pilot import Pilot

from tcpwatch.monitor.snapshot import Connection
from tcpwatch.tui.app import Dashboard
from tcpwatch.tui.connections.pane import Connections
from tcpwatch.tui.detail.pane import DetailPane
from tcpwatch.tui.modes.live import LiveMode
from tcpwatch.tui.packets.pane import Packets
from tcpwatch.tui.paint.lines import Lines, OneLine
from tcpwatch.tui.protocols import Target
from tests.tui.canned import SUBJECT, CannedMonitor, Conversation

WIDE, NARROW = (120, 36), (80, 24)
NEVER = 10_000.0  # the pace: tests pull the pictures themselves


class Driver:
    """The running dashboard and its panes."""

    def __init__(self, app: Dashboard, pilot: Pilot[None], monitor: CannedMonitor) -> None:
        self.app, self.pilot, self.monitor = app, pilot, monitor
        self.connections = app.query_one(Connections)
        self.packets = app.query_one(Packets)
        self.detail = app.query_one(DetailPane)

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def choose(self, key: int) -> None:
        """Put the cursor on a connection that stands below."""
        while self.at != key:
            await self.press("down")

    async def publish(self, rows: list[Connection]) -> None:
        """A new picture of the sockets."""
        self.monitor.publish(rows)
        self.app.pull_snapshot()
        await self.app.workers.wait_for_complete()
        await self.pilot.pause()

    async def arrive(self, *conversations: Conversation) -> None:
        """New segments."""
        self.monitor.packets.extend(event for one in conversations for event in one.events)
        self.app.pull_packets()
        await self.pilot.pause()

    @property
    def at(self) -> object:
        """What the cursor of the connections pane is on."""
        row = self.connections.current
        return row.key if row else None

    @property
    def line_of_cursor(self) -> int:
        """How far below the first row shown the cursor is."""
        return self.connections.cursor - self.connections.scroll_offset.y


def line_of(app: Dashboard, id: str) -> str:
    """What one of the bars shows."""
    return text_of(app.query_one(f"#{id}", OneLine))


def text_of(pane: Lines) -> str:
    """What the pane shows."""
    return "\n".join(pane.line_at(y).text.rstrip() for y in range(pane.size.height))


Body = Callable[[Driver], Awaitable[None]]


def piloted(
    size: tuple[int, int] = WIDE, capture: bool = True, target: Target = SUBJECT, filter_text: str = ""
) -> Callable[[Body], Callable[[], None]]:
    """A test that is given the running dashboard."""

    def decorate(body: Body) -> Callable[[], None]:
        async def started() -> None:
            monitor = CannedMonitor(capture)
            app = Dashboard(monitor, target, LiveMode(), filter_text=filter_text, pace=NEVER)
            async with app.run_test(size=size) as pilot:
                await pilot.pause()
                await body(Driver(app, pilot, monitor))

        def test() -> None:
            asyncio.run(started())

        return test

    return decorate
