"""What a program of the lab does besides its own work: it has a name, says when it is ready, and ends with its parent.

Standard input is the lifeline. Only the parent holds its other end, so however the parent goes (quit, exception,
SIGTERM, SIGKILL) the kernel closes it, and the child reads the end of the file. This works on every Unix.
`PR_SET_PDEATHSIG` is Linux's alone, and fires already when the *thread* ends that started the child.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Lock, Thread

READY = "ready"
LAST_LINE_S = 1  # for a thread that is in the middle of a line when all ends

_saying = Lock()


def run(
    name: str,
    set_up: Callable[[], object],
    play: Callable[[], object] | None = None,
    obey: Callable[[str], object] = lambda line: None,
) -> int:
    """Call `set_up`, say `ready` on standard output, stay until standard input ends; returns the exit status.

    What `set_up` starts goes on in daemon threads. Where it fails with OSError, the line says why instead, and the
    status is its errno. `play` runs in such a thread once `ready` was said, and may go on to say things.
    `obey` is given each line that the parent says.
    """
    _take_name(name)
    try:
        set_up()
    except OSError as error:
        say(str(error))
        return error.errno or 1
    say(READY)
    if play is not None:
        Thread(target=play, daemon=True).start()
    with suppress(KeyboardInterrupt):
        for line in sys.stdin.buffer:
            obey(line.decode().strip())
    _saying.acquire(timeout=LAST_LINE_S)  # and never given back: Python aborts where a thread holds stdout as it ends
    return 0


def _take_name(name: str) -> None:
    """Show `name`, at most 15 bytes of it, in `ss -p`, `ps` and `top`; where there is no /proc, Python's name stays."""
    with suppress(OSError), open("/proc/self/comm", "w") as comm:
        comm.write(name)


def say(line: str) -> None:
    """One line to the parent."""
    with _saying:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
