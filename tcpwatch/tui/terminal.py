"""The terminal is always given back, and a lost one ends the program.

Textual restores the terminal when its App ends; what it does not do is end on SIGTERM or SIGHUP, notice that the
terminal is gone (its input thread then spins), or get out when the terminal takes no more output (its loop blocks on a
full queue). So a thread of our own sleeps until there is a signal or a hang-up, asks the App to end, and if that does
not happen in time, does what must be done and ends the process.
"""

import contextlib
import os
import select
import signal
import sys
import termios
from collections.abc import Callable, Iterator, Mapping
from threading import Event, Thread
from types import FrameType
from typing import Any

from tcpwatch.errors import UsageError
from tcpwatch.tui.job import in_foreground, stop_job

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
PATIENCE_S = 1.2  # for the App to end by itself; a lost terminal must end the program within 2 s
# Leave what Textual has switched on: kitty keys, mouse, focus, paste, resize reports, alternate screen, hidden cursor.
RESTORE = (
    b"\x1b[<u\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1016l\x1b[?1006l\x1b[?1004l\x1b[?2004l\x1b[?2048l\x1b[?7h\x1b[?1049l"
    b"\x1b[?25h"
)


def check_terminal(environ: Mapping[str, str]) -> None:
    """Raise UsageError where a full-screen program cannot work."""
    hint = "use a headless command: tcpwatch sockets, packets, flows (each with --json)"
    if not all(stream is not None and stream.isatty() for stream in (sys.__stdin__, sys.__stdout__, sys.__stderr__)):
        raise UsageError(f"the dashboard needs a terminal on stdin, stdout and stderr; {hint}")
    if environ.get("TERM") == "dumb":
        raise UsageError(f"TERM=dumb cannot show the dashboard; {hint}")
    while not in_foreground(0):  # started with `&`: it waits there for `fg`, as whatever needs the terminal does
        if not stop_job(signal.SIGTTOU, 0):
            raise UsageError(f"the terminal belongs to another job; {hint}")


def over_ssh(environ: Mapping[str, str]) -> bool:
    """Whether the screen is painted over a network, where fewer pictures a second are kinder."""
    return "SSH_CONNECTION" in environ or "SSH_TTY" in environ


@contextlib.contextmanager
def guarded(leave: Callable[[int], object], last_resort: Callable[[], object]) -> Iterator[None]:
    """While inside, a signal or a hang-up calls `leave(exit code)` from another thread.

    Where the block has not been left soon after, `last_resort` is called and the process ends with that code.
    """
    guard = _Guard(leave, last_resort)
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    for number, handler in handlers.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, guard.on_signal)
    guard.start()
    try:
        yield
    finally:
        guard.finish()
        for number, handler in handlers.items():
            signal.signal(number, handler)


class _Guard:
    def __init__(self, leave: Callable[[int], object], last_resort: Callable[[], object]) -> None:
        self._leave = leave
        self._last_resort = last_resort
        self._finished = Event()
        self._wake_read, self._wake_write = os.pipe()
        self._attributes = _attributes()
        self._thread = Thread(target=self._run, name="terminal-guard", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        os.write(self._wake_write, bytes((128 + number,)))

    def finish(self) -> None:
        self._finished.set()
        os.write(self._wake_write, b"\0")
        self._thread.join()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _run(self) -> None:
        code = self._wait()
        if not code:
            return
        self._leave(code)
        if not self._finished.wait(PATIENCE_S):
            try:
                self._last_resort()
            finally:
                _give_back(self._attributes)
                os._exit(code)

    def _wait(self) -> int:
        """The exit code to leave with: 128 + the signal, SIGHUP's for a hang-up; 0 at the ordinary end."""
        poll = select.poll()
        poll.register(self._wake_read, select.POLLIN)
        poll.register(sys.__stdin__.fileno() if sys.__stdin__ else 0, 0)  # a hang-up is always reported
        if any(fd == self._wake_read for fd, _ in poll.poll()):
            return os.read(self._wake_read, 1)[0]
        return 128 + signal.SIGHUP


def _attributes() -> list[Any] | None:
    try:
        return termios.tcgetattr(0)
    except termios.error:
        return None


def _give_back(attributes: list[Any] | None) -> None:
    if not in_foreground(0):  # it was given back when the program was suspended
        return
    with contextlib.suppress(OSError):
        os.set_blocking(2, False)
        try:
            os.write(2, RESTORE)
        finally:
            os.set_blocking(2, True)
    if attributes is not None:
        with contextlib.suppress(termios.error):
            termios.tcsetattr(0, termios.TCSANOW, attributes)
