"""Network namespaces made for a test, each held by a process that listens there."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest

SERVER = """
import socket, sys
listening = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listening.getsockname())
server, _ = listening.accept()
print(listening.getsockname()[1], flush=True)
sys.stdin.read()
"""
needs_namespaces = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("unshare") is None or shutil.which("ip") is None,
    reason="needs root, unshare and iproute2, for network namespaces",
)


class Held(NamedTuple):
    """A namespace with a listener and both ends of a connection to it, as long as the process lives."""

    process: "subprocess.Popen[str]"
    port: int
    inode: int

    @property
    def pid(self) -> int:
        return self.process.pid


@contextmanager
def held(*enter: str, python: str = sys.executable) -> Iterator[Held]:
    """In a new namespace, or that of the words `enter`."""
    up = 'ip link set lo up && exec "$0" -c "$1"'
    words = [*(enter or ("unshare", "--net")), "sh", "-c", up, python, SERVER]
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        port = int(process.stdout.readline())
        yield Held(process, port, os.stat(f"/proc/{process.pid}/ns/net").st_ino)
    finally:
        process.kill()
        process.communicate()


@contextmanager
def named() -> Iterator[str]:
    """`ip netns add`, under a name of this process's own."""
    name = f"tcpw-{os.getpid()}"  # short, for a narrow column
    subprocess.run(["ip", "netns", "add", name], check=True)
    try:
        yield name
    finally:
        subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True)


def hides_processes() -> bool:
    """Whether /proc is mounted so that a plain user does not see the processes of others (hidepid)."""
    with open("/proc/mounts", encoding="utf-8") as mounts:
        options = [line.split()[3] for line in mounts if line.split()[1] == "/proc"]
    return any("hidepid=" in one and "hidepid=0" not in one and "hidepid=off" not in one for one in options)
