import errno
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tcpwatch.errors import UsageError
from tcpwatch.lab.child_process import ChildProcess, LabProcessError
from tcpwatch.lab.leaky_server import Demo
from tests.lab.proc_net import eventually, needs_proc_net, sockets, states

pytestmark = pytest.mark.e2e

PARENT = """
import signal, sys, threading
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # both are ignored under nohup and in the background of a script
signal.signal(signal.SIGINT, signal.default_int_handler)
from tcpwatch.lab.leaky_server import Demo
demo = Demo({port})
demo.start()
print(*demo.pids, flush=True)
{then}
"""


def run_parent(port: int, then: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PARENT.format(port=port, then=then)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def gone(pid: int) -> bool:
    """Whether the process has ended; one that nobody has waited for yet counts."""
    try:
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


@needs_proc_net
def test_demo_shows_every_state_once_started(port: int) -> None:
    with Demo(port):
        expected = {"LISTEN": 1, "CLOSE-WAIT": 1, "FIN-WAIT-2": 1, "ESTABLISHED": 4, "TIME-WAIT": 1}
        assert eventually(lambda: states(port) == expected), states(port)
        unread = {row.state: row.recv_q for row in sockets(port) if row.recv_q}
        assert unread == {"FIN-WAIT-2": 14}


@needs_proc_net
def test_demo_close_wait_is_the_servers(port: int) -> None:
    with Demo(port):
        assert [row.local_port for row in sockets(port) if row.state == "CLOSE-WAIT"] == [port]
        assert port not in [row.local_port for row in sockets(port) if row.state in ("TIME-WAIT", "FIN-WAIT-2")]


@needs_proc_net
def test_demo_processes_have_names(port: int) -> None:
    with Demo(port) as demo:
        names = [Path(f"/proc/{pid}/comm").read_text() for pid in demo.pids]
    assert names == ["tcpwatch-server\n", "tcpwatch-client\n"]


@needs_proc_net
def test_demo_stop_leaves_time_wait_only(port: int) -> None:
    demo = Demo(port)
    demo.start()
    pids = demo.pids
    demo.stop()
    assert demo.pids == ()
    assert all(not Path(f"/proc/{pid}").exists() for pid in pids)
    assert eventually(lambda: set(states(port)) == {"TIME-WAIT"}), states(port)


def test_demo_stop_twice(port: int) -> None:
    with Demo(port) as demo:
        demo.stop()


def test_demo_starts_again_at_once(port: int) -> None:
    demo = Demo(port)
    for _ in range(2):
        demo.start()
        demo.stop()


@needs_proc_net
@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGHUP])
def test_demo_ends_with_a_parent_that_is_signalled(port: int, ending: signal.Signals) -> None:
    with run_parent(port, "threading.Event().wait()") as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2
        parent.send_signal(ending)
    assert eventually(lambda: all(gone(pid) for pid in pids))
    assert eventually(lambda: set(states(port)) == {"TIME-WAIT"}), states(port)


@needs_proc_net
@pytest.mark.parametrize("then", ["raise RuntimeError", "import os; os._exit(1)"])
def test_demo_ends_with_a_parent_that_crashes(port: int, then: str) -> None:
    with run_parent(port, then) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2
    assert eventually(lambda: all(gone(pid) for pid in pids))


@needs_proc_net
def test_demo_outlives_the_thread_that_started_it(port: int) -> None:
    with run_parent(
        port,
        "demo.stop()\n"
        "starter = threading.Thread(target=demo.start); starter.start(); starter.join()\n"
        "print(*demo.pids, flush=True)\n"
        "sys.stdin.read()",
    ) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        try:
            assert len(pids) == 2
            assert not any(gone(pid) for pid in pids)
        finally:
            parent.kill()


def test_demo_port_that_is_taken_names_the_holder(port: int) -> None:
    with socket.create_server(("127.0.0.1", port)), pytest.raises(UsageError) as caught:
        Demo(port, port_owner=lambda asked: f"java/4242, which holds {asked}").start()
    assert str(caught.value) == (
        f"port {port} is taken by java/4242, which holds {port}: end that, or give the demo another --port"
    )


def test_demo_port_that_is_taken_by_nobody_known(port: int) -> None:
    with socket.create_server(("", port)), pytest.raises(UsageError, match="is taken by another process"):
        Demo(port).start()


def test_demo_port_that_is_not_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: str) -> ChildProcess:
        raise LabProcessError("the lab's server did not start: [Errno 13] Permission denied", errno.EACCES)

    monkeypatch.setattr("tcpwatch.lab.leaky_server.ChildProcess", refused)
    with pytest.raises(UsageError, match="port 7 is not allowed to this user: give the demo a --port above 1023"):
        Demo(7).start()


@needs_proc_net
def test_demo_client_that_fails_takes_the_server_along(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def server_only(name: str, *arguments: str) -> ChildProcess:
        if name == "client":
            raise LabProcessError("the lab's client did not start: no server", 1)
        return ChildProcess(name, *arguments)

    monkeypatch.setattr("tcpwatch.lab.leaky_server.ChildProcess", server_only)
    with pytest.raises(LabProcessError, match="the lab's client did not start: no server"):
        Demo(port).start()
    assert states(port)["LISTEN"] == 0
