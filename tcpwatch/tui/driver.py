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

from textual import constants
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from tcpwatch.tui.job import has_job_control, in_foreground, stop_job
from tcpwatch.tui.keyboard import PAUSE_S, Keyboard

# For a signal that came with the SIGCONT (a shell's `kill %1` sends both) to end the program before it stops again.
GRACE_S = 0.2
KITTY_KEYS = 0b11001  # disambiguate, report all keys, with their text: what LinuxDriver asks for


class TerminalDriver(LinuxDriver):
    """A LinuxDriver that survives any input, and can be stopped and continued."""

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        self._suspended = self._behind = False
        self._attributes: list[Any] | None = None
        super().__init__(app, debug=debug, mouse=mouse, size=size)

    # Input.

    def run_input_thread(self) -> None:
        """Read the keyboard until `exit_event` is set; a lost terminal is for `terminal.guarded` to find."""
        keyboard = Keyboard(lambda: self._in_band_window_resize)
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

    # Job control.

    def suspend(self, whole_group: bool = True) -> bool:
        """Give the terminal back and stop; False where there is no shell that could continue what stops."""
        if self._suspended:
            return True
        if not has_job_control():
            return False
        if self._key_thread is not None:
            self.suspend_application_mode()
        self._suspended = True
        stopped = stop_job(signal.SIGTSTP, self.fileno, whole_group)
        if not stopped:
            self._resume()
        return stopped

    def _sigtstp_application(self, *_: object) -> None:
        """SIGTSTP from outside. Between two things, never amid one: what is interrupted may hold a lock."""
        with suppress(RuntimeError):  # the loop has been closed: the program ends
            self._loop.call_soon_threadsafe(self.suspend, False)

    def _sigcont_application(self, *_: object) -> None:
        """SIGCONT, whether after a stop of our own, after a SIGSTOP, or after none."""
        self._behind = not in_foreground(self.fileno)
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._come_back)

    def _come_back(self) -> None:
        if in_foreground(self.fileno):
            self._resume()
        else:
            self._loop.call_later(GRACE_S, self._step_back)

    def _step_back(self) -> None:
        """Continued in the background (`bg`): stop again, as who needs the terminal does there."""
        if in_foreground(self.fileno):
            self._resume()
        elif not self._app._exit:
            stop_job(signal.SIGTTOU, self.fileno)

    def _resume(self) -> None:
        """Set the terminal and have everything painted anew; what the shell has left on it is not known."""
        self._behind = False
        if self._suspended:
            self._suspended = False
            self.start_application_mode()
        elif self._key_thread is not None:
            self._set_again()
        self.send_message(self.SignalResume())

    def start_application_mode(self) -> None:
        """Remember how the terminal is set afterwards."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._attributes = self._terminal_attributes()

    def _terminal_attributes(self) -> list[Any] | None:
        with suppress(termios.error):
            return termios.tcgetattr(self.fileno)
        return None

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
        if self._in_band_window_resize:
            self._enable_in_band_window_resize()  # the terminal answers with its size
            self._enable_mouse_pixels()
        os.kill(os.getpid(), signal.SIGWINCH)  # while this was stopped, another had the foreground and heard of it

    # While the terminal is not ours.

    def write(self, data: str) -> None:
        """Write to the terminal; nothing while it has been given back, or is another job's."""
        if not (self._suspended or self._behind):
            super().write(data)

    def disable_input(self) -> None:
        """Stop reading the keyboard; what is typed for another job stays."""
        if self._suspended:
            return
        if in_foreground(self.fileno):
            super().disable_input()
        elif self._key_thread is not None:
            signal.signal(signal.SIGWINCH, signal.SIG_DFL)
            self._disable_mouse_support()
            self.exit_event.set()
            self._key_thread.join()

    def stop_application_mode(self) -> None:
        """Give the terminal back, once; in the background (`kill %1` after a SIGSTOP) without what a shell has set."""
        if self._suspended:
            return
        self._behind = False
        if not in_foreground(self.fileno):
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            if self._terminal_attributes() != self._attributes:
                self.attrs_before = None
        super().stop_application_mode()

    def _disable_mouse_support(self) -> None:
        """Textual leaves it counting pixels in a terminal that keeps this apart from the rest."""
        super()._disable_mouse_support()
        if self._mouse_pixels:
            self.write("\x1b[?1016l")
