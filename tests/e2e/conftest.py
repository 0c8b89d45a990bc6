"""A network namespace of our own, the real command in it, and the same as a plain user."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import IO

import pytest

import tcpwatch

PACKAGE_HOME = Path(tcpwatch.__file__).resolve().parents[1]
NOBODY = 65_534
PATIENCE_S = 10
LONGEST_RUN_S = 60
LISTEN = "0A"  # include/net/tcp_states.h, as /proc/net/tcp has it
AS_NOBODY = (
    *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
    *("--inh-caps=-all", "--no-new-privs"),
)


class Place:
    """Where commands of a test run: a network namespace with loopback up, and nothing else in it."""

    def __init__(self, pid: int) -> None:
        self._tables = [Path(f"/proc/{pid}/net/{table}") for table in ("tcp", "tcp6")]
        self.enter = ["nsenter", f"--net=/proc/{pid}/ns/net", "--"]

    def run(self, *command: str, timeout_s: float = 30) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run([*self.enter, *command], capture_output=True, text=True, timeout=timeout_s, check=False)

    @contextmanager
    def running(self, *command: str) -> "Iterator[subprocess.Popen[str]]":
        """A command that runs while inside, and is ended then, or after a minute: no reader waits for ever."""
        process = subprocess.Popen(
            [*self.enter, *command], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        deadline = Timer(LONGEST_RUN_S, process.kill)
        deadline.start()
        try:
            yield process
        finally:
            deadline.cancel()
            process.kill()
            process.communicate()

    def wait_for_listener(self, port: int) -> None:
        """Wait until something listens on the port."""
        deadline = time.monotonic() + PATIENCE_S
        while not self._listens(port):
            assert time.monotonic() < deadline, f"nothing listens on {port}"
            time.sleep(0.02)

    def _listens(self, port: int) -> bool:
        rows = (line.split() for table in self._tables if table.exists() for line in table.read_text().splitlines())
        return any((row[1][-5:], row[3]) == (f":{port:04X}", LISTEN) for row in rows)


def read_until(words: str, stream: IO[str] | None) -> None:
    """Read lines to the one that has these words."""
    assert stream is not None
    assert any(words in line for line in stream), f"it ended without saying {words!r}"


@pytest.fixture
def place() -> Iterator[Place]:
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        pytest.skip("needs root, for a network namespace of its own")
    shell = "ip link set lo up && echo ready && exec sleep 600"
    holder = subprocess.Popen(["unshare", "-n", "sh", "-c", shell], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline() == b"ready\n"
        yield Place(holder.pid)
    finally:
        holder.kill()
        holder.communicate()


@pytest.fixture
def tmux() -> None:
    if shutil.which("tmux") is None:
        pytest.skip("needs tmux")


@pytest.fixture(scope="session")
def program() -> list[str]:
    """The real command, as this user."""
    return [sys.executable, "-m", "tcpwatch"]


@pytest.fixture(scope="session")
def plain_program() -> list[str]:
    """The real command as a user without any privilege."""
    if os.geteuid() != 0:
        return [sys.executable, "-m", "tcpwatch"]
    libraries = [path for path in sys.path if path.endswith("-packages")]
    env = ["env", f"PYTHONPATH={os.pathsep.join((str(PACKAGE_HOME), *libraries))}", "PYTHONDONTWRITEBYTECODE=1"]
    for python in (sys.executable, "/usr/bin/python3"):
        command = [*AS_NOBODY, *env, python, "-m", "tcpwatch"]
        if subprocess.run([*command, "--version"], capture_output=True, check=False).returncode == 0:
            return command
    pytest.skip("nobody may run this Python, or read this checkout")
