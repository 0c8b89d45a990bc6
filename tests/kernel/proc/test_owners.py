"""The owner index over processes held in memory, which count how often they are read."""

from collections import Counter

import pytest

from tcpwatch.kernel.proc.owners import (
    DENIED_INTERVAL_NS,
    RETRY_NS,
    SEARCH_BUDGET_NS,
    SURVEY_INTERVAL_NS,
    WALK_INTERVAL_NS,
    OwnerIndex,
)
from tcpwatch.kernel.proc.processes import Process
from tcpwatch.sockets.row import NoOwner, Owner, SocketRow
from tcpwatch.tcp.state import State

INIT, JAVA, NGINX, WORKER = 1, 42, 80, 81


class Processes:
    """What `ProcessTable` answers; `reads` counts the walks through a process's descriptors."""

    def __init__(self) -> None:
        self.table: dict[int, tuple[int, str, dict[int, int]]] = {}
        self.denied: set[int] = set()
        self.reads: Counter[int] = Counter()
        self.counts_files = True
        self.clock = Clock()
        self.read_ns = 0
        self.hidden = NoOwner.NEEDS_ROOT
        self.start(INIT, "init")

    def start(self, pid: int, command: str, *, start_ticks: int = 100) -> None:
        self.table[pid] = (start_ticks, command, {})

    def open(self, pid: int, inode: int, fd: int) -> None:
        self.table[pid][2][inode] = fd

    def pids(self) -> list[int]:
        return list(self.table)

    def mark(self, pid: int) -> tuple[int, int] | None:
        if pid not in self.table:
            return None
        start_ticks, _, inodes = self.table[pid]
        return start_ticks, len(inodes) if self.counts_files else 0

    def read(self, pid: int) -> Process | None:
        self.reads[pid] += 1
        self.clock.now_ns += self.read_ns
        if pid in self.denied:
            raise PermissionError
        if pid not in self.table:
            return None
        start_ticks, command, inodes = self.table[pid]
        return Process(pid, start_ticks, command, dict(inodes))


class Clock:
    def __init__(self) -> None:
        self.now_ns = 10**12

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture
def processes() -> Processes:
    processes = Processes()
    processes.start(JAVA, "java")
    processes.open(JAVA, inode=1000, fd=5)
    return processes


@pytest.fixture
def index(processes: Processes) -> OwnerIndex:
    return OwnerIndex(processes, processes.clock)  # type: ignore[arg-type]


def row(inode: int = 1000, *, cookie: int = 7, state: State = State.ESTABLISHED, port: int = 9999) -> SocketRow:
    ends = bytes([127, 0, 0, 1, 127, 0, 0, 1]) + port.to_bytes(2) + (50_000).to_bytes(2)
    return SocketRow(cookie, ends, False, state, uid=0, inode=inode, recv_q=0, send_q=0)


def owner(pid: int = JAVA, command: str = "java", fd: int = 5, *, start_ticks: int = 100, gone: bool = False) -> Owner:
    return Owner(pid, start_ticks, command, fd, gone)


def test_resolve_held_socket(index: OwnerIndex) -> None:
    assert index.resolve([row()]) == {7: (owner(),)}


def test_resolve_shared_socket(index: OwnerIndex, processes: Processes) -> None:
    for pid in (WORKER, NGINX):
        processes.start(pid, "nginx")
        processes.open(pid, inode=2000, fd=6)
    assert index.resolve([row(2000)]) == {7: (owner(NGINX, "nginx", 6), owner(WORKER, "nginx", 6))}


def test_resolve_nothing_new_reads_nothing(index: OwnerIndex, processes: Processes) -> None:
    held = row()
    first = index.resolve([held])
    processes.reads.clear()
    assert index.resolve([held]) is first
    assert not processes.reads


def test_resolve_new_socket_reads_the_process_that_changed(index: OwnerIndex, processes: Processes) -> None:
    processes.start(NGINX, "nginx")
    index.resolve([row()])
    processes.reads.clear()
    processes.open(JAVA, inode=1001, fd=6)
    assert index.resolve([row(), row(1001, cookie=8)])[8] == (owner(fd=6),)
    assert processes.reads == {JAVA: 1}


def test_resolve_new_socket_reads_the_listener(index: OwnerIndex, processes: Processes) -> None:
    """Where the kernel does not count files, the holder of the listener on the same port is asked before the rest."""
    processes.counts_files = False
    processes.start(NGINX, "nginx")
    listener = row(1000, cookie=1, state=State.LISTEN)
    index.resolve([listener])
    processes.reads.clear()
    processes.open(JAVA, inode=1001, fd=6)
    assert index.resolve([listener, row(1001)])[7] == (owner(fd=6),)
    assert processes.reads == {JAVA: 1}


def test_resolve_new_socket_reads_everybody_last(index: OwnerIndex, processes: Processes) -> None:
    processes.counts_files = False
    index.resolve([row()])
    processes.open(JAVA, inode=1001, fd=6)
    processes.clock.now_ns += WALK_INTERVAL_NS
    assert index.resolve([row(1001, cookie=8, port=1)])[8] == (owner(fd=6),)


def test_resolve_walks_everybody_once_a_second(index: OwnerIndex, processes: Processes) -> None:
    index.resolve([row(5000)])
    processes.reads.clear()
    assert index.resolve([row(5000), row(5001, cookie=8)])[8] is NoOwner.UNKNOWN
    assert not processes.reads
    processes.clock.now_ns += WALK_INTERVAL_NS
    assert index.resolve([row(5000), row(5001, cookie=8)])[8] is NoOwner.NOT_FOUND


