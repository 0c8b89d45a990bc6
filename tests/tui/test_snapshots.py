"""What the dashboard looks like, cell for cell: `pytest --snapshot-update` after looking at the pictures."""

from typing import Any

import pytest

from tcpwatch.tui.app import Dashboard
from tcpwatch.tui.modes.live import LiveMode
from tests.tui.canned import SUBJECT, CannedMonitor
from tests.tui.driving import NARROW, NEVER, WIDE


@pytest.mark.parametrize(
    ("size", "capture", "press"),
    [
        pytest.param(WIDE, True, ("down",), id="wide"),
        pytest.param(WIDE, False, ("a",), id="wide-all-sockets-no-capture"),
        pytest.param(WIDE, True, ("2", "home", "down", "r"), id="wide-segment-chosen"),
        pytest.param(WIDE, True, ("down", "v"), id="wide-states"),
        pytest.param(WIDE, True, ("end", "space"), id="wide-closed"),
        pytest.param(WIDE, True, ("question_mark",), id="help"),
        pytest.param(WIDE, True, ("t",), id="light"),
        pytest.param((96, 40), True, (), id="stacked"),
        pytest.param(NARROW, True, (), id="narrow-connections"),
        pytest.param(NARROW, True, ("2", "end", "up"), id="narrow-packets"),
        pytest.param(NARROW, True, ("down", "3"), id="narrow-detail"),
    ],
)
def test_picture(snap_compare: Any, size: tuple[int, int], capture: bool, press: tuple[str, ...]) -> None:
    dashboard = Dashboard(CannedMonitor(capture), SUBJECT, LiveMode(), pace=NEVER)
    assert snap_compare(dashboard, terminal_size=size, press=press)
