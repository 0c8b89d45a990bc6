"""A Python that has imported the program once, and forks for each run of it: a hundredth of a second, not a third.

`python -m tests.e2e.fork_server` has a socket for its standard input. Each message there is a run: its words as JSON,
with descriptors for its output, its messages and the report of it. The report has a line with its pid, then `stopped`
whenever it stops, and last its exit code.
"""

import gc
import json
import os
import pkgutil
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path

import tcpwatch
from tcpwatch.cli import main
from tcpwatch.cli.commands.demo import command as demo
from tcpwatch.cli.commands.demo.headless import HeadlessScenario
from tcpwatch.kernel.proc.owners import Answer, OwnerIndex
from tcpwatch.lab.namespace import OwnNamespace
from tcpwatch.sockets.row import SocketRow
from tcpwatch.system.libc import call

LONGEST_MESSAGE_BYTES = 4_096
LAST_DESCRIPTOR = 64
POLL_S = 0.1  # the kernel goes through its whole hash table each time
NOT_FOR_THESE_RUNS = ("tcpwatch.__main__", "tcpwatch.tui", "tcpwatch.capture.scapy_capture")


def import_program() -> None:
    """All that a command without a screen may import."""
    for module in pkgutil.walk_packages(tcpwatch.__path__, "tcpwatch."):
        if not module.name.startswith(NOT_FOR_THESE_RUNS):
            import_module(module.name)


def play(*words: str) -> int:
    """The demo, which stops before anything happens in its namespace, and again when all has; it goes on by SIGCONT."""
    enter, watch_all = demo.enter_own_namespace, HeadlessScenario.watch

    def enter_and_stop() -> OwnNamespace:
        place = enter()
        os.kill(os.getpid(), signal.SIGSTOP)
        return place

    def watch_and_stop(scenario: HeadlessScenario) -> int:
        code = watch_all(scenario)
        os.kill(os.getpid(), signal.SIGSTOP)
        return code

    demo.enter_own_namespace = enter_and_stop
    HeadlessScenario.watch = watch_and_stop  # type: ignore[method-assign]
    return main(["demo", *words])


def watch(pid: str, *words: str) -> int:
    """A command in the namespace of a process."""
    enter_namespace(int(pid))
    return main(words)


def look_often(pid: str, *words: str) -> int:
    """A command in the namespace of a process, each time that a socket there changes its state, and in the end."""
    OwnerIndex.resolve = nobody  # type: ignore[method-assign]
    enter_namespace(int(pid))
    to_end = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: to_end.set())
    seen = None
    while not to_end.wait(POLL_S):
        if seen != (seen := states()):
            main(words)
            sys.stderr.write("looking\n")
    return main(words)


def nobody(index: OwnerIndex, rows: Iterable[SocketRow]) -> dict[int, Answer]:
    """The search for owners goes through every process of the machine, at each look; no test asks for them here."""
    return {}


def states() -> list[list[str]]:
    """Both ends and the state of every socket of this namespace, as /proc has them."""
    return [line.split()[1:4] for line in Path("/proc/thread-self/net/tcp").read_text().splitlines()]


def enter_namespace(pid: int) -> None:
    """Whoever is not root needs its user namespace too, and holds every capability once he is in it."""
    kinds = ["net"] if os.geteuid() == 0 else ["user", "net"]
    for namespace in [os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY) for kind in kinds]:
        call("setns", namespace, 0)


RUNS: dict[str, Callable[..., int]] = {run.__name__: run for run in (play, watch, look_often)}


def serve(door: socket.socket) -> None:
    """Fork for each message, until the other end of the socket is closed."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who report
    while True:
        message, descriptors, *_ = socket.recv_fds(door, LONGEST_MESSAGE_BYTES, 3)
        if not message:
            return
        if os.fork() == 0:
            door.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            run_and_report(json.loads(message), *descriptors)
        for descriptor in descriptors:
            os.close(descriptor)


def run_and_report(words: list[str], out: int, err: int, report: int) -> None:
    """Run it in a child with these for its streams; ends this process."""
    child = os.fork()
    if child == 0:
        os.dup2(out, 1)
        os.dup2(err, 2)
        os.closerange(3, LAST_DESCRIPTOR)
        with open(1, "w", closefd=False) as sys.stdout, open(2, "w", buffering=1, closefd=False) as sys.stderr:
            code = run(*words)
        os._exit(code)
    os.close(out)
    os.close(err)
    os.write(report, f"{child}\n".encode())
    while os.WIFSTOPPED(status := os.waitpid(child, os.WUNTRACED)[1]):
        os.write(report, b"stopped\n")
    os.write(report, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def run(name: str, *words: str) -> int:
    """The exit code of one of RUNS; a failure that a program would die of is shown as there."""
    try:
        return RUNS[name](*words)
    except SystemExit as ending:
        return ending.code if isinstance(ending.code, int) else 1
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
        return 1


if __name__ == "__main__":
    import_program()
    gc.freeze()
    with socket.socket(fileno=os.dup(0)) as door:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        serve(door)
