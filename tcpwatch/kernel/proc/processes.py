"""Processes and their open sockets from /proc.

A pid can be reused at any moment. So everything is read through a descriptor of /proc/PID: it stays bound to one
process and fails once that process has ended.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tcpwatch.sockets.row import NoOwner
from tcpwatch.text.clean import clean

_SOCKET = "socket:["
_ONE_THREAD = 3  # links of /proc/PID/task: one a thread, and two of every directory
_MOST_THREADS = 256  # that are looked at in one process
# Capabilities without which root cannot read other users' descriptors: bit of CapEff (include/uapi/linux/capability.h).
_LOOKUP = {19: NoOwner.NEEDS_SYS_PTRACE, 2: NoOwner.NEEDS_DAC_READ_SEARCH}
_START_TIME = 22 - 3  # proc(5) counts from 1; the line is read from field 3, which follows the name in parentheses


@dataclass(frozen=True, slots=True)
class Process:
    """A process and its open sockets: inode -> lowest descriptor."""

    pid: int
    start_ticks: int
    command: str
    socket_fds: dict[int, int]


class ProcessTable:
    """The processes under `root`, normally /proc.

    `hidden` is the reason why some may not be read. It is determined at creation, before privileges are dropped.
    """

    def __init__(self, root: Path = Path("/proc")) -> None:
        self._root = root
        self.hidden = _why_hidden(root / "self" / "status")

    def pids(self) -> list[int]:
        """All visible pids; empty if the system has no /proc."""
        try:
            return [int(name) for name in os.listdir(self._root) if name.isdecimal()]
        except OSError:
            return []

    def mark(self, pid: int) -> tuple[int, int] | None:
        """A value that changes if the pid is reused or the number of open files changes; None if the process has ended.

        Readable for every user. It includes the number of files since Linux 6.2.
        """
        try:
            status = os.stat(self._root / str(pid) / "fd")
        except OSError:
            return None
        return status.st_ino, status.st_size

    def read(self, pid: int) -> Process | None:
        """The process and its sockets; None if it has ended. PermissionError for other users' processes."""
        try:
            with _directory(self._root / str(pid)) as process:
                start_ticks = int(_contents(process, "stat").rpartition(")")[2].split()[_START_TIME])
                command = clean(_contents(process, "comm").removesuffix("\n"))
                return Process(pid, start_ticks, command, _socket_fds(process))
        except PermissionError:
            raise
        except OSError:
            return None

    def denied(self) -> int:
        """How many processes may not be read now; tries each of them."""
        return sum(map(self._denies, self.pids()))

    def _denies(self, pid: int) -> bool:
        try:
            self.read(pid)
        except PermissionError:
            return True
        return False


def _why_hidden(status: Path) -> NoOwner:
    """What this process lacks to read other processes (proc_pid_status(5))."""
    try:
        fields = dict(line.split(":\t", 1) for line in status.read_text(errors="replace").splitlines())
        uid, capabilities = int(fields["Uid"].split()[1]), int(fields["CapEff"], 16)
    except FileNotFoundError:
        return NoOwner.NO_PROC
    except (OSError, KeyError, ValueError):
        return NoOwner.NEEDS_ROOT
    if uid != 0:
        return NoOwner.NEEDS_ROOT
    return next((lacks for bit, lacks in _LOOKUP.items() if not capabilities >> bit & 1), NoOwner.HIDDEN)


@contextmanager
def _directory(path: Path | str, parent: int | None = None) -> Iterator[int]:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _contents(process: int, name: str) -> str:
    descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=process)
    with open(descriptor, encoding="utf-8", errors="surrogateescape", newline="") as file:
        return file.read()


def _socket_fds(process: int) -> dict[int, int]:
    """The sockets of the process; also those of threads that have a table of their own (unshare(CLONE_FILES)).

    The table of a process whose main thread has ended is empty or closed to us, and its threads still have one.
    """
    refusal, inodes = None, dict[int, int]()
    try:
        inodes = _sockets_in("fd", process)
    except PermissionError as error:
        refusal = error
    tables = 0
    for path in _tables_apart(process):
        with suppress(OSError):
            inodes = _sockets_in(path, process) | inodes
            tables += 1
    if refusal is not None and not tables:
        raise refusal
    return inodes


def _tables_apart(process: int) -> Iterator[str]:
    """The tables of threads that are not of the size of the process's own: the cheapest sign that they differ."""
    try:
        if os.stat("task", dir_fd=process).st_nlink <= _ONE_THREAD:
            return
        size = os.stat("fd", dir_fd=process).st_size
        with _directory("task", process) as task:
            threads = os.listdir(task)[:_MOST_THREADS]
    except OSError:
        return
    for thread in threads:
        with suppress(OSError):
            if os.stat(path := f"task/{thread}/fd", dir_fd=process).st_size != size:
                yield path


def _sockets_in(path: str, process: int) -> dict[int, int]:
    inodes: dict[int, int] = {}
    with _directory(path, process) as directory:
        for fd in sorted(map(int, os.listdir(directory))):
            try:
                target = os.readlink(str(fd), dir_fd=directory)
            except FileNotFoundError:  # closed meanwhile
                continue
            if target.startswith(_SOCKET):
                inodes.setdefault(int(target[len(_SOCKET) : -1]), fd)
    return inodes
