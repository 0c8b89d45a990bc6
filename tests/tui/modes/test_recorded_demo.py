"""The dashboard on the recording of a demo: the demo's narration, a file's columns and status."""

import asyncio

from tcpwatch.tui.bars.narration import Narration
from tcpwatch.tui.connections.columns import WIRE_COLUMNS
from tcpwatch.tui.modes.demo import DemoDashboard
from tcpwatch.tui.protocols import Target
from tests.monitor.replaying import CONVERSATION, recorded
from tests.tui.driving import NEVER, WIDE, text_of
from tests.tui.modes.test_demo import Script


async def screen() -> tuple[str, str]:
    file = recorded(*CONVERSATION)
    target = Target("a recording", "talk.pcapng", (80,))
    app = DemoDashboard(file, target, Script(), clock=lambda: file.playhead.time_ns, pace=NEVER)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        app.tell()
        await pilot.pause()
        assert [column.title for column in app._connections.columns] == [column.title for column in WIRE_COLUMNS]
        assert "app.kill" not in {key.id for key in app.all_bindings()}
        return text_of(app._status), text_of(app.query_one(Narration))


def test_recording_is_narrated_and_is_not_called_live() -> None:
    status, narration = asyncio.run(screen())
    assert "a recording · talk.pcapng" in status
    assert "replay · " in status
    assert "live" not in status
    assert "scenario-1 · one connection" in narration
    assert "Watch the states." in narration
