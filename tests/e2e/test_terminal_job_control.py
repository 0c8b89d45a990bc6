"""Ctrl-Z and `fg` as with any program of a terminal: real shells in a real tmux."""

import os
import shlex
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal

pytestmark = pytest.mark.e2e

IN_SHELL, IN_DASHBOARD = "0 0 1", "1 1 0"
BASH = ["bash", "--norc", "-i"]


@pytest.fixture(params=["as this user", "as a plain user"])
def shell(request: pytest.FixtureRequest, tmux: None) -> Iterator[Terminal]:
    """A shell with job control, and a dashboard that it has started."""
    name = "plain_program" if request.param == "as a plain user" else "program"
    start = shlex.join([*request.getfixturevalue(name), "-p", "1"])
    with Terminal(BASH, 120, 36) as terminal:
        terminal.type(f"cd {shlex.quote(str(Path(__file__).parents[2]))}\n")
        terminal.type(f"{start}\n")
        terminal.wait_for("No socket matches", "quit")
        yield terminal


def stopped(terminal: Terminal) -> None:
    terminal.press("C-z")
    terminal.wait_until(lambda screen: "Stopped" in screen and terminal.modes() == IN_SHELL, "the shell")


def to_foreground(terminal: Terminal, *words: str) -> None:
    terminal.type("fg\n")
    screen = terminal.wait_for("Connections", "No socket matches", "Detail", "quit", *words)
    assert "Stopped" not in screen
    assert terminal.modes() == IN_DASHBOARD


def test_ctrl_z_gives_the_terminal_to_the_shell_and_fg_brings_all_back(shell: Terminal) -> None:
    for number in range(3):
        stopped(shell)
        shell.type(f"clear; echo line {number} of the shell; stty -a | grep -o ' icanon'\n")
        shell.wait_for(f"line {number} of the shell\n icanon")
        to_foreground(shell)
    shell.press("q")
    shell.wait_until(lambda screen: shell.modes() == IN_SHELL, "the shell")


def test_size_that_changed_meanwhile_is_arranged(shell: Terminal) -> None:
    stopped(shell)
    shell.resize(80, 24)
    shell.type("clear; fg\n")
    screen = shell.wait_for("1 Connections", "2 Packets", "quit")
    assert max(map(len, screen.splitlines())) <= 80


def test_ctrl_z_without_a_shell_to_go_back_to_says_so(tmux: None, program: list[str]) -> None:
    with Terminal([*program, "-p", "1"], 120, 36) as terminal:
        terminal.wait_for("No socket matches", "quit")
        terminal.press("C-z")
        terminal.wait_for("no shell has started it")
        os.kill(terminal.pid(), signal.SIGTSTP)
        terminal.press("?")
        terminal.wait_for("Esc closes")
        assert terminal.modes() == IN_DASHBOARD
        terminal.press("C-c")
        terminal.wait_for("exit code 0")
