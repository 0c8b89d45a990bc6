"""The real program in a real terminal: a tmux of its own, its screen as text."""

import os
import re
import shlex
import subprocess
import time
from collections.abc import Callable, Sequence

PATIENCE_S = 45  # a busy machine is slow, not wrong: a screen that comes is not waited for any longer

POLL_S = 0.1  # each look starts a process


class Terminal:
    """One command in a detached tmux window of a given size; a context manager that ends it."""

    def __init__(self, command: Sequence[str], columns: int, rows: int) -> None:
        self.socket = f"tcpwatch-test-{os.getpid()}-{time.monotonic_ns()}"
        words = ["-e", "TERM=tmux-256color", "-e", "COLORTERM=truecolor"]
        command = ["env", "-u", "COLUMNS", "-u", "LINES", *command]  # what pytest runs in has another size
        shell = f"{shlex.join(command)}; echo exit code $?; exec sleep 1000"
        self._tmux("new-session", "-d", "-s", "t", "-x", str(columns), "-y", str(rows), *words, shell)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, *_: object) -> None:
        self._tmux("kill-server")

    def press(self, *keys: str) -> None:
        """Send keys, in tmux's names for them."""
        self._tmux("send-keys", "-t", "t", *keys)

    def type(self, text: str) -> None:
        """Send text as it is."""
        self._tmux("send-keys", "-t", "t", "-l", text)

    def resize(self, columns: int, rows: int) -> None:
        """Give the window another size."""
        self._tmux("resize-window", "-t", "t", "-x", str(columns), "-y", str(rows))

    def screen(self) -> str:
        """What the screen shows now."""
        return self._tmux("capture-pane", "-p", "-t", "t")

    def painted_screen(self) -> str:
        """What the screen shows now, with its colours as escape sequences."""
        return self._tmux("capture-pane", "-p", "-e", "-N", "-t", "t")

    def modes(self) -> str:
        """Alternate screen, mouse reporting, cursor: `0 0 1` is a terminal as a shell wants it."""
        return self._tmux("display", "-p", "-t", "t", "#{alternate_on} #{mouse_any_flag} #{cursor_flag}").strip()

    def title(self) -> str:
        """The window's title, which an escape sequence could have set."""
        return self._tmux("display", "-p", "-t", "t", "#{pane_title}")

    def pid(self) -> int:
        """The process of the command itself, a child of the window's shell."""
        shell = self._tmux("display", "-p", "-t", "t", "#{pane_pid}").strip()
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", shell], capture_output=True, text=True, check=True)
        return int(children.stdout.split()[0])

    def wait_for(self, *words: str, patience_s: float = PATIENCE_S) -> str:
        """The first screen that has all of these words."""
        return self.wait_until(lambda screen: all(word in screen for word in words), repr(words), patience_s)

    def wait_until(self, condition: Callable[[str], bool], wanted: str, patience_s: float = PATIENCE_S) -> str:
        """The first screen for which the condition holds."""
        deadline = time.monotonic() + patience_s
        while True:
            screen = self.screen()
            if condition(screen):
                return screen
            assert time.monotonic() < deadline, f"no screen with {wanted}; the last one:\n{screen}"
            time.sleep(POLL_S)

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self.socket, "-f", "/dev/null", *words],
            env=os.environ | {"SHELL": "/bin/sh"},  # the user's own may be nologin
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0 or words[0] == "kill-server", done.stderr
        return done.stdout


def place_of(screen: str) -> int:
    """The pid by which `--netns` and nsenter find the namespace of a demo, from its title."""
    found = re.search(r"tcpwatch  netns (\d+) · lo · port", screen)
    assert found, f"no namespace in the title:\n{screen}"
    return int(found[1])


def heading_counts(screen: str) -> dict[str, int]:
    """How many sockets each group's heading counts; what has ended is no socket any more."""
    headings = re.findall(r"[▾▸] \S ([A-Z][A-Z0-9-]+)\s+(\d+)\s", screen)
    return {state: int(count) for state, count in headings if state != "CLOSED"}


def field(screen: str, name: str) -> int:
    """The local end's value of a TCB field, as the detail pane shows it: digits in groups of three."""
    found = re.search(rf"{re.escape(name)}\s+(\d{{1,3}}(?: \d{{3}})*)\s", screen)
    assert found, f"no {name} on the screen:\n{screen}"
    return int(found[1].replace(" ", ""))
