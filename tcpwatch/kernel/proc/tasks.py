"""The threads of a process from /proc/PID/task: what any user may read of others' processes, and all of his own.

Rule: everything is read through a descriptor of /proc/PID, which stays bound to one process.
"""

import os
from contextlib import suppress
from typing import NamedTuple

from tcpwatch.kernel.system_calls import NO_CALL, thread_in_call
from tcpwatch.sockets.threads import ThreadsSeen, ThreadWait
from tcpwatch.text.clean import clean

MOST_THREADS = 2_048  # that are looked at in one process
_FILE_BYTES = 4_096
_RUNNING, _STOPPED, _ENDED = "R", "Tt", "ZX"
_NO_FUNCTION = "0"  # in wchan: it runs, or the kernel does not tell


class Executable(NamedTuple):
    """The file that a process runs: its path, or only its name; whether it is gone; its device and inode."""

    path: str
    deleted: bool
    identity: tuple[int, int] | None = None


class TaskList(NamedTuple):
    """The threads of a process, and what it runs; None where that was not seen."""

    threads: ThreadsSeen
    executable: Executable | None


def read_file(directory: int, name: str, limit: int = _FILE_BYTES) -> bytes:
    """The first bytes of a file in an open directory. OSError if that is refused, or the process has ended."""
    descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=directory)
    try:
        return os.read(descriptor, limit)
    finally:
        os.close(descriptor)


def text_of(data: bytes) -> str:
    """Foreign bytes as clean text."""
    return clean(data.decode(errors="surrogateescape"))


def read_threads(process: int) -> ThreadsSeen:
    """The threads of the process whose directory in /proc is open.

    PermissionError where the kernel does not tell what they are in; then no thread was looked at.
    """
    tids = sorted(map(int, os.listdir(tasks := os.open("task", os.O_RDONLY | os.O_DIRECTORY, dir_fd=process))))
    try:
        threads: list[ThreadWait] = []
        for tid in tids[:MOST_THREADS]:
            with suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
                if (thread := _thread(tasks, tid)) is not None:
                    threads.append(thread)
        return ThreadsSeen(tuple(threads), len(threads) + max(0, len(tids) - MOST_THREADS))
    finally:
        os.close(tasks)


def _thread(tasks: int, tid: int) -> ThreadWait | None:
    """One thread; None if it has ended. `syscall` is read first, because it alone may be refused."""
    call = read_file(tasks, f"{tid}/syscall").split()
    head, _, rest = read_file(tasks, f"{tid}/stat").rpartition(b")")
    name, state = text_of(head.partition(b"(")[2]), rest.split(None, 1)[0].decode()
    if state in _ENDED:
        return None
    if state in _STOPPED:
        return ThreadWait(tid, name, stopped=True)
    if state == _RUNNING or call[:1] == [b"running"]:
        return ThreadWait(tid, name, running=True)
    function = text_of(read_file(tasks, f"{tid}/wchan"))
    number, argument = (int(call[0]), int(call[1], 16)) if call else (NO_CALL, 0)
    return thread_in_call(tid, name, number, argument, None if function == _NO_FUNCTION else function)
