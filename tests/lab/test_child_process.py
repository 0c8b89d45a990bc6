import errno
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tcpwatch.lab import child_process as program_module
from tcpwatch.lab.child import TO_LISTEN, TO_PLAY
from tcpwatch.lab.child_process import ChildProcess, LabProcessError
from tcpwatch.system.capability_sets import DAC_READ_SEARCH, task_status
from tests.lab.proc_net import eventually

pytestmark = pytest.mark.e2e


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_program_is_ready_once_made(port: int) -> None:
    program = ChildProcess("server", "--port", str(port))
    socket.create_connection(("127.0.0.1", port)).close()
    program.stop()


def test_program_stop_leaves_no_zombie(server: ChildProcess) -> None:
    server.stop()
    assert not alive(server.pid)


def test_program_stop_twice(server: ChildProcess) -> None:
    server.stop()
    server.stop()


def test_program_that_was_killed_can_be_stopped(server: ChildProcess) -> None:
    os.kill(server.pid, signal.SIGKILL)
    server.stop()
    assert not alive(server.pid)


def test_program_that_does_not_listen_is_killed(server: ChildProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program_module, "ENDS_WITHIN_S", 0.01)
    os.kill(server.pid, signal.SIGSTOP)  # it cannot see the end of its standard input
    server.stop()
    assert not alive(server.pid)


def test_program_that_is_refused_the_port(server: ChildProcess, port: int) -> None:
    with pytest.raises(LabProcessError, match=r"the lab's server did not start: .*already in use") as caught:
        ChildProcess("server", "--port", str(port))
    assert caught.value.exit_status == errno.EADDRINUSE


def test_program_that_there_is_not() -> None:
    with pytest.raises(LabProcessError, match="the lab's nobody did not start: no reason given"):
        ChildProcess("nobody")


def test_program_that_says_nothing_in_time(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program_module, "READY_WITHIN_S", 0)
    with pytest.raises(LabProcessError, match="no reason given"):
        ChildProcess("server", "--port", str(port))


def test_program_ignores_the_directory_it_is_started_in(
    port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "socket.py").write_text("raise SystemExit('wrong module')")
    monkeypatch.chdir(tmp_path)
    ChildProcess("server", "--port", str(port)).stop()


def test_program_has_a_process_group_of_its_own(server: ChildProcess) -> None:
    assert os.getpgid(server.pid) == server.pid


@pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")
@pytest.mark.parametrize(
    ("words", "needs"),
    [(("server",), TO_LISTEN), (("player",), TO_PLAY), (("scenario", "refused"), TO_PLAY)],
)
def test_program_gives_up_all_that_it_does_not_need(port: int, words: tuple[str, ...], needs: tuple[int, ...]) -> None:
    program = ChildProcess(*words, "--port", str(port))
    status = task_status(f"/proc/{program.pid}")
    program.stop()
    most = sum(1 << capability for capability in needs) | DAC_READ_SEARCH
    names = ["CapPrm", "CapEff", "CapInh", "CapAmb", *(["CapBnd"] if os.geteuid() == 0 else [])]
    assert [name for name in names if int(status[name], 16) & ~most] == []
    assert status["NoNewPrivs"] == "1"


def test_program_keeps_the_terminal_clean(port: int) -> None:
    """What a child writes on its error output does not reach the parent's."""
    source = f"""
from tcpwatch.lab.child_process import ChildProcess, LabProcessError
from tests.lab.proc_net import eventually
try:
    ChildProcess("nobody")
except LabProcessError:
    pass
ChildProcess("server", "--port", "{port}").stop()
"""
    ended = subprocess.run([sys.executable, "-X", "dev", "-c", source], capture_output=True, timeout=20)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, b"", b"")


def test_program_said_gives_whole_lines_as_they_come(port: int) -> None:
    program = ChildProcess("scenario", "refused", "--port", str(port), "--pace", "0")
    lines: list[str] = []
    assert eventually(lambda: lines.extend(program.new_lines()) or "end" in lines)
    assert [line[:1] for line in lines] == ["{", "{", "e"]
    assert program.new_lines() == []
    assert program.running
    program.stop()
    assert not program.running
