"""A free port, a running echo server, and the kernel's own word on who is in which state."""

import socket
from collections.abc import Iterator

import pytest

from tcpwatch.lab.child_process import ChildProcess


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture
def server(port: int) -> Iterator[ChildProcess]:
    program = ChildProcess("server", "--port", str(port))
    yield program
    program.stop()
