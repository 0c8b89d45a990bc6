"""The threads of a process as BPF lists them: the program on made-up structures, its records, and real processes."""

import os
import platform
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tcpwatch.errors import SourceError
from tcpwatch.kernel.bpf.assembler import Helper
from tcpwatch.kernel.bpf.loader import read_btf
from tcpwatch.kernel.bpf.task_waits import MACHINES, TASK_RECORD, TaskRecord, TaskWaits
from tcpwatch.kernel.proc.tasks import Executable, read_threads
from tcpwatch.kernel.system_calls import system_calls
from tcpwatch.sockets.threads import ThreadWait
from tests.kernel.bpf.allowed import needs_bpf

RECVFROM, USER_CS, USER32_CS = 45, 0x33, 0x23
SLEEPING = TaskRecord(
    argument=57,
    address=0,
    inode=260_104,
    number=RECVFROM,
    tid=12_031,
    state=1,
    exit_state=0,
    mode=USER_CS,
    device=254 << 20 | 1,
    named=1,
    command=b"worker\0",
    name=b"java\0",
)
# A pool of threads behind a lock, a thread in recv(), the main thread in accept().
SERVER = """
import socket, threading
lock = threading.Lock()
lock.acquire()
listening = socket.create_server(("127.0.0.1", 0))
connecting = socket.create_connection(listening.getsockname())
accepted, _ = listening.accept()
for work in (lock.acquire, lock.acquire, lock.acquire, lambda: accepted.recv(1)):
    threading.Thread(target=work, daemon=True).start()
print(listening.fileno(), accepted.fileno(), flush=True)
listening.accept()
"""


@pytest.fixture(autouse=True)
def x86_64(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    if "real" not in request.fixturenames:
        monkeypatch.setattr("tcpwatch.kernel.system_calls.CALLS", system_calls("x86_64"))


def waits(*records: TaskRecord) -> TaskWaits:
    chunk = b"".join(TASK_RECORD.pack(*record) for record in records)
    return TaskWaits(lambda: [chunk] if chunk else [], lambda pid: None)


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        (SLEEPING, ThreadWait(12_031, "worker", "recvfrom", 57)),
        (SLEEPING._replace(state=0x2001), ThreadWait(12_031, "worker", "recvfrom", 57)),
        (SLEEPING._replace(state=0), ThreadWait(12_031, "worker", running=True)),
        (SLEEPING._replace(state=0x4), ThreadWait(12_031, "worker", stopped=True)),
        (SLEEPING._replace(state=0x8), ThreadWait(12_031, "worker", stopped=True)),
        (SLEEPING._replace(state=0x8000), ThreadWait(12_031, "worker", stopped=True)),
        (SLEEPING._replace(number=-1), ThreadWait(12_031, "worker")),
        (SLEEPING._replace(mode=USER32_CS), ThreadWait(12_031, "worker")),
    ],
)
def test_thread(record: TaskRecord, expected: ThreadWait) -> None:
    assert waits(record).read(1).threads.threads == (expected,)


def test_threads_that_have_ended_do_not_count() -> None:
    found = waits(SLEEPING._replace(exit_state=0x20, inode=0), SLEEPING).read(1)
    assert found.threads.total == len(found.threads.threads) == 1
    assert found.executable is not None


@pytest.mark.parametrize("named", [0, 1])
def test_executable(named: int) -> None:
    found = waits(SLEEPING._replace(named=named)).read(1).executable
    assert found == Executable("java", not named, (os.makedev(254, 1), 260_104))


def test_process_that_has_ended() -> None:
    found = waits().read(1)
    assert (found.threads.total, found.executable) == (0, None)


def test_names_are_cleaned() -> None:
    found = waits(SLEEPING._replace(command=b"\x1b[2J", name=b"\xff\x1b")).read(1)
    assert "\x1b" not in found.threads.threads[0].name + str(found.executable)


def test_threads_of_a_large_process_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcpwatch.kernel.bpf.task_waits.MOST_THREADS", 2)
    found = waits(*[SLEEPING] * 5).read(1).threads
    assert (len(found.threads), found.total) == (2, 5)


def test_machine_that_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "pdp11")
    with pytest.raises(SourceError, match="pdp11"):
        TaskWaits.open(None)  # type: ignore[arg-type]


def test_record_has_its_fields_where_the_program_puts_them() -> None:
    assert TASK_RECORD.unpack(TASK_RECORD.pack(*SLEEPING))[:10] == SLEEPING[:10]
    assert MACHINES.keys() == {"x86_64", "aarch64"}
    assert {Helper.GET_TASK_STACK, Helper.TASK_PT_REGS, Helper.PROBE_READ_KERNEL_STRING} == {141, 175, 115}


@pytest.fixture
def real() -> Iterator[TaskWaits]:
    source = TaskWaits.open(read_btf())
    yield source
    source.close()


@pytest.fixture
def server() -> Iterator[tuple[int, int, int]]:
    """Its pid, and the descriptors of its listener and of the connection it reads from."""
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            listening, accepted = map(int, running.stdout.readline().split())
            yield running.pid, listening, accepted
        finally:
            running.kill()


@needs_bpf
def test_threads_of_a_real_server(real: TaskWaits, server: tuple[int, int, int]) -> None:
    pid, listening, accepted = server
    while True:  # until each is where it stays
        found = real.read(pid)
        if found.threads.count("futex") == 3 and found.threads.on(listening) and found.threads.on(accepted):
            break
    assert [each.syscall for each in found.threads.on(accepted)] == ["recvfrom"]
    assert {each.syscall for each in found.threads.on(listening)} <= {"accept", "accept4"}
    assert [each.waits_in for each in found.threads.on(listening)] == ["inet_csk_accept"]
    assert found.threads.total == 5
    process = os.open(f"/proc/{pid}", os.O_RDONLY)
    try:
        assert read_threads(process) == found.threads
    finally:
        os.close(process)
    there = os.stat(f"/proc/{pid}/exe")
    path = os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    assert found.executable == Executable(path, False, (there.st_dev, there.st_ino))


@needs_bpf
def test_no_other_process_is_listed(real: TaskWaits, server: tuple[int, int, int]) -> None:
    own = real.read(os.getpid()).threads
    assert {each.tid for each in own.threads} <= set(map(int, os.listdir("/proc/self/task")))
    assert real.read(1 << 22).threads.total == 0  # above all pids (pid_max)
