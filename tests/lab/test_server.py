import socket
from threading import Thread

import pytest

from tcpwatch.lab.address import HOST
from tcpwatch.lab.child_process import ChildProcess
from tcpwatch.lab.messages import MessageError
from tcpwatch.lab.server import TIDY_UP_S, EchoServer, echo, serve
from tests.lab.proc_net import eventually, needs_proc_net, states


def exchange(port: int, sent: bytes) -> bytes:
    """What the server sends until it ends its side, to a client that ended its own after `sent`."""
    with socket.create_connection((HOST, port), timeout=5) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(4096), b""))


def test_echo_sends_every_message_back() -> None:
    client, server = socket.socketpair()
    with client, server:
        client.sendall(b"0010HELLOWORLD0000")
        client.shutdown(socket.SHUT_WR)
        echo(server)
        assert client.recv(100) == b"0010HELLOWORLD0000"


def test_echo_bytes_that_are_no_message() -> None:
    client, server = socket.socketpair()
    with client, server:
        client.sendall(b"GET / HTTP/1.1\r\n\r\n")
        with pytest.raises(MessageError, match="b'GET '"):
            echo(server)


def test_serve_tidies_up_before_it_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    client, server = socket.socketpair()
    seen: list[float] = []

    def look(seconds: float) -> None:
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.recv(1)
        seen.append(seconds)

    monkeypatch.setattr("tcpwatch.lab.server.time.sleep", look)
    with client:
        client.shutdown(socket.SHUT_WR)
        serve(server)
        assert client.recv(1) == b""
    assert seen == [TIDY_UP_S]


@pytest.mark.e2e
def test_server_port_that_is_taken(port: int) -> None:
    with socket.create_server((HOST, port)), pytest.raises(OSError, match="already in use"):
        EchoServer(port)


@pytest.mark.e2e
def test_server_closes_after_the_client(server: ChildProcess, port: int) -> None:
    assert exchange(port, b"0002AB") == b"0002AB"


@pytest.mark.e2e
def test_server_closes_on_bytes_that_are_no_message(server: ChildProcess, port: int) -> None:
    assert exchange(port, b"wrong") == b""
    assert exchange(port, b"0001A") == b"0001A"


@pytest.mark.e2e
def test_server_serves_several_at_once(server: ChildProcess, port: int) -> None:
    with socket.create_connection((HOST, port)) as waiting:
        served = [Thread(target=exchange, args=(port, b"0001A")) for _ in range(3)]
        for thread in served:
            thread.start()
        for thread in served:
            thread.join(5)
        waiting.sendall(b"0002AB")
        assert waiting.recv(100) == b"0002AB"


@pytest.mark.e2e
def test_server_survives_a_reset(server: ChildProcess, port: int) -> None:
    rude = socket.create_connection((HOST, port))
    rude.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    rude.close()
    assert exchange(port, b"0001A") == b"0001A"


@pytest.mark.e2e
@needs_proc_net
def test_server_forgets_the_first_connection_only(port: int) -> None:
    program = ChildProcess("server", "--port", str(port), "--forget-first")
    try:
        with socket.create_connection((HOST, port)) as first:
            first.shutdown(socket.SHUT_WR)
            assert exchange(port, b"0001A") == b"0001A"
            assert eventually(lambda: states(port)["CLOSE-WAIT"] == 1)
            assert states(port)["FIN-WAIT-2"] == 1
    finally:
        program.stop()