def test_resolve_missing_owner_is_searched_less_and_less(index: OwnerIndex, processes: Processes) -> None:
    orphan = row(5000)
    index.resolve([orphan])
    walks = []
    for second in range(1, 20):
        processes.reads.clear()
        processes.clock.now_ns += WALK_INTERVAL_NS
        assert index.resolve([orphan]) == {7: NoOwner.NOT_FOUND}
        walks += [second] * processes.reads[JAVA]
    assert walks == [2, 6, 14]


def test_resolve_found_after_a_miss(index: OwnerIndex, processes: Processes) -> None:
    index.resolve([row(5000)])
    processes.open(JAVA, inode=5000, fd=9)
    processes.clock.now_ns += RETRY_NS
    assert index.resolve([row(5000)]) == {7: (owner(fd=9),)}


def test_resolve_others_process(index: OwnerIndex, processes: Processes) -> None:
    processes.denied.add(INIT)
    assert index.resolve([row(5000)]) == {7: NoOwner.NEEDS_ROOT}


def test_resolve_others_process_as_root(index: OwnerIndex, processes: Processes) -> None:
    processes.denied.add(INIT)
    processes.hidden = NoOwner.NEEDS_SYS_PTRACE
    assert index.resolve([row(5000)]) == {7: NoOwner.NEEDS_SYS_PTRACE}


def test_resolve_hidden_processes(index: OwnerIndex, processes: Processes) -> None:
    """With hidepid=2 other users' processes do not appear at all, and init is one of them."""
    del processes.table[INIT]
    assert index.resolve([row(5000)]) == {7: NoOwner.NEEDS_ROOT}


def test_resolve_leaves_a_denied_process_alone(index: OwnerIndex, processes: Processes) -> None:
    processes.denied.add(INIT)
    index.resolve([row(5000)])
    for inode in range(5001, 5004):
        processes.clock.now_ns += WALK_INTERVAL_NS
        processes.open(INIT, inode, fd=3)
        index.resolve([row(inode)])
    assert processes.reads[INIT] == 1
    processes.denied.clear()
    processes.clock.now_ns += DENIED_INTERVAL_NS
    assert index.resolve([row(5000), row(5001)])[7] == (owner(INIT, "init", 3),)


def test_resolve_reused_pid(index: OwnerIndex, processes: Processes) -> None:
    index.resolve([row()])
    processes.start(JAVA, "cron", start_ticks=900)
    processes.open(JAVA, inode=1001, fd=3)
    assert index.resolve([row(1001, cookie=8)])[8] == (owner(command="cron", fd=3, start_ticks=900),)


def test_resolve_sharer_has_ended(index: OwnerIndex, processes: Processes) -> None:
    processes.start(WORKER, "java")
    processes.open(WORKER, inode=1000, fd=5)
    assert index.resolve([row()]) == {7: (owner(), owner(WORKER))}
    del processes.table[WORKER]
    processes.clock.now_ns += SURVEY_INTERVAL_NS
    assert index.resolve([row()]) == {7: (owner(),)}


def test_resolve_sharer_has_come(index: OwnerIndex, processes: Processes) -> None:
    shared = row()
    index.resolve([shared])
    processes.start(WORKER, "java")
    processes.open(WORKER, inode=1000, fd=5)
    processes.clock.now_ns += SURVEY_INTERVAL_NS
    assert index.resolve([shared]) == {7: (owner(), owner(WORKER))}


@pytest.mark.parametrize("state", [State.FIN_WAIT_1, State.TIME_WAIT])
def test_resolve_after_close(index: OwnerIndex, state: State) -> None:
    index.resolve([row()])
    assert index.resolve([row(0, state=state)]) == {7: (owner(gone=True),)}
    assert index.resolve([row(0, state=state)]) == {7: (owner(gone=True),)}


def test_resolve_holder_ended_before_the_socket_changed(index: OwnerIndex, processes: Processes) -> None:
    index.resolve([row()])
    del processes.table[JAVA]
    processes.clock.now_ns += SURVEY_INTERVAL_NS
    assert index.resolve([row()]) == {7: (owner(gone=True),)}


@pytest.mark.parametrize("state", [State.SYN_RECEIVED, State.FIN_WAIT_1, State.LAST_ACK, State.TIME_WAIT])
def test_resolve_kernels_own(index: OwnerIndex, state: State) -> None:
    assert index.resolve([row(0, state=state)]) == {7: NoOwner.KERNEL}


@pytest.mark.parametrize("state", [State.ESTABLISHED, State.CLOSE_WAIT])
def test_resolve_accept_queue(index: OwnerIndex, state: State) -> None:
    assert index.resolve([row(0, state=state)]) == {7: NoOwner.NOT_ACCEPTED}
    assert index.resolve([row(1000, state=state)]) == {7: (owner(),)}


def test_resolve_keeps_owners_of_the_source(index: OwnerIndex) -> None:
    named = SocketRow(-1, row().ends, False, State.ESTABLISHED, None, 0, None, None, owners=(owner(),))
    assert index.resolve([named]) == {-1: (owner(),)}


def test_resolve_over_budget_goes_on_at_the_next_call(index: OwnerIndex, processes: Processes) -> None:
    processes.start(NGINX, "nginx")
    processes.open(NGINX, inode=2000, fd=6)
    processes.read_ns = SEARCH_BUDGET_NS + 1
    sockets = [row(2000)]
    assert index.resolve(sockets) == {7: NoOwner.UNKNOWN}
    assert processes.reads.total() == 1
    index.resolve(sockets)
    assert index.resolve(sockets) == {7: (owner(NGINX, "nginx", 6),)}


def test_resolve_forgets_sockets_that_left(index: OwnerIndex) -> None:
    index.resolve([row(), row(5000, cookie=8)])
    assert index.resolve([row()]) == {7: (owner(),)}
