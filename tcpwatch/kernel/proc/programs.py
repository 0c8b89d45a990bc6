"""Reads the program behind a pid from /proc, and what its threads do from BPF or from /proc.

Rule: a pid is read only as the process that had it, by its start time, and everything through one descriptor of
/proc/PID. On demand, for few processes at a time; what the kernel refuses has its reason in `Program.unknown`.
"""

import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, Protocol, TypeVar

from tcpwatch.errors import SourceError
from tcpwatch.kernel.proc.containers import container_of
from tcpwatch.kernel.proc.owners import INIT
from tcpwatch.kernel.proc.runtimes import recognise
from tcpwatch.kernel.proc.tasks import Executable, TaskList, read_file, read_threads, text_of
from tcpwatch.kernel.users import user_name
from tcpwatch.sockets.program import Program, Runtime, Unseen
from tcpwatch.sockets.threads import ThreadsSeen
from tcpwatch.text.clean import clean

PROC = Path("/proc")
MOST_KNOWN = 512  # processes whose runtime is remembered
MOST_ARGUMENTS = 64
DELETED = " (deleted)"
# Of /proc/PID/stat, counted from the field that follows the command (proc_pid_stat(5)).
_STATE, _PARENT, _THREADS, _START = 0, 1, 17, 19
_ENDED = b"ZX"
_FILES = re.compile(rb"^Max open files +(\d+)", re.MULTILINE)
_UID = re.compile(rb"^Uid:\t\d+\t(\d+)", re.MULTILINE)
_CATCHES = re.compile(rb"^SigCgt:\t([0-9a-f]+)", re.MULTILINE)
_UNIT = re.compile(r"[^/\n]+\.(?:service|scope|socket|mount|swap)(?=/|$)", re.MULTILINE)
_WHOSE = re.compile(r"^(?:0:|\d+:name=systemd):(.*)", re.MULTILINE)


class TaskReader(Protocol):
    """Lists the threads of any process, as BPF can."""

    message: str

    def read(self, pid: int) -> TaskList:
        """Its threads and its executable. SourceError if the list is broken off."""

    def close(self) -> None:
        """Release the open resources."""


class _Head(NamedTuple):
    """What /proc/PID/stat has."""

    command: str
    ended: bool
    parent: int
    threads: int
    start_ticks: int


_Fact = TypeVar("_Fact")


class Programs:
    """A reader of processes by pid. Not thread-safe."""

    def __init__(
        self,
        root: Path = PROC,
        tasks: TaskReader | None = None,
        clock: Callable[[], int] = time.time_ns,
        boot_clock: Callable[[], int] = lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME),
    ) -> None:
        """`tasks` is closed with it. `clock` is the wall's, `boot_clock` counts from the boot, both in nanoseconds.

        SourceError without /proc.
        """
        try:
            self._proc = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise SourceError(f"{root} cannot be read ({error.strerror}).") from error
        self.tasks = tasks
        self._clock, self._boot_clock = clock, boot_clock
        self._tick_ns = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
        self._known: dict[tuple[int, int, str], tuple[Executable | None, Runtime]] = {}

    @property
    def message(self) -> str:
        """Whose threads can be looked at."""
        return self.tasks.message if self.tasks is not None else "/proc: the threads of processes that may be traced"

    def read(self, pid: int, start_ticks: int | None = None, *, threads: bool = False) -> Program | None:
        """The process with this pid that started then; None if it has ended, or /proc hides it.

        `threads`: also what they do.
        """
        try:
            process = os.open(str(pid), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self._proc)
        except OSError:
            return None
        try:
            head = _head(read_file(process, "stat"))
            if start_ticks is not None and head.start_ticks != start_ticks:
                return None
            return self._read(pid, process, head, threads)
        except (OSError, ValueError, IndexError):  # ended meanwhile
            return None
        finally:
            os.close(process)

    def close(self) -> None:
        """Close /proc and the source of threads."""
        if self._proc >= 0:
            os.close(self._proc)
            self._proc = -1
            if self.tasks is not None:
                self.tasks.close()

    def _read(self, pid: int, process: int, head: _Head, wants_threads: bool) -> Program:
        reading = _Reading(head.ended)
        command_line = reading.fact("command_line", lambda: _arguments(read_file(process, "cmdline")))
        uid, catches = reading.fact("uid", lambda: _status(read_file(process, "status"))) or (None, None)
        reading.own = uid == os.geteuid()
        cgroup = reading.fact("unit", lambda: read_file(process, "cgroup").decode(errors="surrogateescape")) or ""
        container = container_of(cgroup)
        tasks = self._tasks(pid) if wants_threads else None
        executable, runtime = self._runtime(pid, process, head, command_line or (), tasks, reading)
        return Program(
            pid=pid,
            start_ticks=head.start_ticks,
            command=head.command,
            command_line=command_line,
            uid=uid,
            user=None if uid is None else user_name(uid),
            unit=None if container is not None else unit_of(cgroup),
            container=container,
            parent_pid=head.parent or None,
            parent_command=self._parent_command(pid, head.parent, reading),
            started_ns=self._clock() - self._boot_clock() + head.start_ticks * self._tick_ns,
            fds_used=reading.fact("fds_used", lambda: _count_fds(process)),
            fd_limit=reading.fact("fd_limit", lambda: _fd_limit(read_file(process, "limits"))),
            thread_count=head.threads,
            executable=None if executable is None else executable.path,
            executable_deleted=None if executable is None else executable.deleted,
            catches=catches,
            runtime=runtime,
            threads=self._threads(process, tasks, wants_threads, reading),
            unknown=MappingProxyType(reading.unknown),
        )

    def _tasks(self, pid: int) -> TaskList | None:
        if self.tasks is None:
            return None
        try:
            found = self.tasks.read(pid)
        except SourceError:
            return None
        return found if found.threads.total else None

    def _threads(self, process: int, tasks: TaskList | None, wanted: bool, reading: "_Reading") -> ThreadsSeen | None:
        if not wanted:
            reading.unknown["threads"] = Unseen.NOT_ASKED
            return None
        return tasks.threads if tasks is not None else reading.fact("threads", lambda: read_threads(process))

    def _parent_command(self, pid: int, parent: int, reading: "_Reading") -> str | None:
        if not parent:
            why = Unseen.FIRST if pid == INIT else Unseen.OUTSIDE
            reading.unknown["parent_pid"] = reading.unknown["parent_command"] = why
            return None
        return reading.fact("parent_command", lambda: text_of(read_file(self._proc, f"{parent}/comm").rstrip(b"\n")))

    def _runtime(
        self,
        pid: int,
        process: int,
        head: _Head,
        command_line: tuple[str, ...],
        tasks: TaskList | None,
        reading: "_Reading",
    ) -> tuple[Executable | None, Runtime]:
        """The executable as of now, and what it is: found once, unless the process has begun another program."""
        key = pid, head.start_ticks, command_line[0] if command_line else head.command
        executable, runtime = self._known.get(key, (None, None))
        seen = reading.fact("executable", lambda: _executable(process))
        if seen is None:  # refused: the kernel's own list has its name
            if tasks is None and key not in self._known:
                tasks = self._tasks(pid)
            seen = tasks.executable if tasks is not None else executable
        if seen is not None:
            reading.unknown.pop("executable", None)
        if runtime is None or (seen is not None and executable is not None and seen.path != executable.path):
            runtime = recognise(process, seen, command_line)
        self._known.pop(key, None)
        self._known[key] = seen, runtime
        if len(self._known) > MOST_KNOWN:
            del self._known[next(iter(self._known))]
        return seen, runtime


