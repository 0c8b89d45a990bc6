"""What all child processes of the lab have in common: a name, a first line when they are ready, an end with the parent.

Standard input is the lifeline. Only the parent holds its other end, so however the parent goes (quit, exception,
SIGTERM, SIGKILL) the kernel closes it, and the child reads the end of the file. This works on every Unix.
`PR_SET_PDEATHSIG` is Linux's alone, and fires already when the *thread* ends that started the child.
"""

import sys
from collections.abc import Callable, Collection
from contextlib import suppress
from threading import Lock, Thread

from tcpwatch.system.capability_sets import keep_capabilities
from tcpwatch.system.landlock import refuse_file_changes

READY = "ready"
# include/uapi/linux/capability.h
CAP_NET_BIND_SERVICE, CAP_NET_ADMIN, CAP_NET_RAW = 10, 12, 13
TO_LISTEN = (CAP_NET_BIND_SERVICE,)  # on a port below 1024
TO_PLAY = (*TO_LISTEN, CAP_NET_ADMIN, CAP_NET_RAW)  # sysctls of the namespace; raw segments
LAST_LINE_S = 1  # for a thread that is in the middle of a line when all ends

_sending = Lock()


def run_until_input_ends(
    name: str,
    set_up: Callable[[], object],
    play: Callable[[], object] | None = None,
    obey: Callable[[str], object] = lambda line: None,
    needs: Collection[int] = (),
    works_with_files: bool = False,
) -> int:
    """Call `set_up`, write `ready` to standard output, stay until standard input ends; returns the exit status.

    What `set_up` starts goes on in daemon threads. Where it fails with OSError, the line is the error instead, and the
    status its errno. `play` runs in such a thread after `ready`, and may write lines. `obey` is called with each line
    of the parent. First of all, every capability is given up but those that the child `needs`; and where the kernel has
    Landlock, the right to change files and to run programs, unless it `works_with_files`.
    """
    _take_name(name)
    keep_capabilities(needs)
    if not works_with_files:
        with suppress(OSError):
            refuse_file_changes()
    try:
        set_up()
    except OSError as error:
        send_line(str(error))
        return error.errno or 1
    send_line(READY)
    if play is not None:
        Thread(target=play, daemon=True).start()
    with suppress(KeyboardInterrupt):
        for line in sys.stdin.buffer:
            obey(line.decode().strip())
    _sending.acquire(timeout=LAST_LINE_S)  # and never given back: Python aborts where a thread holds stdout as it ends
    return 0


def _take_name(name: str) -> None:
    """Show `name`, at most 15 bytes of it, in `ss -p`, `ps` and `top`; where there is no /proc, Python's name stays."""
    with suppress(OSError), open("/proc/self/comm", "w") as comm:
        comm.write(name)


def send_line(line: str) -> None:
    """Write one line to the parent."""
    with _sending:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
