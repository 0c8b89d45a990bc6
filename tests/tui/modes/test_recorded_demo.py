"""The dashboard on the recording of a demo: the demo's narration, a file's columns and status."""

import asyncio

from tcpwatch.tui.app import Dashboard
from tcpwatch.tui.bars.narration import Narration
from tcpwatch.tui.connections.columns import WIRE_COLUMNS
from tcpwatch.tui.connections.pane import Connections
from tcpwatch.tui.mode import RECORDING
from tcpwatch.tui.modes.demo import DemoMode
from tcpwatch.tui.protocols import Target
from tests.monitor.replaying import CONVERSATION, recorded
from tests.tui.driving import NEVER, WIDE, line_of, text_of
from tests.tui.modes.test_demo import Script


async def screen() -> tuple[str, str]:
    file = recorded(*CONVERSATION)
    target = Target("a recording", "talk.pcapng", (80,))
    mode = DemoMode(Script(), target.language, RECORDING, clock=lambda: file.playhead.time_ns)
    app = Dashboard(file, target, mode, pace=NEVER)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        mode.narrate()
        await pilot.pause()
        assert [column.title for column in app.query_one(Connections).columns] == [
            column.title for column in WIRE_COLUMNS
        ]
        assert "app.kill" not in {key.id for key in app.all_bindings()}
        return line_of(app, "status"), text_of(app.query_one(Narration))


def test_recording_is_narrated_and_is_not_called_live() -> None:
    status, narration = asyncio.run(screen())
    assert "a recording · talk.pcapng" in status
    assert "replay · " in status
    assert "live" not in status
    assert "scenario-1 · one connection" in narration
    assert "Watch the states." in narration
