"""Ports that are held by bind(2) alone, on this kernel."""

import socket
from contextlib import closing

import pytest

from tcpwatch.kernel.sock_diag.bound_ports import BoundPorts

pytestmark = pytest.mark.e2e


@pytest.fixture
def ports() -> BoundPorts:
    try:
        return BoundPorts()
    except OSError as error:
        pytest.skip(str(error))


def test_bound_port_is_listed_until_its_socket_listens(ports: BoundPorts) -> None:
    with closing(ports), socket.socket() as four, socket.socket(socket.AF_INET6) as six:
        four.bind(("127.0.0.1", 0))
        six.bind(("::", 0))
        held = {four.getsockname()[1], six.getsockname()[1]}
        assert held <= ports.read()
        four.listen()
        assert four.getsockname()[1] not in ports.read()
