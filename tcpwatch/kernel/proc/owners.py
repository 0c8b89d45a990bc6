"""Finds the processes that have a socket open (inode -> owners), reading as little of /proc as possible.

Rule: nothing new, nothing read. An inode without a known owner starts a search in three rounds; each round runs only
if the one before did not find every inode: (1) processes that are new or whose number of open files changed, (2) owners
of the listener on the same port, (3) all processes, at most once a second. An inode that is not found is searched again
after growing delays. A process that may not be read is skipped for a while.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from tcpwatch.kernel.proc.processes import Process, ProcessTable
from tcpwatch.sockets.row import NoOwner, Owner, SocketRow
from tcpwatch.tcp.state import State
from tcpwatch.text.duration import SECOND_NS

Answer = tuple[Owner, ...] | NoOwner

WALK_INTERVAL_NS = SECOND_NS  # between two reads of all processes
SURVEY_INTERVAL_NS = 5 * SECOND_NS  # between two checks for changed processes if no inode is missing
DENIED_INTERVAL_NS = 10 * SECOND_NS  # until a process that may not be read is tried again
RETRY_NS = 2 * SECOND_NS  # until a missing inode is searched again; doubles each time
LONGEST_RETRY_NS = 60 * SECOND_NS
SEARCH_BUDGET_NS = SECOND_NS // 4  # for one search

INIT = 1
# A socket without inode has no program. In these states it is not accepted yet; in all others it was closed.
_ACCEPT_QUEUE_STATES = frozenset({State.ESTABLISHED, State.CLOSE_WAIT})


@dataclass(slots=True)
class _ReadProcess:
    """A process at its last read."""

    mark: tuple[int, int]
    inodes: frozenset[int] = frozenset()
    denied_until_ns: int = 0


@dataclass(slots=True)
class _MissingInode:
    """An inode without a known owner; `wait_ns` is 0 until all processes have been read once."""

    retry_ns: int = 0
    wait_ns: int = 0


_NEVER_READ = _ReadProcess((0, 0))


class OwnerIndex:
    """The owners of sockets, cached between calls."""

    reads_processes = True

    def __init__(
        self,
        processes: ProcessTable | None = None,
        clock: Callable[[], int] = time.monotonic_ns,
        budget_ns: int = SEARCH_BUDGET_NS,
    ) -> None:
        """`clock` returns monotonic nanoseconds. A search stops after `budget_ns` and continues at the next call."""
        self._processes = processes or ProcessTable()
        self._clock = clock
        self._budget_ns = budget_ns
        self._rows: dict[int, SocketRow] = {}
        self._answers: dict[int, Answer] = {}
        self._seen: dict[int, _ReadProcess] = {}
        self._holders: dict[int, dict[int, Owner]] = {}  # inode -> pid -> owner
        self._missing: dict[int, _MissingInode] = {}
        self._changed: set[int] = set()  # inodes whose owners changed in this call
        self._next_survey_ns = self._next_walk_ns = self._deadline_ns = 0

    def resolve(self, rows: Iterable[SocketRow]) -> dict[int, Answer]:
        """Owners by cookie, or the reason why they are unknown. `rows` is the whole table.

        A socket that its program has closed keeps its last owners, marked `gone`.
        """
        current = {row.cookie: row for row in rows}
        fresh = [row for row in current.values() if self._rows.get(row.cookie) is not row]
        self._changed = set()
        self._search(fresh, current)
        if fresh or self._changed or len(current) != len(self._rows):
            previous, previous_rows, changed = self._answers, self._rows, self._changed
            self._answers = {
                cookie: previous[cookie]
                if previous_rows.get(cookie) is row and row.inode not in changed
                else self._answer(row, previous.get(cookie))
                for cookie, row in current.items()
            }
            self._rows = current
        return self._answers

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def _answer(self, row: SocketRow, previous: Answer | None) -> Answer:
        if row.owners is not None:
            return row.owners
        holders = self._holders.get(row.inode)
        if holders:
            return tuple(owner for _, owner in sorted(holders.items()))
        answer = answer_without_holder(row, previous)
        if answer is not None:
            return answer
        if not self._missing[row.inode].wait_ns:
            return NoOwner.UNKNOWN
        hidden = INIT not in self._seen or any(seen.denied_until_ns for seen in self._seen.values())
        return self._processes.hidden if hidden else NoOwner.NOT_FOUND

    def _search(self, fresh: list[SocketRow], current: dict[int, SocketRow]) -> None:
        """Search the owners of missing inodes whose delay is over."""
        now_ns = self._clock()
        for row in fresh:
            if row.inode and row.inode not in self._holders:
                self._missing.setdefault(row.inode, _MissingInode())
        due = {inode for inode, miss in self._missing.items() if miss.retry_ns <= now_ns}
        if not due and now_ns < self._next_survey_ns:
            return
        self._changed |= due
        self._deadline_ns = now_ns + self._budget_ns
        if not self._read(self._changed_processes(), now_ns):
            self._next_survey_ns = now_ns
            return
        self._next_survey_ns = now_ns + SURVEY_INTERVAL_NS
        if self._is_missing_any(due):
            self._read(self._beside_listeners(due, current), now_ns)
        if self._is_missing_any(due) and now_ns >= self._next_walk_ns:
            self._next_walk_ns = now_ns + WALK_INTERVAL_NS
            self._read(list(self._seen), now_ns)
            self._postpone(due, now_ns)
        self._forget_missing(current)

    def _is_missing_any(self, due: set[int]) -> bool:
        return not due <= self._holders.keys()

    def _changed_processes(self) -> list[int]:
        """Processes that are new or have opened or closed files. Ended processes are forgotten."""
        pids = self._processes.pids()
        for pid in self._seen.keys() - set(pids):
            self._replace_sockets(pid, self._seen.pop(pid).inodes, {})
        marks = ((pid, self._processes.mark(pid)) for pid in pids)
        return [pid for pid, mark in marks if pid not in self._seen or self._seen[pid].mark != mark]

    def _beside_listeners(self, due: set[int], current: dict[int, SocketRow]) -> list[int]:
        """Processes that listen on the local port of one of these sockets."""
        ports = {row.local.port for row in current.values() if row.inode in due}
        listeners = (row for row in current.values() if row.state is State.LISTEN and row.local.port in ports)
        return list({pid for row in listeners for pid in self._holders.get(row.inode, ())})

    def _read(self, pids: list[int], now_ns: int) -> bool:
        """Read the sockets of these processes; False if the time budget ends before the last one."""
        for pid in pids:
            if self._clock() > self._deadline_ns:
                return False
            self._read_process(pid, now_ns)
        return True

    def _read_process(self, pid: int, now_ns: int) -> None:
        """Read one process and move it to the end of `_seen`, so that the next search starts with the oldest reads."""
        seen = self._seen.pop(pid, _NEVER_READ)
        mark = self._processes.mark(pid)
        if mark is not None and seen.denied_until_ns > now_ns:
            self._seen[pid] = replace(seen, mark=mark)
            return
        denied_until_ns = 0
        try:
            process = self._processes.read(pid)
        except PermissionError:
            process, denied_until_ns = None, now_ns + DENIED_INTERVAL_NS
        owned = _owned(process) if process is not None else {}
        self._replace_sockets(pid, seen.inodes, owned)
        if mark is not None:
            self._seen[pid] = _ReadProcess(mark, frozenset(owned), denied_until_ns)

    def _replace_sockets(self, pid: int, previous: frozenset[int], owned: dict[int, Owner]) -> None:
        """Replace the known sockets of `pid`."""
        for inode in previous - owned.keys():
            self._changed.add(inode)
            del self._holders[inode][pid]
            if not self._holders[inode]:
                del self._holders[inode]
                self._missing[inode] = _MissingInode()
        for inode, owner in owned.items():
            holders = self._holders.setdefault(inode, {})
            if holders.get(pid) != owner:
                self._changed.add(inode)
                holders[pid] = owner

    def _postpone(self, due: set[int], now_ns: int) -> None:
        """Delay the next search for these inodes; the delay doubles each time."""
        for inode in due - self._holders.keys():
            miss = self._missing[inode]
            miss.wait_ns = min(max(2 * miss.wait_ns, RETRY_NS), LONGEST_RETRY_NS)
            miss.retry_ns = now_ns + miss.wait_ns

    def _forget_missing(self, current: dict[int, SocketRow]) -> None:
        """Drop inodes that were found or have left the table."""
        if self._missing:
            live = {row.inode for row in current.values()} - self._holders.keys()
            self._missing = {inode: miss for inode, miss in self._missing.items() if inode in live}


def answer_without_holder(row: SocketRow, previous: Answer | None) -> Answer | None:
    """The answer for a socket without owners, given its `previous` answer; None if it must have an owner."""
    if isinstance(previous, tuple):
        return tuple(replace(owner, gone=True) for owner in previous)
    if row.inode:
        return None
    state = row.upper.state if row.upper is not None else row.state
    return NoOwner.NOT_ACCEPTED if state in _ACCEPT_QUEUE_STATES else NoOwner.KERNEL


def _owned(process: Process) -> dict[int, Owner]:
    return {
        inode: Owner(process.pid, process.start_ticks, process.command, fd) for inode, fd in process.socket_fds.items()
    }
