"""Textual's driver for a terminal, and what it lacks: input of any bytes, and job control.

Ctrl-Z stops the program as the shell's user expects: the terminal is given back first, and the stop is the kernel's own
(SIGTSTP), which it refuses where no shell could continue the program. Textual stops itself with SIGSTOP, which nobody
refuses; it takes each SIGCONT for the end of a stop that it asked for, starts a second thread that reads the keyboard,
and paints nothing anew. docs/upstream.md has each of these as it was found in Textual.
"""

import os
import select
import signal
import termios
from contextlib import suppress
from typing import Any

from textual import constants, events
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.message import Message

from tcpwatch.tui.keyboard import Keyboard
from tcpwatch.tui.terminal import has_job_control, in_foreground

PAUSE_S = 0.1
# For a signal that came with the SIGCONT (a shell's `kill %1` sends both) to end the program before it stops again.
GRACE_S = 0.2
MOST_CELLS = 4096  # of a width or a height that the terminal reports as text: no screen has more, line noise may
KITTY_KEYS = 0b11001  # disambiguate, report all keys, with their text: what LinuxDriver asks for


class TerminalDriver(LinuxDriver):
    """A LinuxDriver that survives any input, and can be stopped and continued."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        self._suspended = self._continued = False
        self._attributes: list[Any] | None = None
        super().__init__(app, debug=debug, mouse=mouse, size=size)

    # Input.

    def run_input_thread(self) -> None:
        """Read the keyboard until `exit_event` is set; a lost terminal is for `terminal.guarded` to find."""
        keyboard = Keyboard()
        while not self.exit_event.is_set():
            if not select.select([self.fileno], [], [], PAUSE_S)[0]:
                messages = keyboard.pause()
            elif data := self._read():
                messages = keyboard.messages(data)
            else:
                self.exit_event.wait(PAUSE_S)
                continue
            for message in messages:
                self.process_message(message)

    def _read(self) -> bytes:
        with suppress(OSError):
            return os.read(self.fileno, 4096)
        return b""

    def process_message(self, message: Message) -> None:
        """Take no size from the terminal that it was not asked for, or that cannot be."""
        if isinstance(message, events.Resize) and not (
            self._in_band_window_resize and all(0 < cells <= MOST_CELLS for cells in message.size)
        ):
            return
        super().process_message(message)

    # Job control.

    def suspend(self, whole_group: bool = True) -> bool:
        """Give the terminal back and stop; False where there is no shell that could continue what stops.

        The whole group stops as it does at Ctrl-Z: the shell watches the process it started, which may be around this
        one (`make`, `sh -c`). What belongs to root stays running when privilege has been given up: there a second
        Ctrl-Z, which the terminal then turns into the signal itself, stops the rest.
        """
        if self._suspended:
            return True
        if not has_job_control():
            return False
        self.suspend_application_mode()
        self._suspended = True
        stopped = self._stop(0 if whole_group else os.getpid())
        if not stopped:
            self._resume()
        return stopped

    def _stop(self, whom: int) -> bool:
        """True when it has been continued; False where the kernel does not stop a process without a shell."""
        self._continued = False
        handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(whom, signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, handler)
        return self._continued

    def _sigtstp_application(self, *_: object) -> None:
        """SIGTSTP from outside. Between two things, never amid one: what is interrupted may hold a lock."""
        with suppress(RuntimeError):  # the loop has been closed: the program ends
            self._loop.call_soon_threadsafe(self.suspend, False)

    def _sigcont_application(self, *_: object) -> None:
        """SIGCONT, whether after a stop of our own, after a SIGSTOP, or after none."""
        self._continued = True
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._come_back)

    def _come_back(self) -> None:
        if in_foreground(self.fileno):
            self._resume()
        else:
            self._loop.call_later(GRACE_S, self._step_back)

    def _step_back(self) -> None:
        """Continued in the background (`bg`): the kernel stops who sets the terminal from there."""
        if in_foreground(self.fileno):
            self._resume()
        elif not self._app._exit:
            signal.signal(signal.SIGTTOU, signal.SIG_DFL)
            with suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, termios.tcgetattr(self.fileno))

    def _resume(self) -> None:
        """Set the terminal and have everything painted anew; what the shell has left on it is not known."""
        if self._suspended:
            self._suspended = False
            self.start_application_mode()
        else:
            self._set_again()
        self.send_message(self.SignalResume())

    def start_application_mode(self) -> None:
        """Remember how the terminal is set afterwards."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        with suppress(termios.error):
            self._attributes = termios.tcgetattr(self.fileno)

    def _set_again(self) -> None:
        """What start_application_mode sets, while the thread that reads the keyboard runs on."""
        if self._attributes is not None:
            with suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self._attributes)
        self.write("\x1b[?1049h\x1b[?25l\x1b[?1004h")
        if not constants.DISABLE_KITTY_KEY:
            self.write(f"\x1b[<u\x1b[>{KITTY_KEYS}u")
        self._enable_mouse_support()
        self._enable_bracketed_paste()
        self._disable_line_wrap()

    # While the terminal is not ours.

    def write(self, data: str) -> None:
        """Write to the terminal; nothing while it has been given back."""
        if not self._suspended:
            super().write(data)

    def disable_input(self) -> None:
        """Stop reading the keyboard."""
        if not self._suspended:
            super().disable_input()

    def stop_application_mode(self) -> None:
        """Give the terminal back, once."""
        if not self._suspended:
            super().stop_application_mode()
