"""The program behind a socket: who it is, and which tool looks into it. Pure.

Rule: what was not observed is None, and `unknown` says why. Nothing here is a guess: a runtime is named where its
executable or its libraries show it, and a command that sends a signal only where the program catches that signal.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from signal import SIGQUIT, SIGUSR1
from types import MappingProxyType
from typing import NamedTuple

from tcpwatch.sockets.threads import ThreadsSeen


class Runtime(StrEnum):
    """What runs the program's code, as far as it was recognised."""

    CPYTHON = "CPython"
    JVM = "JVM"
    GO = "Go"
    NODE = "Node.js"
    NATIVE = "native code"
    UNKNOWN = "unknown"


class Unseen(StrEnum):
    """Why a fact about a program is not known."""

    OTHER_USER = "the kernel does not tell it of another user's process"
    GUARDED = "the kernel guards this process, or fences tcpwatch off from it"
    FIRST = "it is the first process"
    OUTSIDE = "it is outside this pid namespace"
    ZOMBIE = "its main thread has ended"
    NOT_ASKED = "nobody asked"
    OLD_KERNEL = "this kernel does not count them"
    NO_FILE = "the kernel offers no such file"


@dataclass(frozen=True, slots=True)
class Program:
    """A process. `start_ticks` tells it from another one that had its pid.

    `unit` is systemd's, `container` as `docker/3f2a9c01d2e4`. `started_ns` is wall-clock time. `fd_limit` is the soft
    RLIMIT_NOFILE. `executable` is a path, or only the file's name where the kernel tells no more;
    `executable_deleted`: it was replaced or removed since the start. `catches` has a bit for each signal that the
    program handles, bit 0 for signal 1. `unknown` has the reason for what is None, by the name of the attribute.
    """

    pid: int
    start_ticks: int
    command: str
    command_line: tuple[str, ...] | None = None
    uid: int | None = None
    user: str | None = None
    unit: str | None = None
    container: str | None = None
    parent_pid: int | None = None
    parent_command: str | None = None
    started_ns: int | None = None
    fds_used: int | None = None
    fd_limit: int | None = None
    thread_count: int | None = None
    executable: str | None = None
    executable_deleted: bool | None = None
    catches: int | None = None
    runtime: Runtime = Runtime.UNKNOWN
    threads: ThreadsSeen | None = None
    unknown: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False)

    @property
    def fds_left(self) -> int | None:
        """How many descriptors it may still open."""
        if self.fds_used is None or self.fd_limit is None:
            return None
        return max(0, self.fd_limit - self.fds_used)

    def does_catch(self, signal: int) -> bool:
        """Whether it is known to handle a signal."""
        return self.catches is not None and bool(self.catches >> signal - 1 & 1)


class Tool(NamedTuple):
    """A command that looks into a program of one runtime, with `{pid}` in it; what it does; the signal it sends."""

    command: str
    does: str
    signal: int | None = None


class Step(NamedTuple):
    """A command as typed here, and what it does."""

    command: str
    does: str


_GDB = Tool("gdb -p {pid} -batch -ex 'thread apply all bt'", "prints where each thread is; it stands still meanwhile")
TOOLS: Mapping[Runtime, tuple[Tool, ...]] = {
    Runtime.CPYTHON: (Tool("py-spy dump --pid {pid}", "prints where each Python thread is"),),
    Runtime.JVM: (Tool("jcmd {pid} Thread.print", "prints where each Java thread is, and its locks", SIGQUIT),),
    Runtime.GO: (Tool("dlv attach {pid}", "opens a debugger that knows goroutines; it stands still meanwhile"),),
    Runtime.NODE: (Tool("kill -USR1 {pid}", "opens node's inspector on port 9229 of its loopback", SIGUSR1),),
    Runtime.NATIVE: (_GDB,),
    Runtime.UNKNOWN: (),
}


def next_steps(program: Program, me: int | None = None) -> tuple[Step, ...]:
    """The commands that look into the program; none where its runtime is not known, or it would not survive them.

    `me` is the uid of the user who would type them: for the process of another one they go through sudo.
    """
    sudo = "sudo " if me not in (None, 0, program.uid) else ""
    return tuple(
        Step(sudo + tool.command.format(pid=program.pid), tool.does)
        for tool in TOOLS[program.runtime]
        if tool.signal is None or program.does_catch(tool.signal)
    )
