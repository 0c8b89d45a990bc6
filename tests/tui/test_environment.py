"""What the environment may not steer: seen in a table, and in fresh interpreters that import the dashboard."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tcpwatch.tui.environment import forget_settings

KEPT = {
    "TERM": "xterm",
    "COLORTERM": "truecolor",
    "NO_COLOR": "",
    "ESCDELAY": "25",
    "TEXTUALIZE": "1",
    "TEXTUAL_SNAPSHOT_X": "1",
    "PATH": "/bin",
}


@pytest.mark.parametrize(
    "name",
    [
        "TEXTUAL", "TEXTUAL_DRIVER", "TEXTUAL_LOG", "TEXTUAL_PRESS", "TEXTUAL_OF_TOMORROW", "COLUMNS", "LINES",
        "JUPYTER_COLUMNS", "JUPYTER_LINES", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "UNICODE_VERSION",
    ],
)  # fmt: skip
def test_setting_is_forgotten_and_what_the_terminal_says_is_kept(name: str) -> None:
    environ = KEPT | {name: "1"}
    forget_settings(environ)
    assert environ == KEPT


@pytest.mark.parametrize("delay", ["", "-1", "9" * 400, "²", "soon"])
def test_escape_delay_that_is_no_time_is_forgotten(delay: str) -> None:
    environ = {"ESCDELAY": delay}
    forget_settings(environ)
    assert environ == {}


@pytest.mark.parametrize("module", ["app", "run", "themes", "modes.live", "screens.help", "terminal"])
def test_import_of_any_module_comes_after_it(tmp_path: Path, module: str) -> None:
    (tmp_path / "evil.py").write_text("print('loaded')\nclass Driver: pass\n", encoding="utf-8")
    settings = {
        "TEXTUAL_DRIVER": "evil:Driver", "TEXTUAL": "devtools,debug", "TEXTUAL_LOG": str(tmp_path / "log"),
        "TEXTUAL_DEBUG": "1", "TEXTUAL_SCREENSHOT": "0", "TEXTUAL_COLOR_SYSTEM": "nonsense", "COLUMNS": "999999999",
        "LINES": "999999999", "ESCDELAY": "9" * 400, "PYTHONPATH": str(tmp_path),
    }  # fmt: skip
    probe = (
        f"import tcpwatch.tui.{module}\n"
        "import asyncio\n"
        "from tests.tui.canned import SUBJECT, CannedMonitor\n"
        "from tcpwatch.tui.app import Dashboard\n"
        "from tcpwatch.tui.modes.live import LiveMode\n"
        "from textual import constants\n"
        "app = Dashboard(CannedMonitor(), SUBJECT, LiveMode())\n"
        "print(constants.DRIVER, constants.DEBUG, constants.LOG_FILE, constants.SCREENSHOT_DELAY, app.features)\n"
        "print(app.console.size.width < 1000)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", probe], env=os.environ | settings, capture_output=True, text=True, check=False,
        cwd=Path(__file__).resolve().parents[2],
    )  # fmt: skip
    assert ended.stdout.splitlines() == ["None False None -1 frozenset()", "True"], ended.stderr[-500:]
    assert [path.name for path in tmp_path.iterdir() if path.suffix not in {".py", ""}] == []
