import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tcpwatch.kernel.proc.processes import Process, ProcessTable
from tcpwatch.sockets.row import NoOwner


def process(root: Path, pid: int, links: dict[int, str], *, comm: str = "java", start: int = 555) -> None:
    """A process as /proc shows it: its name may hold blanks and parentheses."""
    (root / str(pid) / "fd").mkdir(parents=True)
    (root / str(pid) / "comm").write_bytes(comm.encode("utf-8", "surrogateescape") + b"\n")
    (root / str(pid) / "stat").write_text(f"{pid} (a) b) S " + " ".join(["0"] * 18) + f" {start} 0 0\n")
    for fd, target in links.items():
        (root / str(pid) / "fd" / str(fd)).symlink_to(target)


def test_pids_among_other_names(tmp_path: Path) -> None:
    for name in ("1", "42", "self", "net"):
        (tmp_path / name).mkdir()
    assert sorted(ProcessTable(tmp_path).pids()) == [1, 42]


def test_pids_without_proc(tmp_path: Path) -> None:
    assert ProcessTable(tmp_path / "absent").pids() == []


@pytest.mark.parametrize(
    ("uid", "capabilities", "why"),
    [
        (1000, 0, NoOwner.NEEDS_ROOT),
        (0, 1 << 2, NoOwner.NEEDS_SYS_PTRACE),
        (0, 1 << 19, NoOwner.NEEDS_DAC_READ_SEARCH),
        (0, 1 << 19 | 1 << 2, NoOwner.HIDDEN),
    ],
)
def test_hidden_names_the_missing_privilege(tmp_path: Path, uid: int, capabilities: int, why: NoOwner) -> None:
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "status").write_text(f"Name:\tx\nUid:\t7\t{uid}\t7\t7\nCapEff:\t{capabilities:016x}\n")
    assert ProcessTable(tmp_path).hidden is why


def test_hidden_where_the_status_is_not_to_be_read(tmp_path: Path) -> None:
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "status").mkdir()
    assert ProcessTable(tmp_path).hidden is NoOwner.NEEDS_ROOT


def test_hidden_where_proc_is_not_mounted(tmp_path: Path) -> None:
    assert ProcessTable(tmp_path).hidden is NoOwner.NO_PROC


def test_read_sockets(tmp_path: Path) -> None:
    process(tmp_path, 42, {0: "/dev/null", 3: "socket:[77]", 4: "pipe:[5]", 10: "socket:[78]"})
    assert ProcessTable(tmp_path).read(42) == Process(42, 555, "java", {77: 3, 78: 10})


def test_read_duplicated_descriptor(tmp_path: Path) -> None:
    process(tmp_path, 42, dict.fromkeys((10, 9, 100), "socket:[77]"))
    found = ProcessTable(tmp_path).read(42)
    assert found is not None
    assert found.socket_fds == {77: 9}


def test_read_hostile_name(tmp_path: Path) -> None:
    process(tmp_path, 42, {}, comm="\x1b[2J\nx\udcff")
    found = ProcessTable(tmp_path).read(42)
    assert found is not None
    assert found.command == "␛[2J␊x\N{REPLACEMENT CHARACTER}"


def test_denied_counts_the_processes_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for pid in (42, 43, 44):
        process(tmp_path, pid, {3: "socket:[77]"})
    read = ProcessTable.read

    def refuse(table: ProcessTable, pid: int) -> Process | None:
        if pid > 42:
            raise PermissionError
        return read(table, pid)

    monkeypatch.setattr(ProcessTable, "read", refuse)
    assert ProcessTable(tmp_path).denied() == 2


def test_read_ended(tmp_path: Path) -> None:
    assert ProcessTable(tmp_path).read(42) is None
    assert ProcessTable(tmp_path).mark(42) is None


def test_mark_reused_pid(tmp_path: Path) -> None:
    process(tmp_path, 42, {})
    before = ProcessTable(tmp_path).mark(42)
    (tmp_path / "42").rename(tmp_path / "old")
    process(tmp_path, 42, {})
    assert ProcessTable(tmp_path).mark(42) != before


@pytest.mark.e2e
@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux's /proc")
def test_read_this_process() -> None:
    table = ProcessTable()
    before = table.mark(os.getpid())
    with socket.socket() as held:
        found = table.read(os.getpid())
        assert found is not None
        assert found.socket_fds[os.fstat(held.fileno()).st_ino] == held.fileno()
        assert found.start_ticks > 0
        assert before is not None
        assert os.getpid() in table.pids()


@pytest.mark.e2e
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become another user")
def test_read_others_process() -> None:
    """A child that is no longer root may not look into its parent."""
    child = os.fork()
    if child == 0:
        os.setresuid(65534, 65534, 65534)
        try:
            ProcessTable().read(os.getppid())
        except PermissionError:
            os._exit(0)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_threads_with_a_table_of_their_own_are_read(tmp_path: Path) -> None:
    """As a directory of a file system shows it: its size and its links tell them apart."""
    process(tmp_path, 42, {3: "socket:[77]"})
    for thread, links in ((42, {3: "socket:[77]"}), (43, {number: f"socket:[{number}]" for number in range(400, 900)})):
        (folder := tmp_path / "42" / "task" / str(thread) / "fd").mkdir(parents=True)
        for fd, target in links.items():
            (folder / str(fd)).symlink_to(target)
    if (tmp_path / "42" / "fd").stat().st_size == (tmp_path / "42" / "task" / "43" / "fd").stat().st_size:
        pytest.skip("directories of this file system do not tell how much is in them")
    found = ProcessTable(tmp_path).read(42)
    assert found is not None
    assert found.socket_fds == {77: 3} | {number: number for number in range(400, 900)}


UNSHARED = """
import ctypes, os, socket, sys, threading
libc = ctypes.CDLL(None)
def hold():
    if sys.argv[1] == "apart":
        libc.unshare(0x400)
    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    held.listen()
    print(os.fstat(held.fileno()).st_ino, flush=True)
    sys.stdin.read()
    os._exit(0)
thread = threading.Thread(target=hold)
thread.start()
if sys.argv[1] == "alone":
    libc.pthread_exit(None)
thread.join()
"""


@pytest.mark.e2e
@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
@pytest.mark.parametrize("how", ["apart", "alone"])
def test_socket_of_a_thread_alone_is_found(how: str) -> None:
    command = [sys.executable, "-c", UNSHARED, how]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as held:
        assert held.stdin is not None
        assert held.stdout is not None
        inode = int(held.stdout.readline())
        found = ProcessTable().read(held.pid)
        held.stdin.close()
        assert found is not None
        if ProcessTable().mark(os.getpid()) is None or not os.stat(f"/proc/{os.getpid()}/fd").st_size:
            pytest.skip("before Linux 6.2 the size of a table is not told")
        assert inode in found.socket_fds
