"""Socket owners from the BPF iterator `bpf_iter_task_file`, which reads all open files of all processes.

It replaces `OwnerIndex` if BPF is allowed, with the same interface: nothing is read while the table stays the same. In
addition it sees the processes of all users, and identifies sockets by cookie.
"""

import os
import time
from collections.abc import Callable, Iterable
from operator import itemgetter
from pathlib import Path
from struct import Struct

from tcpwatch.errors import SourceError
from tcpwatch.kernel.bpf.btf import Btf
from tcpwatch.kernel.bpf.loader import ReadRecords, load_iterator, read_iterator
from tcpwatch.kernel.bpf.programs import INODE_KEY, task_file_iterator
from tcpwatch.kernel.proc.owners import SURVEY_INTERVAL_NS, Answer, answer_without_holder
from tcpwatch.sockets.row import NoOwner, Owner, SocketRow
from tcpwatch.text.clean import clean

PID_NAMESPACE = Path("/proc/self/ns/pid")
_INITIAL_PID_NAMESPACE = 0xEFFF_FFFC  # PROC_PID_INIT_INO, include/linux/proc_ns.h
_TICK_NS = 10_000_000  # start times in /proc/PID/stat count hundredths of a second

_HOLDER = Struct("=QII16s")  # process start in ns, pid, fd, command
_BY_COOKIE = Struct(f"=Q{_HOLDER.size}s")


class TaskFileOwners:
    """The owners of sockets, cached between calls. Not thread-safe."""

    message = "BPF: the processes of all users"
    reads_processes = False

    def __init__(self, read: ReadRecords, clock: Callable[[], int] = time.monotonic_ns) -> None:
        """`read` runs the iterator once; `clock` returns monotonic nanoseconds."""
        self._read = read
        self._clock = clock
        self._rows: dict[int, SocketRow] = {}
        self._answers: dict[int, Answer] = {}
        self._records: dict[int, bytes] = {}  # undecoded, by key
        self._holders: dict[int, tuple[Owner, ...]] = {}  # by cookie, or by INODE_KEY and the inode of an upper socket
        self._next_pass_ns = 0
        self._link: int | None = None

    @classmethod
    def open(cls, btf: Btf) -> "TaskFileOwners":
        """Load the program; SourceError if the kernel refuses, or if its pids are not valid in this pid namespace."""
        if not pids_are_ours():
            raise SourceError("In a pid namespace of its own, BPF knows the processes by other numbers.")
        link = load_iterator(task_file_iterator(btf), btf, "task_file")
        owners = cls(lambda: read_iterator(link))
        owners._link = link
        return owners

    def resolve(self, rows: Iterable[SocketRow]) -> dict[int, Answer]:
        """Owners by cookie, or the reason why they are unknown. `rows` is the whole table.

        A socket that its program has closed keeps its last owners, marked `gone`.
        """
        current = {row.cookie: row for row in rows}
        fresh = [row for row in current.values() if self._rows.get(row.cookie) is not row]
        holders = self._holders
        unknown = any(row.inode and row.cookie not in holders and row.inode | INODE_KEY not in holders for row in fresh)
        changed = self._read_all() if unknown or self._clock() >= self._next_pass_ns else set()
        if fresh or changed or len(current) != len(self._rows):
            previous, previous_rows = self._answers, self._rows
            self._answers = {
                cookie: previous[cookie]
                if previous_rows.get(cookie) is row and cookie not in changed and row.inode | INODE_KEY not in changed
                else self._answer(row, previous.get(cookie))
                for cookie, row in current.items()
            }
            self._rows = current
        return self._answers

    def close(self) -> None:
        """Unload the program."""
        if self._link is not None:
            os.close(self._link)
            self._link = None

    def _answer(self, row: SocketRow, previous: Answer | None) -> Answer:
        if row.inode and (held := self._holders.get(row.cookie) or self._holders.get(row.inode | INODE_KEY)):
            return held
        answer = answer_without_holder(row, previous)
        return NoOwner.NOT_FOUND if answer is None else answer

    def _read_all(self) -> set[int]:
        """Read all processes; returns the keys of sockets whose owners changed."""
        self._next_pass_ns = self._clock() + SURVEY_INTERVAL_NS
        records: dict[int, bytes] = {}
        for chunk in self._read():
            for cookie, record in _BY_COOKIE.iter_unpack(chunk):
                records[cookie] = records.get(cookie, b"") + record
        changed = {cookie for cookie, found in records.items() if self._records.get(cookie) != found}
        gone = self._records.keys() - records.keys()
        self._holders = {
            cookie: _owners(found) if cookie in changed else self._holders[cookie] for cookie, found in records.items()
        }
        self._records = records
        return changed | gone


def pids_are_ours() -> bool:
    """Whether this process is in the initial pid namespace, whose pids BPF reports. SourceError without /proc."""
    try:
        return PID_NAMESPACE.stat().st_ino == _INITIAL_PID_NAMESPACE
    except OSError as error:
        raise SourceError(f"{PID_NAMESPACE} cannot be read ({error.strerror}).") from error


def owner(start_ns: int, pid: int, name: bytes, fd: int | None = None) -> Owner:
    """The process in a record; without a descriptor it is marked `gone`."""
    command = clean(name.partition(b"\0")[0].decode(errors="surrogateescape"))
    return Owner(pid, start_ns // _TICK_NS, command, fd, gone=fd is None)


def _owners(records: bytes) -> tuple[Owner, ...]:
    """One owner for each process, with the lowest of its descriptors."""
    lowest: dict[int, Owner] = {}
    for start_ns, pid, fd, name in sorted(_HOLDER.iter_unpack(records), key=itemgetter(2), reverse=True):
        lowest[pid] = owner(start_ns, pid, name, fd)
    return tuple(owner for _, owner in sorted(lowest.items()))
