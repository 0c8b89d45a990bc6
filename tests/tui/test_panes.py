"""The arrangement fits the size there is now, however many sizes came before, and whatever is over the panes."""

import asyncio

import pytest
from textual import events
from textual.geometry import Size

from tcpwatch.tui.app import Dashboard
from tcpwatch.tui.modes.live import LiveMode
from tcpwatch.tui.paint.lines import OneLine
from tests.tui.canned import SUBJECT, CannedMonitor
from tests.tui.driving import NEVER

ALONE, STACKED, SIDE_BY_SIDE = "alone", "stacked", "side by side"
ARRANGED = {
    (60, 15): ALONE, (83, 60): ALONE, (84, 33): ALONE, (84, 34): STACKED, (109, 50): STACKED, (110, 20): SIDE_BY_SIDE,
    (110, 19): ALONE, (120, 36): SIDE_BY_SIDE, (300, 80): SIDE_BY_SIDE,
}  # fmt: skip


def arrangement(app: Dashboard) -> str:
    if app.mode.has_class("-one-pane"):
        return ALONE
    return STACKED if app.mode.has_class("-stacked") else SIDE_BY_SIDE


@pytest.mark.parametrize("over", [None, "question_mark", "w", "P"])
def test_resize_is_arranged_for_the_size_there_is_now(over: str | None) -> None:
    async def resized() -> None:
        app = Dashboard(CannedMonitor(), SUBJECT, LiveMode(), pace=NEVER)
        async with app.run_test(size=(120, 36)) as pilot:
            await pilot.pause()  # for the first picture, and what is chosen in it
            if over:
                await pilot.press(over)
            assert len(app.screen_stack) == 1 + bool(over)
            for size, wanted in (*ARRANGED.items(), *reversed(ARRANGED.items())):
                await pilot.resize_terminal(*size)
                await pilot.pause()
                assert (app.size, app.screen.size) == (size, size)
                assert arrangement(app) == wanted
                assert len(app.mode.query_one("#keys", OneLine).line_at(0).text) <= size[0]
            if over:
                await pilot.press("escape")
                await pilot.pause()
            assert app.mode.size == app.size
            assert {pane.region.right <= app.size.width for pane in app.panes if pane.display} == {True}

    asyncio.run(resized())


def test_hundred_sizes_at_once_are_arranged_as_the_last() -> None:
    async def resized() -> None:
        app = Dashboard(CannedMonitor(), SUBJECT, LiveMode(), pace=NEVER)
        async with app.run_test(size=(120, 36)) as pilot:
            for last, wanted in ARRANGED.items():
                for size in (*(list(ARRANGED) * 12), last):
                    app.post_message(events.Resize(Size(*size), Size(*size)))
                await pilot.resize_terminal(*last)
                assert arrangement(app) == wanted
                assert app.mode.size == last

    asyncio.run(resized())
