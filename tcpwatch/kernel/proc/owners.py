"""Which processes hold a socket: inode -> owners, found by walking as little of /proc as will do.

The law: with nothing new, nothing is read. An inode that nobody was seen to hold starts a search in three rounds, each
only if the one before did not find all: processes that are new or whose number of open files changed; holders of the
listener on the same port; everybody, once a second at most. What no round finds is asked for again later and later, and
a process that may not be read is left alone for a while.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from tcpwatch.kernel.proc.processes import Process, ProcessTable
from tcpwatch.sockets.row import NoOwner, Owner, SocketRow
from tcpwatch.tcp.state import State
from tcpwatch.text.duration import SECOND_NS

Answer = tuple[Owner, ...] | NoOwner

WALK_INTERVAL_NS = SECOND_NS  # between two walks of all processes
SURVEY_INTERVAL_NS = 5 * SECOND_NS  # between two looks for changed processes while nothing is missing
DENIED_INTERVAL_NS = 10 * SECOND_NS  # before a process that may not be read is tried again
RETRY_NS = 2 * SECOND_NS  # before an inode is looked for again; doubled each time
LONGEST_RETRY_NS = 60 * SECOND_NS
BUDGET_NS = SECOND_NS // 4  # for one search

INIT = 1
# A socket without inode has no program. In these states it has none yet, in all others it has none any more.
_ACCEPT_QUEUE_STATES = frozenset({State.ESTABLISHED, State.CLOSE_WAIT})


@dataclass(slots=True)
class _ReadProcess:
    """A process as it was last read."""

    mark: tuple[int, int]
    inodes: frozenset[int] = frozenset()
    denied_until_ns: int = 0


@dataclass(slots=True)
class _MissingInode:
    """An inode whose holder is not known; `wait_ns` is 0 until every process was asked once."""

    retry_ns: int = 0
    wait_ns: int = 0


_NEVER_READ = _ReadProcess((0, 0))


class OwnerIndex:
    """The owners of sockets, kept from one call to the next."""

    reads_processes = True

    def __init__(
        self,
        processes: ProcessTable | None = None,
        clock: Callable[[], int] = time.monotonic_ns,
        budget_ns: int = BUDGET_NS,
    ) -> None:
        """`clock` gives monotonic nanoseconds; a search that takes longer than `budget_ns` goes on at the next call."""
        self._processes = processes or ProcessTable()
        self._clock = clock
        self._budget_ns = budget_ns
        self._rows: dict[int, SocketRow] = {}
        self._answers: dict[int, Answer] = {}
        self._seen: dict[int, _ReadProcess] = {}
        self._holders: dict[int, dict[int, Owner]] = {}  # inode -> pid -> owner
        self._missing: dict[int, _MissingInode] = {}
        self._changed: set[int] = set()  # inodes of which this call learnt something
        self._next_survey_ns = self._next_walk_ns = self._deadline_ns = 0

    def resolve(self, rows: Iterable[SocketRow]) -> dict[int, Answer]:
        """By cookie, who holds each of `rows`, or why that is not to be said.

        `rows` is the whole table. A socket that its program has let go of keeps its last owners, marked `gone`.
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
        """Nothing is kept open."""

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
        """Look for the holders that are missing and due."""
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
        """The processes that are new or have opened or closed files. Forgets those that have ended."""
        pids = self._processes.pids()
        for pid in self._seen.keys() - set(pids):
            self._replace_sockets(pid, self._seen.pop(pid).inodes, {})
        marks = ((pid, self._processes.mark(pid)) for pid in pids)
        return [pid for pid, mark in marks if pid not in self._seen or self._seen[pid].mark != mark]

    def _beside_listeners(self, due: set[int], current: dict[int, SocketRow]) -> list[int]:
        """The processes that listen on the local port of a wanted socket."""
        ports = {row.local.port for row in current.values() if row.inode in due}
        listeners = (row for row in current.values() if row.state is State.LISTEN and row.local.port in ports)
        return list({pid for row in listeners for pid in self._holders.get(row.inode, ())})

    def _read(self, pids: list[int], now_ns: int) -> bool:
        """Read what these processes hold; False where the time for one search is up before the last of them."""
        for pid in pids:
            if self._clock() > self._deadline_ns:
                return False
            self._read_process(pid, now_ns)
        return True

    def _read_process(self, pid: int, now_ns: int) -> None:
        """Read one process; it goes to the end of `_seen`, so that a walk begins with those read longest ago."""
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
        """Replace what `pid` was known to hold."""
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
        """Look for what was not found again later, and each time later still."""
        for inode in due - self._holders.keys():
            miss = self._missing[inode]
            miss.wait_ns = min(max(2 * miss.wait_ns, RETRY_NS), LONGEST_RETRY_NS)
            miss.retry_ns = now_ns + miss.wait_ns

    def _forget_missing(self, current: dict[int, SocketRow]) -> None:
        """Drop what was found, or has left the table."""
        if self._missing:
            live = {row.inode for row in current.values()} - self._holders.keys()
            self._missing = {inode: miss for inode, miss in self._missing.items() if inode in live}


def answer_without_holder(row: SocketRow, previous: Answer | None) -> Answer | None:
    """The answer for a socket that no process holds, given the answer `previous`; None where some process should."""
    if isinstance(previous, tuple):
        return tuple(replace(owner, gone=True) for owner in previous)
    if row.inode:
        return None
    return NoOwner.NOT_ACCEPTED if row.state in _ACCEPT_QUEUE_STATES else NoOwner.KERNEL


def _owned(process: Process) -> dict[int, Owner]:
    return {
        inode: Owner(process.pid, process.start_ticks, process.command, fd) for inode, fd in process.socket_fds.items()
    }
