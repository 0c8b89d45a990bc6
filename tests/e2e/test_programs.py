"""The program behind a socket, as tcpwatch reads it once its privilege is gone: real programs, each user."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import NOBODY, PATIENCE_S, Place
from tests.kernel.bpf.allowed import needs_bpf

pytestmark = pytest.mark.e2e

# Opens everything as a start does, gives up what it may, then reads the processes that it is given.
READ = """
import json, sys
from dataclasses import asdict
from tcpwatch.cli.sources import give_up_privileges
from tcpwatch.kernel.source import open_kernel
from tcpwatch.diagnose.threads import threads_in_words
from tcpwatch.sockets.program import next_steps
kernel = open_kernel(bpf=sys.argv[1] == "bpf")
give_up_privileges(kernel.owners.reads_processes)
for pid in map(int, sys.argv[2:]):
    found = kernel.programs.read(pid, threads=True)
    told = {name: getattr(found, name) for name in found.__slots__ if name not in ("threads", "unknown")}
    told["unknown"] = dict(found.unknown)
    told["words"] = [*map(str, threads_in_words(found.threads))] if found.threads is not None else None
    told["steps"] = [step.command for step in next_steps(found)]
    print(json.dumps(told))
"""
POOL = """
import socket, threading
listening = socket.create_server(("127.0.0.1", 8081))
lock = threading.Lock()
lock.acquire()
pool = [threading.Thread(target=lock.acquire, daemon=True) for _ in range(7)]
for thread in pool:
    thread.start()
pool[0].join()
"""
READER = """
import socket, threading
listening = socket.create_server(("127.0.0.1", 8082))
connecting = socket.create_connection(("127.0.0.1", 8082))
accepted, _ = listening.accept()
threading.Thread(target=lambda: accepted.recv(1), daemon=True).start()
listening.accept()
"""
JAVA = """
import java.net.ServerSocket;
public class Server { public static void main(String[] a) throws Exception { new ServerSocket(8083).accept(); } }
"""
NODE = "require('net').createServer(socket => {}).listen(8084, '127.0.0.1')"
C = """
#include <arpa/inet.h>
int main(void) {
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(8085), .sin_addr.s_addr = htonl(0x7f000001)};
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    return bind(listening, (void *)&here, sizeof here) || listen(listening, 5) || accept(listening, 0, 0) < 0;
}
"""
GO_SECTION = '__attribute__((section(".go.buildinfo"))) char built[16] = "made up";'
LOCKED = "8 of 8 threads wait in futex (for a lock or another thread)"


def as_user(uid: int, *command: str) -> list[str]:
    return ["setpriv", f"--reuid={uid}", f"--regid={uid}", "--clear-groups", *command]


class Watcher:
    """tcpwatch, as root with BPF or without, or as a plain user."""

    def __init__(self, place: Place, sources: str, prefix: list[str]) -> None:
        self.place, self.sources, self.prefix = place, sources, prefix

    def read(self, *pids: int) -> list[dict[str, Any]]:
        done = self.place.run(*self.prefix, "-c", READ, self.sources, *map(str, pids))
        assert not done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def read_when(self, pid: int, words: str) -> dict[str, Any]:
        """The program, once its threads are where they stay."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            [told] = self.read(pid)
            if any(words in sentence for sentence in told["words"]) or time.monotonic() > deadline:
                return told


@pytest.fixture(params=[pytest.param("bpf", marks=needs_bpf), "proc"])
def root(request: pytest.FixtureRequest, place: Place) -> Watcher:
    return Watcher(place, request.param, [sys.executable])


@pytest.fixture
def plain(place: Place, plain_program: list[str]) -> Watcher:
    return Watcher(place, "bpf", plain_program[: -len(["-m", "tcpwatch"])])


@pytest.fixture
def started(place: Place) -> Iterator[Any]:
    """Starts a server in the namespace; returns its pid once it listens on the port."""
    with ExitStack() as running:

        def start(port: int, *command: str) -> int:
            process = running.enter_context(place.running(*command))
            place.wait_for_listener(port)
            return process.pid

        yield start


