import socket
from collections.abc import Iterator

import pytest

from tcpwatch.lab.loss import drop_incoming, drop_larger_than, let_through, lossy

pytestmark = pytest.mark.e2e

Ends = tuple[socket.socket, socket.socket]


@pytest.fixture
def ends() -> Iterator[Ends]:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()) as client:
        server, _ = listener.accept()
        with server:
            server.settimeout(0.05)
            try:
                drop_incoming(server)
                let_through(server)
            except PermissionError:
                pytest.skip("this user may not filter sockets")
            yield client, server


def test_drop_incoming_loses_what_arrives(ends: Ends) -> None:
    client, server = ends
    drop_incoming(server)
    client.send(b"lost")
    with pytest.raises(TimeoutError):
        server.recv(10)


def test_lossy_ends_and_tcp_sends_again(ends: Ends) -> None:
    client, server = ends
    with lossy(server):
        client.send(b"late")
    server.settimeout(5)
    assert server.recv(10) == b"late"


def test_lossy_ends_with_an_error_too(ends: Ends) -> None:
    client, server = ends
    with pytest.raises(RuntimeError), lossy(server):
        raise RuntimeError
    client.send(b"heard")
    assert server.recv(10) == b"heard"


def test_dropping_end_may_still_send(ends: Ends) -> None:
    client, server = ends
    drop_incoming(server)
    server.send(b"hello")
    assert client.recv(10) == b"hello"


def test_drop_larger_than_passes_what_is_small(ends: Ends) -> None:
    client, server = ends
    drop_larger_than(500, server)
    client.send(b"small")
    assert server.recv(10) == b"small"
    client.send(bytes(500))  # and a header
    with pytest.raises(TimeoutError):
        server.recv(10)
