"""Who holds which socket, by records as the iterator writes them, and by real ones."""

import os
import socket
from collections.abc import Iterable

import pytest

from tcpwatch.errors import SourceError
from tcpwatch.kernel.bpf import task_files
from tcpwatch.kernel.bpf.loader import read_btf
from tcpwatch.kernel.bpf.programs import FILE_RECORD, INODE_KEY
from tcpwatch.kernel.bpf.task_files import TaskFileOwners
from tcpwatch.kernel.bpf.tcp_iterator import BpfSockets
from tcpwatch.kernel.proc.owners import SURVEY_INTERVAL_NS, OwnerIndex
from tcpwatch.sockets.row import NoOwner, Owner, SocketRow
from tcpwatch.tcp.state import State
from tests.kernel.bpf.allowed import needs_bpf
from tests.kernel.real_sockets import WHOLE_SEARCH_NS, RealSockets

START_NS, START_TICKS = 12_345_678_901, 1234


def held(cookie: int, pid: int = 42, fd: int = 5, command: bytes = b"java") -> bytes:
    return FILE_RECORD.pack(cookie, START_NS, pid, fd, command)


def owner(pid: int = 42, fd: int = 5, command: str = "java", gone: bool = False) -> Owner:
    return Owner(pid, START_TICKS, command, fd, gone)


def row(cookie: int, state: State = State.ESTABLISHED, inode: int = 9) -> SocketRow:
    return SocketRow(cookie, bytes(12), False, state, 0, inode, 0, 0)


class Kernel:
    """What the iterator gives, when, and how often it was asked."""

    def __init__(self, *records: bytes) -> None:
        self.records = records
        self.now_ns = 1_000_000_000
        self.passes = 0
        self.owners = TaskFileOwners(self._read, lambda: self.now_ns)

    def _read(self) -> Iterable[bytes]:
        self.passes += 1
        return self.records


def test_holders_of_several_sockets() -> None:
    kernel = Kernel(held(1) + held(2, fd=6), held(3, pid=43, command=b"nginx\0junk"))
    assert kernel.owners.resolve([row(1), row(2), row(3)]) == {
        1: (owner(),),
        2: (owner(fd=6),),
        3: (owner(pid=43, command="nginx"),),
    }


def test_holders_of_a_shared_socket() -> None:
    """Each process once, with the lowest of its descriptors, in the order of pids."""
    kernel = Kernel(held(1, pid=43, fd=7), held(1, fd=9), held(1, fd=3))
    assert kernel.owners.resolve([row(1)]) == {1: (owner(fd=3), owner(pid=43, fd=7))}


def test_holder_of_an_mptcp_socket_holds_all_its_tcp_sockets() -> None:
    kernel = Kernel(held(INODE_KEY | 9), held(3, fd=6))
    subflows = [row(1), row(2, State.LISTEN), row(3, inode=10)]
    assert kernel.owners.resolve(subflows) == {1: (owner(),), 2: (owner(),), 3: (owner(fd=6),)}
    kernel.owners.resolve([*subflows, row(4)])
    assert kernel.passes == 1
    kernel.records = (held(INODE_KEY | 9, pid=43), held(3, fd=6))
    kernel.now_ns += SURVEY_INTERVAL_NS
    assert kernel.owners.resolve(subflows)[2] == (owner(pid=43),)


def test_name_of_a_holder_is_cleaned() -> None:
    [found] = Kernel(held(1, command=b"\x1b[2J\xff")).owners.resolve([row(1)])[1]
    assert isinstance(found, Owner)
    assert "\x1b" not in found.command


def test_nothing_is_read_while_nothing_is_new() -> None:
    kernel = Kernel(held(1))
    first = row(1)
    before = kernel.owners.resolve([first])
    assert kernel.owners.resolve([first]) is before
    assert kernel.passes == 1


def test_new_socket_is_looked_for_at_once() -> None:
    kernel = Kernel(held(1))
    first = row(1)
    kernel.owners.resolve([first])
    kernel.records = (held(1), held(2))
    assert kernel.owners.resolve([first, row(2)])[2] == (owner(),)
    assert kernel.passes == 2


def test_socket_without_inode_is_not_searched() -> None:
    kernel = Kernel(held(1))
    kernel.owners.resolve([row(1)])
    found = kernel.owners.resolve([row(1), row(2, State.TIME_WAIT, inode=0), row(3, inode=0)])
    assert (found[2], found[3]) == (NoOwner.KERNEL, NoOwner.NOT_ACCEPTED)
    assert kernel.passes == 1


def test_socket_handed_on_is_seen_after_a_while() -> None:
    kernel = Kernel(held(1))
    same = row(1)
    kernel.owners.resolve([same])
    kernel.records = (held(1, pid=43),)
    assert kernel.owners.resolve([same])[1] == (owner(),)
    kernel.now_ns += SURVEY_INTERVAL_NS
    assert kernel.owners.resolve([same])[1] == (owner(pid=43),)


def test_closed_socket_keeps_its_last_owner() -> None:
    kernel = Kernel(held(1))
    kernel.owners.resolve([row(1)])
    for _ in range(2):
        found = kernel.owners.resolve([row(1, State.TIME_WAIT, inode=0)])
        assert found == {1: (owner(gone=True),)}


def test_socket_without_owner() -> None:
    assert Kernel().owners.resolve([row(1)]) == {1: NoOwner.NOT_FOUND}


def test_socket_that_is_gone_is_forgotten() -> None:
    kernel = Kernel(held(1), held(2))
    first = row(1)
    kernel.owners.resolve([first, row(2)])
    assert kernel.owners.resolve([first]) == {1: (owner(),)}


@needs_bpf
@pytest.mark.e2e
def test_pid_namespace_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_files, "PID_NAMESPACE", task_files.PID_NAMESPACE.parent / "net")
    with pytest.raises(SourceError, match="pid namespace"):
        TaskFileOwners.open(read_btf())


@needs_bpf
@pytest.mark.e2e
@pytest.mark.skipif(
    task_files.PID_NAMESPACE.exists() and task_files.PID_NAMESPACE.stat().st_ino != 0xEFFF_FFFC,
    reason="this is a pid namespace of its own",
)
def test_real_sockets_have_the_owners_from_proc() -> None:
    btf = read_btf()
    sockets, owners = BpfSockets.open(btf), TaskFileOwners.open(btf)
    with RealSockets() as real:
        real.every_state()
        shared, _ = real.pair(real.listener())
        duplicate = socket.fromfd(shared.fileno(), socket.AF_INET, socket.SOCK_STREAM)
        rows = [row for row in sockets.dump() if {row.local.port, row.remote.port} & real.ports]
        found, walked = owners.resolve(rows), OwnerIndex(budget_ns=WHOLE_SEARCH_NS).resolve(rows)
        duplicate.close()
    assert found == walked
    holders = [answer for answer in found.values() if isinstance(answer, tuple)]
    assert len(holders) > 10
    assert {holder.pid for answer in holders for holder in answer} == {os.getpid()}
    sockets.close()
    owners.close()
