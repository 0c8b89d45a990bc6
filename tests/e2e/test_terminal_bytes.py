"""Whatever bytes a terminal sends, and whatever its environment says, the dashboard goes on: the real program."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal
from tests.e2e.test_terminal_given_back import ended_within, in_pty, read_until

pytestmark = pytest.mark.e2e

HELP, CLOSES = "?", "Esc closes"
KILL_PRESSED = "--allow-kill"
NOISE = {
    "x10 mouse": b"\x1b[MC\x84\x30",
    "latin-1 key": b"\xe9",
    "8-bit meta": b"\xe1 ",
    "half a sequence": b"\xe6\xbc",
    "nul": b"\0",
    "no character": b"\x1b[1114112u",
    "size of nothing": b"\x1b[48;0;0;0;0t\x1b[<0;9;9M",
    "size not asked for": b"\x1b[48;999999999;999999999;1;1t",
    "report cut off": b"\x1b[MK",
    "paste with an escape": b"\x1b[200~a\x1bKq\x1b[201~",
    "all bytes": bytes(number for number in range(256) if number not in b"\x03\x11\x1aq/"),  # end, stop, filter
}


@pytest.mark.parametrize("noise", NOISE.values(), ids=NOISE)
@pytest.mark.parametrize("user", ["program", "plain_program"])
def test_noise_neither_ends_the_dashboard_nor_presses_a_key(
    request: pytest.FixtureRequest, tmux: None, noise: bytes, user: str
) -> None:
    program = request.getfixturevalue(user)
    with Terminal([*program, "-p", "1"], 120, 36) as terminal:
        terminal.wait_for("Connections", "quit")
        terminal.press("-H", *(f"{byte:02x}" for byte in noise))
        terminal.press("Escape")  # what a key of the noise may have opened
        terminal.wait_until(lambda screen: CLOSES not in screen and "quit" in screen, "the panes")
        time.sleep(0.2)  # the next key is one of its own, and no Alt with it
        assert b"K" not in noise or len(noise) > 200 or KILL_PRESSED not in terminal.screen()
        terminal.press(HELP)
        terminal.wait_for(CLOSES)
        terminal.press("C-c")
        terminal.wait_for("exit code 0")
        assert terminal.modes() == "0 0 1"


def test_environment_loads_no_code_and_sets_no_size(tmux: None, program: list[str], tmp_path: Path) -> None:
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'loaded')!r}, 'w')\nclass Driver: pass\n", "utf-8")
    settings = [
        f"PYTHONPATH={tmp_path}", "TEXTUAL_DRIVER=evil:Driver", "TEXTUAL=devtools,debug", "TEXTUAL_DEBUG=1",
        f"TEXTUAL_LOG={tmp_path / 'log'}", "TEXTUAL_PRESS=q", "TEXTUAL_SCREENSHOT=0", "TEXTUAL_COLOR_SYSTEM=nonsense",
        f"TEXTUAL_SCREENSHOT_LOCATION={tmp_path}", "TEXTUAL_ALLOW_SIGNALS=1", "COLUMNS=40", "LINES=99999",
        "ESCDELAY=" + "9" * 400,
    ]  # fmt: skip
    with Terminal(["env", *settings, *program, "-p", "1"], 120, 36) as terminal:
        screen = terminal.wait_for("Connections", "Packets", "quit")
        assert len(screen.rstrip("\n").splitlines()) == 36
        terminal.press("q")
        terminal.wait_for("exit code 0")
    assert {path.name for path in tmp_path.iterdir()} <= {"evil.py", "__pycache__"}


def test_front_end_that_fails_does_not_end_with_success(program: list[str]) -> None:
    breaks = (
        "import sys; from tcpwatch.tui import keyboard, driver; from tcpwatch.cli import main\n"
        "def fails(self): raise RuntimeError('broken')\n"
        "driver.TerminalDriver.run_input_thread = fails\n"
        "sys.exit(main(['-p', '1']))"
    )
    with in_pty([program[0], "-c", breaks]) as (pid, master):
        read_until(master, b"broken")
        assert ended_within(pid, 10) == 1


def test_continued_without_a_stop_still_obeys_its_keys(program: list[str]) -> None:
    with in_pty([*program, "-p", "1"]) as (pid, master):
        read_until(master, b"No socket matches")
        threads = _threads(pid)
        for _ in range(5):
            os.kill(pid, signal.SIGCONT)
            read_until(master, b"Connections")  # painted anew
        assert _threads(pid) == threads
        os.write(master, b"q")
        read_until(master, b"\x1b[?1049l")
        assert ended_within(pid, 10) == 0


def _threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))
