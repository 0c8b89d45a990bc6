"""The terminal is given back whatever happens, and a lost or stalled one ends or stops nothing but the picture."""

import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.e2e.conftest import Place
from tests.e2e.terminal import Terminal

pytestmark = pytest.mark.e2e

LOST_WITHIN_S = 2.0


@contextmanager
def in_pty(command: list[str], ignored: tuple[signal.Signals, ...] = ()) -> Iterator[tuple[int, int]]:
    """The command as the leader of a session on a pty: its pid and the pty's other end."""
    pid, master = pty.fork()
    if pid == 0:
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)
        os.environ["TERM"] = "xterm-256color"
        os.execvp(command[0], command)
    try:
        yield pid, master
    finally:
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)
        with suppress(OSError):
            os.waitpid(pid, 0)
        with suppress(OSError):
            os.close(master)


def read_until(master: int, wanted: bytes) -> bytes:
    """Read the pty until these bytes have come."""
    seen = b""
    deadline = time.monotonic() + 10
    while wanted not in seen:
        assert time.monotonic() < deadline, seen[-500:]
        seen += os.read(master, 65_536)
    return seen


def ended_within(pid: int, seconds: float) -> int | None:
    """The exit code where the process ends in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    return None


@pytest.mark.parametrize(("name", "code"), [("TERM", 143), ("HUP", 129), ("INT", 130)])
def test_signal_gives_the_terminal_back(tmux: None, program: list[str], name: str, code: int) -> None:
    with Terminal(program, 120, 36) as terminal:
        terminal.wait_for("Connections", "quit")
        assert terminal.modes() == "1 1 0"
        subprocess.run(["kill", f"-{name}", str(terminal.pid())], check=True)
        terminal.wait_for(f"exit code {code}")
        assert terminal.modes() == "0 0 1"


@pytest.mark.parametrize("ignored", [(), (signal.SIGHUP,)])
def test_lost_terminal_ends_the_program(program: list[str], ignored: tuple[signal.Signals, ...]) -> None:
    with in_pty(program, ignored) as (pid, master):
        read_until(master, b"Connections")
        os.close(master)
        assert ended_within(pid, LOST_WITHIN_S) == 129


def test_stalled_terminal_still_ends_on_sigterm(program: list[str]) -> None:
    with in_pty([*program, "demo"] if os.geteuid() == 0 else program) as (pid, master):
        read_until(master, b"Connections")
        time.sleep(5)  # nobody reads: the output queue fills
        os.kill(pid, signal.SIGTERM)
        assert ended_within(pid, LOST_WITHIN_S) == 143


def test_dashboard_without_a_terminal_is_refused(program: list[str]) -> None:
    done = subprocess.run(program, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "tcpwatch sockets" in done.stderr


def test_dumb_terminal_is_refused(tmux: None, program: list[str]) -> None:
    with Terminal(["env", "TERM=dumb", *program], 120, 36) as terminal:
        screen = terminal.wait_for("exit code 2")
        assert "TERM=dumb" in screen


def test_hostile_process_name_is_shown_and_not_obeyed(tmux: None, place: Place, program: list[str]) -> None:
    name = r"\x1b]2;PWNED\x07[/x][@click=app.quit]"
    listener = (
        f"import socket, time; open('/proc/self/comm', 'wb').write(b'{name}'[:15]); "
        "s = socket.create_server(('127.0.0.1', 8081)); time.sleep(60)"
    )
    with place.running(sys.executable, "-c", listener):
        place.wait_for_listener(8081)
        with Terminal([*place.enter, *program, "-p", "8081"], 120, 36) as terminal:
            terminal.wait_for("LISTEN", "␛]2;PWNED␇[/x]")
            title = terminal.title()
            terminal.press("q")
            terminal.wait_for("exit code 0")
    assert "PWNED" not in title