class _Reading:
    """One process while it is read: collects why facts are not known."""

    def __init__(self, ended: bool) -> None:
        self.ended = ended
        self.own = False
        self.unknown: dict[str, str] = {}

    def fact(self, name: str, read: Callable[[], _Fact | None]) -> _Fact | None:
        """What `read` gives; where the kernel refuses it, None with the reason. OSError if the process has ended."""
        try:
            found = read()
        except PermissionError:
            self.unknown[name] = Unseen.GUARDED if self.own else Unseen.OTHER_USER
            return None
        except FileNotFoundError:
            self.unknown[name] = Unseen.ZOMBIE if self.ended else Unseen.NO_FILE
            return None
        if found is None:
            self.unknown[name] = Unseen.ZOMBIE if self.ended else Unseen.OLD_KERNEL
        return found


def unit_of(cgroup: str) -> str | None:
    """The systemd unit from the text of /proc/PID/cgroup: the innermost one; None outside of all units."""
    paths = _WHOSE.findall(cgroup)
    units = [unit for path in paths for unit in _UNIT.findall(path)]
    return clean(units[-1]) if units else None


def _head(stat: bytes) -> _Head:
    before, _, after = stat.rpartition(b")")
    fields = after.split()
    return _Head(
        text_of(before.partition(b"(")[2]),
        fields[_STATE] in _ENDED,
        int(fields[_PARENT]),
        int(fields[_THREADS]),
        int(fields[_START]),
    )


def _arguments(line: bytes) -> tuple[str, ...] | None:
    """The command line; None of a kernel thread or of a process that has ended."""
    parts = line.rstrip(b"\0").split(b"\0", MOST_ARGUMENTS)[:MOST_ARGUMENTS]
    return tuple(map(text_of, parts)) if line else None


def _status(status: bytes) -> tuple[int, int] | None:
    """Effective uid, and the signals that are caught."""
    uid, catches = _UID.search(status), _CATCHES.search(status)
    return None if uid is None or catches is None else (int(uid[1]), int(catches[1], 16))


def _count_fds(process: int) -> int | None:
    """How many descriptors are open: the size of the directory since Linux 6.2, before that its entries."""
    return os.stat("fd", dir_fd=process).st_size or _list_fds(process)


def _list_fds(process: int) -> int | None:
    descriptor = os.open("fd", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=process)
    try:
        return len(os.listdir(descriptor)) or None
    finally:
        os.close(descriptor)


def _fd_limit(limits: bytes) -> int | None:
    """The soft RLIMIT_NOFILE; None where there is none."""
    found = _FILES.search(limits)
    return None if found is None else int(found[1])


def _executable(process: int) -> Executable | None:
    path = os.readlink("exe", dir_fd=process)
    return Executable(clean(path.removesuffix(DELETED), 1_024), path.endswith(DELETED))
