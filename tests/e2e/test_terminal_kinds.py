"""Terminals as they come: nameless, tiny, resized all the time, attached elsewhere, lost; and what is none."""

import os
import shlex
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal
from tests.e2e.test_terminal_given_back import LOST_WITHIN_S, ended_within, in_pty, read_until

pytestmark = pytest.mark.e2e

TOUCHED = "No socket matches"
KINDS = {
    "unset": ("-u", "TERM"),
    "empty": ("TERM=",),
    "vt100": ("TERM=vt100",),
    "unknown": ("TERM=no-such-terminal",),
    "size of another": ("COLUMNS=20", "LINES=5"),
    "size of nothing": ("COLUMNS=0", "LINES=0"),
}


@pytest.mark.parametrize("environment", KINDS.values(), ids=KINDS)
def test_terminal_by_any_name_is_painted_and_given_back(
    tmux: None, program: list[str], environment: tuple[str, ...]
) -> None:
    with Terminal(["env", *environment, *program, "-p", "1"], 100, 30) as terminal:
        screen = terminal.wait_for(TOUCHED, "quit")
        assert len(screen.rstrip("\n").splitlines()) == 30
        terminal.press("q")
        terminal.wait_for("exit code 0")
        assert terminal.modes() == "0 0 1"


@pytest.mark.parametrize(
    ("redirected", "code"),
    [("</dev/null", 2), ("<&-", 2), (">&-", 2), ("2>&-", 2), ("2>/dev/null", 2), ("<&- >&- 2>&-", 2), ("| cat", 0)],
)
def test_what_is_no_terminal_is_refused(tmux: None, program: list[str], redirected: str, code: int) -> None:
    with Terminal(["sh", "-c", f"{shlex.join(program)} {redirected}"], 100, 30) as terminal:
        screen = terminal.wait_for(f"exit code {code}")
        assert "Traceback" not in screen
        assert ("needs a terminal" in screen) == ("2>" not in redirected)
        assert terminal.modes() == "0 0 1"


@pytest.mark.parametrize("size", [(10, 3), (3, 10), (1, 1)])
def test_tiny_terminal_obeys_its_keys(tmux: None, program: list[str], size: tuple[int, int]) -> None:
    with Terminal([*program, "-p", "1"], 100, 30) as terminal:
        terminal.wait_for(TOUCHED, "quit")
        terminal.resize(*size)
        for key in ("?", "Escape", "P", "Escape", "/", "9", "Escape", "3", "z", "Tab", "w", "Escape"):
            terminal.press(key)
        terminal.resize(100, 30)
        terminal.wait_for("Detail", "quit")
        terminal.resize(*size)
        terminal.press("C-c")
        terminal.wait_until(lambda _: terminal.modes() == "0 0 1", "the end")
        terminal.resize(100, 30)
        terminal.wait_for("exit code 0")


def test_storm_of_sizes_ends_with_the_last_one(tmux: None, program: list[str]) -> None:
    with Terminal([*program, "-p", "1"], 100, 30) as terminal:
        terminal.wait_for(TOUCHED, "quit")
        terminal.press("p")
        terminal.wait_for("paused")
        time.sleep(1)
        before = terminal.screen()
        for step in range(100):
            terminal.resize(20 + step * 7 % 140, 5 + step * 3 % 50)
        terminal.resize(100, 30)
        terminal.wait_until(lambda screen: screen == before, f"this whole screen:\n{before}")
        terminal.press("q")
        terminal.wait_for("exit code 0")


def test_tmux_attached_at_other_sizes_is_arranged_and_hears_the_mouse(tmux: None, program: list[str]) -> None:
    with Terminal([*program, "-p", "1"], 120, 36) as inner:
        inner.wait_for("Connections", "Packets", "quit")
        attach = ["env", "-u", "TMUX", "tmux", "-L", inner.socket, "attach", "-t", "t"]
        for columns, rows, shows in ((80, 24, "[1 Connections]"), (130, 40, "Packets · any"), (80, 24, "[1 Conn")):
            with Terminal(attach, columns, rows) as outer:
                outer.wait_for(shows, "quit")
                outer.type("\x1b[<0;5;5M\x1b[<0;5;5m\x1b[M !!\x1b[M#!!")
                outer.press("?")
                outer.wait_for("Esc closes")
                outer.press("Escape")
                outer.wait_for(shows, "quit")
                outer.press("C-b", "d")
                outer.wait_for("exit code 0")
        inner.press("q")
        inner.wait_for("exit code 0")


def test_inside_script_it_is_painted_and_ctrl_z_says_why_not(tmux: None, program: list[str]) -> None:
    command = ["script", "-qec", shlex.join([*program, "-p", "1"]), "/dev/null"]
    with Terminal(command, 100, 30) as terminal:
        terminal.wait_for(TOUCHED, "quit")
        terminal.press("C-z")
        terminal.wait_for("no shell has started it")
        terminal.press("q")
        terminal.wait_for("exit code 0")
        assert terminal.modes() == "0 0 1"


@pytest.mark.parametrize("keys", [b"", b"?", b"P", b"/x"])
def test_hang_up_ends_it_though_the_signal_is_ignored(program: list[str], keys: bytes, tmp_path: Path) -> None:
    told = tmp_path / "told"
    command = ["sh", "-c", f"{shlex.join([*program, '-p', '1'])}; echo $? > {shlex.quote(str(told))}"]
    with in_pty(["sh", "-c", f"trap '' HUP; {shlex.join(command)}"]) as (pid, master):
        read_until(master, b"No socket matches")
        os.write(master, keys)
        time.sleep(0.5)
        os.close(master)
        began = time.monotonic()
        assert ended_within(pid, LOST_WITHIN_S + 8) is not None
        assert time.monotonic() - began < LOST_WITHIN_S + 1
    assert told.read_text("ascii") == "129\n"


def test_hang_up_while_stopped_ends_it(program: list[str]) -> None:
    """The kernel sends SIGHUP and SIGCONT to a stopped job whose shell has gone."""
    with in_pty(["bash", "--norc", "-i"]) as (shell, master):
        os.write(master, b" ".join(word.encode() for word in (*program, "-p", "1")) + b"\n")
        read_until(master, b"No socket matches")
        job = int(subprocess.run(["ps", "-o", "pid=", "--ppid", str(shell)], capture_output=True, check=True).stdout)
        os.write(master, b"\x1a")
        read_until(master, b"Stopped")
        os.kill(shell, signal.SIGKILL)
        ended_within(shell, 5)
        deadline = time.monotonic() + LOST_WITHIN_S + 3
        while Path(f"/proc/{job}/task").exists():
            assert time.monotonic() < deadline, "it outlives its terminal"
            time.sleep(0.05)


def test_in_a_job_whose_shell_has_gone_it_says_whose_the_terminal_is(program: list[str]) -> None:
    """Orphaned in the background: nobody could bring it to the foreground."""
    code = (
        "import os, sys, subprocess, time\n"
        "if os.fork(): time.sleep(3); sys.exit()\n"
        "if os.fork(): os._exit(0)\n"
        "os.setpgid(0, 0); time.sleep(0.3)\n"
        "print('ended with', subprocess.run(sys.argv[1:]).returncode, flush=True)"
    )
    with in_pty([program[0], "-c", code, *program, "-p", "1"]) as (_, master):
        seen = read_until(master, b"ended with 2")
        assert b"belongs to another job" in seen