def test_pool_behind_a_lock(root: Watcher, started: Any) -> None:
    told = root.read_when(started(8081, sys.executable, "-c", POOL), LOCKED)
    assert told["words"] == [LOCKED, "none is in recv or accept"]
    assert (told["runtime"], told["thread_count"], told["user"]) == ("CPython", 8, "root")
    assert told["command_line"][:2] == [sys.executable, "-c"]
    assert (told["executable_deleted"], told["unknown"]) == (False, {})
    assert told["steps"] == [f"py-spy dump --pid {told['pid']}"]
    assert 0 < told["fds_used"] < told["fd_limit"]


def test_reader_and_accepter(root: Watcher, started: Any) -> None:
    told = root.read_when(started(8082, sys.executable, "-c", READER), "recvfrom")
    assert sorted(sentence.split(" is in ")[1].partition("(")[0] for sentence in told["words"]) == [
        "accept4",
        "recvfrom",
    ]


def test_program_that_was_replaced(root: Watcher, started: Any, tmp_path: Path) -> None:
    copy = tmp_path / "python3"
    shutil.copy(Path(sys.executable).resolve(), copy)
    pid = started(8081, "env", f"PYTHONHOME={sys.base_prefix}", str(copy), "-c", POOL)
    copy.unlink()
    [told] = root.read(pid)
    assert (told["executable_deleted"], Path(told["executable"]).name) == (True, "python3")


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_node(root: Watcher, started: Any) -> None:
    told = root.read_when(started(8084, "node", "-e", NODE), "epoll")
    assert (told["runtime"], told["steps"]) == ("Node.js", [f"kill -USR1 {told['pid']}"])
    assert any("futex" in sentence for sentence in told["words"])
    assert "none is in recv or accept" not in told["words"]


@pytest.mark.skipif(shutil.which("java") is None, reason="needs a JDK")
def test_jvm(root: Watcher, started: Any, tmp_path: Path) -> None:
    (tmp_path / "Server.java").write_text(JAVA)
    told = root.read_when(started(8083, "java", "-Xmx64m", str(tmp_path / "Server.java")), "accept")
    assert (told["runtime"], told["steps"]) == ("JVM", [f"jcmd {told['pid']} Thread.print"])


@pytest.mark.skipif(shutil.which("gcc") is None, reason="needs gcc")
@pytest.mark.parametrize(("more", "runtime"), [("", "native code"), (GO_SECTION, "Go")])
def test_native_code(root: Watcher, started: Any, tmp_path: Path, more: str, runtime: str) -> None:
    source, server = tmp_path / "server.c", tmp_path / "server"
    source.write_text(more + C)
    subprocess.run(["gcc", "-w", "-o", server, source], check=True)
    tmp_path.chmod(0o755)
    told = root.read_when(started(8085, str(server)), "accept")
    assert told["words"][0].startswith("its only thread is in accept")
    if root.sources == "proc":  # with BPF, only where the one who has given up his rights may read the file
        assert told["runtime"] == runtime
    assert told["runtime"] in (runtime, "unknown")
    tool = {"native code": "gdb -p", "Go": "dlv attach", "unknown": None}[told["runtime"]]
    assert [step.partition(f" {told['pid']}")[0] for step in told["steps"]] == ([tool] if tool else [])


def test_plain_user_sees_all_of_his_own_program(plain: Watcher, started: Any) -> None:
    pid = started(8081, *as_user(NOBODY, plain.prefix[-1], "-c", POOL))
    told = plain.read_when(pid, LOCKED)
    assert told["words"] == [LOCKED, "none is in recv or accept"]
    assert (told["runtime"], told["unknown"]) == ("CPython", {})


def test_plain_user_is_told_what_he_may_not_see(plain: Watcher, started: Any) -> None:
    pid = started(8081, sys.executable, "-c", POOL)
    [told] = plain.read(pid)
    assert set(told["unknown"]) == {"executable", "threads"}
    assert all("another user" in why for why in told["unknown"].values())
    assert (told["user"], told["runtime"], told["thread_count"], told["words"]) == ("root", "CPython", 8, None)
    assert 0 < told["fds_used"] < told["fd_limit"]
