import os
import signal
import socket
from collections.abc import Iterator

import pytest

from tcpwatch.lab.address import HOST
from tcpwatch.lab.child_process import ChildProcess, LabProcessError
from tcpwatch.lab.servers import MAY_OPEN, NO_MORE
from tests.lab.proc_net import eventually, needs_proc_net, states

pytestmark = pytest.mark.e2e

OPEN_WITHOUT_CLIENTS = 4  # three standard streams and the listener


@pytest.fixture
def hoarder(port: int) -> Iterator[ChildProcess]:
    started = ChildProcess("servers", "--hoards", "--port", str(port))
    yield started
    started.stop()


@pytest.fixture
def forefather(port: int) -> Iterator[ChildProcess]:
    started = ChildProcess("servers", "--leaves-heir", "--port", str(port))
    yield started
    started.stop()


@needs_proc_net
def test_hoarder_that_may_open_no_more(hoarder: ChildProcess, port: int) -> None:
    for _ in range(MAY_OPEN - OPEN_WITHOUT_CLIENTS):
        socket.create_connection((HOST, port)).close()
    said: list[str] = []
    assert eventually(lambda: said.extend(hoarder.new_lines()) or said == [NO_MORE])
    assert states(port)["CLOSE-WAIT"] == MAY_OPEN - OPEN_WITHOUT_CLIENTS


def test_heir_of_a_server_that_was_killed(forefather: ChildProcess, port: int) -> None:
    os.kill(forefather.pid, signal.SIGKILL)
    assert eventually(lambda: not forefather.running)
    with socket.create_connection((HOST, port)), pytest.raises(OSError, match="already in use"):
        socket.create_server((HOST, port))
    forefather.stop()
    assert eventually(lambda: refused(port))


def refused(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex((HOST, port)) != 0


def test_server_without_a_fault_named(port: int) -> None:
    with pytest.raises(LabProcessError, match="did not start"):
        ChildProcess("servers", "--port", str(port))
