"""Programs by pid: each fact, why it is not known, and that another process is never taken for the one asked for."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tcpwatch.errors import SourceError
from tcpwatch.kernel.proc import programs
from tcpwatch.kernel.proc.programs import Programs, unit_of
from tcpwatch.kernel.proc.tasks import Executable, TaskList
from tcpwatch.sockets.program import Program, Runtime, Unseen
from tcpwatch.sockets.threads import ThreadsSeen, ThreadWait
from tests.kernel.proc.made_up_proc import process, thread

SECOND_NS = 1_000_000_000
ACCEPT = ThreadsSeen((ThreadWait(42, "server", "accept4", 3, "inet_csk_accept"),), 1)
CONTAINER = "3f2a9c01d2e4" + "0" * 52


class Tasks:
    """What BPF would tell."""

    message = "all threads"

    def __init__(self, found: TaskList | SourceError) -> None:
        self.found = found
        self.asked: list[int] = []
        self.closed = False

    def read(self, pid: int) -> TaskList:
        self.asked.append(pid)
        if isinstance(self.found, SourceError):
            raise self.found
        return self.found

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    process(tmp_path, 1, comm="systemd", parent=0)
    return tmp_path


def reader(proc: Path, tasks: Tasks | None = None) -> Programs:
    return Programs(proc, tasks, clock=lambda: 1_000 * SECOND_NS, boot_clock=lambda: 100 * SECOND_NS)


def told(proc: Path, pid: int = 42, *, threads: bool = False, tasks: Tasks | None = None) -> Program:
    found = reader(proc, tasks).read(pid, threads=threads)
    assert found is not None
    return found


def test_program(proc: Path) -> None:
    process(proc, 42, catches=0b110)
    found = told(proc)
    assert (found.pid, found.start_ticks, found.command) == (42, 555, "a) b")
    assert found.command_line == ("/usr/bin/server", "--port", "80")
    assert (found.uid, found.unit, found.container) == (1000, "web.service", None)
    assert (found.parent_pid, found.parent_command) == (1, "systemd")
    assert found.started_ns == 900 * SECOND_NS + 555 * SECOND_NS // os.sysconf("SC_CLK_TCK")
    assert (found.fd_limit, found.thread_count) == (1024, 4)
    assert (found.executable, found.executable_deleted) == ("/usr/bin/server", False)
    assert (found.does_catch(2), found.does_catch(1)) == (True, False)
    assert (found.threads, dict(found.unknown)) == (None, {"threads": Unseen.NOT_ASKED})


def test_program_whose_pid_is_reused_is_not_read(proc: Path) -> None:
    process(proc, 42, start=556)
    assert reader(proc).read(42, 555) is None
    assert reader(proc).read(42, 556) is not None


def test_program_that_has_ended(proc: Path) -> None:
    assert reader(proc).read(43) is None


def test_program_that_ends_while_it_is_read(proc: Path) -> None:
    (process(proc, 42) / "stat").write_text("")
    assert reader(proc).read(42) is None


def test_executable_that_was_replaced(proc: Path) -> None:
    process(proc, 42, executable="/usr/bin/server (deleted)")
    assert (told(proc).executable, told(proc).executable_deleted) == ("/usr/bin/server", True)


def test_text_of_a_program_is_cleaned_and_bounded(proc: Path) -> None:
    process(proc, 42, comm="\x1b[2J", command_line=b"\x1b]0;x\x07\0" + b"y" * 3000 + b"\0" + b"z\0" * 900)
    found = told(proc)
    assert "\x1b" not in found.command + str(found.command_line)
    assert found.command_line is not None
    assert len(found.command_line) == programs.MOST_ARGUMENTS
    assert max(map(len, found.command_line)) <= 256


@pytest.mark.parametrize(
    ("facts", "unknown"),
    [
        ({"parent": 0}, {"parent_pid": Unseen.OUTSIDE, "parent_command": Unseen.OUTSIDE}),
        ({"parent": 99}, {"parent_command": Unseen.NO_FILE}),
        ({"limit": "unlimited"}, {"fd_limit": Unseen.OLD_KERNEL}),
        (
            {"state": "Z", "executable": None, "command_line": b""},
            dict.fromkeys(("command_line", "executable"), Unseen.ZOMBIE),
        ),
    ],
)
def test_fact_that_is_not_known_has_a_reason(proc: Path, facts: dict[str, object], unknown: dict[str, str]) -> None:
    process(proc, 42, **facts)  # type: ignore[arg-type]
    found = told(proc)
    assert {name: why for name, why in found.unknown.items() if name != "threads"} == unknown
    assert {getattr(found, name) for name in unknown} == {None}


def test_first_process_has_no_parent(proc: Path) -> None:
    assert told(proc, 1).unknown["parent_pid"] == Unseen.FIRST


@pytest.mark.parametrize(
    ("cgroup", "unit"),
    [
        ("0::/system.slice/nginx.service\n", "nginx.service"),
        ("0::/user.slice/user-1000.slice/user@1000.service/app.slice/web.service\n", "web.service"),
        ("0::/user.slice/user-1000.slice/session-3.scope\n", "session-3.scope"),
        ("0::/system.slice/web.service/workers\n", "web.service"),
        ("4:memory:/other.service\n1:name=systemd:/system.slice/web.service\n0::/\n", "web.service"),
        ("0::/\n", None),
        ("0::/init.scope.d\n", None),
        ("", None),
    ],
)
def test_unit(cgroup: str, unit: str | None) -> None:
    assert unit_of(cgroup) == unit


def test_container_has_no_unit(proc: Path) -> None:
    process(proc, 42, cgroup=f"0::/system.slice/docker-{CONTAINER}.scope\n")
    assert (told(proc).container, told(proc).unit) == ("docker/3f2a9c01d2e4", None)


def test_threads_of_bpf(proc: Path) -> None:
    process(proc, 42, executable=None)
    tasks = Tasks(TaskList(ACCEPT, Executable("java", True)))
    found = told(proc, threads=True, tasks=tasks)
    assert (found.threads, found.executable, found.executable_deleted) == (ACCEPT, "java", True)
    assert (found.runtime, dict(found.unknown)) == (Runtime.JVM, {})


@pytest.mark.parametrize("lacking", [TaskList(ThreadsSeen((), 0), None), SourceError("broken off")])
def test_threads_of_proc_where_bpf_has_none(proc: Path, lacking: TaskList | SourceError) -> None:
    home = process(proc, 42)
    thread(home, 42, {"syscall": "running\n", "wchan": "0"})
    found = told(proc, threads=True, tasks=Tasks(lacking))
    assert found.threads == ThreadsSeen((ThreadWait(42, "worker", running=True),), 1)


def test_bpf_is_asked_once_for_the_executable(proc: Path) -> None:
    process(proc, 42, executable=None)
    tasks = Tasks(TaskList(ACCEPT, Executable("java", False)))
    source = reader(proc, tasks)
    for _ in range(3):
        found = source.read(42)
        assert found is not None
        assert found.executable == "java"
    assert tasks.asked == [42]


def test_runtime_is_looked_for_again_after_exec(proc: Path) -> None:
    home = process(proc, 42, command_line=b"sh\0run.sh\0", executable="/bin/sh")
    source = reader(proc)
    before = source.read(42)
    (home / "cmdline").write_bytes(b"java\0-jar\0")
    (home / "exe").unlink()
    (home / "exe").symlink_to("/usr/bin/java")
    after = source.read(42)
    assert before is not None
    assert after is not None
    assert (before.runtime, after.runtime) == (Runtime.UNKNOWN, Runtime.JVM)


def test_what_is_remembered_is_bounded(proc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "MOST_KNOWN", 2)
    source = reader(proc)
    for pid in range(42, 47):
        process(proc, pid)
        source.read(pid)
    assert [pid for pid, _, _ in source._known] == [45, 46]


def test_programs_without_proc(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        Programs(tmp_path / "absent")


def test_closing_closes_the_source_of_threads(proc: Path) -> None:
    tasks = Tasks(TaskList(ACCEPT, None))
    source = reader(proc, tasks)
    source.close()
    source.close()
    assert tasks.closed
    assert source.read(42) is None


@pytest.fixture
def real() -> Iterator[Programs]:
    source = Programs()
    yield source
    source.close()


def test_own_program(real: Programs) -> None:
    found = real.read(os.getpid(), threads=True)
    assert found is not None
    assert (found.uid, found.parent_pid, found.runtime) == (os.geteuid(), os.getppid(), Runtime.CPYTHON)
    assert found.fds_used == len(os.listdir("/proc/self/fd"))  # each of the two has one directory open
    assert found.threads is not None
    assert any(each.running for each in found.threads.threads)
