"""The job that this process is part of, as its shell sees it: in the foreground, in the background, or stopped.

A shell gives each job a process group, and the terminal to one of them. It watches the process that it started, which
may be around this one (`sh -c`, `make`), so what stops is the group.
"""

import os
import signal
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any


def in_foreground(fileno: int) -> bool:
    """Whether this process may use the terminal: also where it is not asked, and where the group cannot be known."""
    try:
        return os.tcgetpgrp(fileno) in (0, os.getpgrp())  # 0: a group of another pid namespace
    except OSError:
        return True


def has_job_control() -> bool:
    """Whether a shell could continue what stops: it gives each job a group, which the session's first process has not.

    The kernel is exacter (a stop needs a group that is not orphaned), but tells only who tries.
    """
    return os.getpgrp() != os.getsid(0)


def stop_job(number: signal.Signals, fileno: int, whole_group: bool = True) -> bool:
    """Stop as SIGTSTP or SIGTTOU do; True when it has been continued, after its handler of SIGCONT has been called.

    False where the kernel does not stop a process without a shell. `fileno` is the terminal.
    """
    continued = False

    def on_continued(*_: object) -> None:
        nonlocal continued
        continued = True

    with _handled(signal.SIGCONT, on_continued) as before, _handled(number, signal.SIG_DFL):
        handed_over = whole_group and not _reaches_its_group() and _stop_others(fileno)
        os.kill(0 if whole_group else os.getpid(), number)
    if continued and callable(before):
        before(signal.SIGCONT, None)
    elif handed_over and not continued:
        _take_terminal(fileno, os.getpgrp())
    return continued


def _reaches_its_group() -> bool:
    """Whether the process that the shell started belongs to this user: it does not where privilege was given up."""
    try:
        os.kill(os.getpgrp(), 0)
    except PermissionError:
        return False
    except ProcessLookupError:
        pass
    return True


def _stop_others(fileno: int) -> bool:
    """Have the kernel stop the group, whosever its processes are; this one goes on, to stop by itself.

    It does so to a group in the background that sets the terminal. True where this took the foreground for that.
    """
    front = in_foreground(fileno)
    with suppress(OSError, termios.error):
        if front:
            _take_terminal(fileno, os.getpgid(os.getsid(0)))
        with _handled(signal.SIGTTOU, lambda *_: None):
            termios.tcsetattr(fileno, termios.TCSANOW, termios.tcgetattr(fileno))
    return front


def _take_terminal(fileno: int, group: int) -> None:
    """Put a group into the foreground, whether or not this one is there."""
    with suppress(OSError), _handled(signal.SIGTTOU, signal.SIG_IGN):
        os.tcsetpgrp(fileno, group)


@contextmanager
def _handled(number: signal.Signals, handler: Any) -> Iterator[Any]:
    """With another handler of this signal while inside; it gives the one before."""
    before = signal.signal(number, handler)
    try:
        yield before
    finally:
        signal.signal(number, before)
