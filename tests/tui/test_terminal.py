"""The terminal is given back, whatever ends the program: the real program in a real pseudo-terminal."""

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tcpwatch.errors import UsageError
from tcpwatch.tui import terminal
from tcpwatch.tui.terminal import check_terminal, over_ssh

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = (
    "import sys; from tests.tui.canned import *; from tcpwatch.tui.modes.live import run_dashboard; "
    "from tcpwatch.cli.streams import forget; "
)
START = PROGRAM + "code = run_dashboard(CannedMonitor(), SUBJECT); forget(sys.stderr); sys.exit(code)"
IGNORING_HANGUP = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN); " + START
DEAF = (
    "import sys, time; from tcpwatch.tui.terminal import guarded\n"
    "with guarded(lambda code: None, lambda: print('last words', flush=True)):\n"
    "    print('java/4242', flush=True); time.sleep(30)"
)
FAILING = DEAF.replace("print('last words', flush=True)", "1 / 0")
FIRST_PICTURE = b"java/4242"
LEFT = (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1003l", b"\x1b[?2004l")


class Terminal:
    """The program in a pseudo-terminal of its own, once its first picture is there."""

    def __init__(self, code: str) -> None:
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=os.environ | {"TERM": "xterm-256color"},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self.written = b""
        self.read_until(FIRST_PICTURE)

    def read_until(self, wanted: bytes | None, seconds: float = 10) -> None:
        """Read what is written until it holds `wanted`, or until the end."""
        deadline = time.monotonic() + seconds
        while (wanted is None or wanted not in self.written) and time.monotonic() < deadline:
            if select.select([self.master], [], [], 0.05)[0]:
                try:
                    chunk = os.read(self.master, 65_536)
                except OSError:
                    return
                self.written += chunk
            elif self.process.poll() is not None:
                return

    def hang_up(self) -> None:
        os.close(self.master)
        self.master = -1

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if self.master >= 0:
            os.close(self.master)


@pytest.fixture
def started(request: pytest.FixtureRequest) -> Iterator[Terminal]:
    running = Terminal(getattr(request, "param", START))
    yield running
    running.close()


@pytest.mark.e2e
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signal_gives_the_terminal_back(started: Terminal, number: signal.Signals) -> None:
    started.process.send_signal(number)
    started.read_until(None, 5)
    assert started.process.wait(5) == 128 + number
    assert all(sequence in started.written for sequence in LEFT)


@pytest.mark.e2e
def test_q_gives_the_terminal_back(started: Terminal) -> None:
    os.write(started.master, b"q")
    started.read_until(None, 5)
    assert started.process.wait(5) == 0
    assert all(sequence in started.written for sequence in LEFT)


@pytest.mark.e2e
@pytest.mark.parametrize("started", [START, IGNORING_HANGUP], ids=["hangup", "hangup-ignored"], indirect=True)
def test_lost_terminal_ends_the_program(started: Terminal) -> None:
    started.hang_up()
    assert started.process.wait(2) == 129


@pytest.mark.e2e
def test_stalled_terminal_does_not_keep_a_signal_out(started: Terminal) -> None:
    for _ in range(60):  # more pictures than the terminal and Textual's queue take while nobody reads
        os.write(started.master, b"t")
    time.sleep(0.5)
    started.process.send_signal(signal.SIGTERM)
    assert started.process.wait(3) == 128 + signal.SIGTERM


@pytest.mark.e2e
@pytest.mark.parametrize("started", [DEAF], indirect=True)
def test_program_that_does_not_leave_is_ended_after_its_last_words(started: Terminal) -> None:
    started.process.send_signal(signal.SIGTERM)
    started.read_until(None, 5)
    assert started.process.wait(3) == 128 + signal.SIGTERM
    assert b"last words" in started.written
    assert all(sequence in started.written for sequence in LEFT)


@pytest.mark.e2e
@pytest.mark.parametrize("started", [FAILING], indirect=True)
def test_last_words_that_fail_do_not_keep_the_terminal(started: Terminal) -> None:
    started.process.send_signal(signal.SIGTERM)
    started.read_until(None, 5)
    assert started.process.wait(3) == 128 + signal.SIGTERM
    assert all(sequence in started.written for sequence in LEFT)


class Tty:
    def __init__(self, tty: bool) -> None:
        self._tty = tty

    def isatty(self) -> bool:
        return self._tty


@pytest.mark.parametrize("stream", ["__stdin__", "__stdout__", "__stderr__"])
def test_check_refuses_what_is_no_terminal(monkeypatch: pytest.MonkeyPatch, stream: str) -> None:
    for name in ("__stdin__", "__stdout__", "__stderr__"):
        monkeypatch.setattr(terminal.sys, name, Tty(name != stream))
    with pytest.raises(UsageError, match=r"needs a terminal.*--json"):
        check_terminal({"TERM": "xterm"})


def test_check_refuses_a_dumb_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("__stdin__", "__stdout__", "__stderr__"):
        monkeypatch.setattr(terminal.sys, name, Tty(True))
    with pytest.raises(UsageError, match="TERM=dumb"):
        check_terminal({"TERM": "dumb"})
    check_terminal({"TERM": "xterm"})


def test_over_ssh() -> None:
    assert over_ssh({"SSH_TTY": "/dev/pts/0"})
    assert not over_ssh({})
