import pytest

from tcpwatch.lab.child_process import ChildProcess
from tcpwatch.lab.client import Client, Guests, visit
from tests.lab.proc_net import eventually, needs_proc_net, sockets

pytestmark = pytest.mark.e2e


def test_client_gets_its_messages_back(server: ChildProcess, port: int) -> None:
    with Client(port) as client:
        client.send("HELLOWORLD")
        client.send("안녕")
        assert (client.receive(), client.receive()) == ("HELLOWORLD", "안녕")


def test_client_half_closed_still_receives(server: ChildProcess, port: int) -> None:
    with Client(port) as client:
        client.send("HELLOWORLD")
        client.half_close()
        assert (client.receive(), client.receive()) == ("HELLOWORLD", None)


def test_client_wait_leaves_the_message(server: ChildProcess, port: int) -> None:
    with Client(port) as client:
        client.send("HELLOWORLD")
        client.wait()
        assert client.receive() == "HELLOWORLD"


def test_client_without_server(port: int) -> None:
    with pytest.raises(ConnectionRefusedError):
        Client(port)


@needs_proc_net
def test_visit_leaves_time_wait_at_the_client(server: ChildProcess, port: int) -> None:
    visit(port)
    left = [row for row in sockets(port) if row.state != "LISTEN"]
    assert [(row.remote_port, row.state) for row in left] == [(port, "TIME-WAIT")]


@needs_proc_net
def test_guests_bring_about_four_situations(port: int) -> None:
    server = ChildProcess("server", "--port", str(port), "--forget-first")
    client = ChildProcess("client", "--port", str(port))

    def at_clients() -> list[tuple[str, int]]:
        return sorted((row.state, row.recv_q) for row in sockets(port) if row.remote_port == port)

    try:
        expected = [("ESTABLISHED", 0), ("ESTABLISHED", 0), ("FIN-WAIT-2", 14), ("TIME-WAIT", 0)]
        assert eventually(lambda: at_clients() == expected), at_clients()
    finally:
        client.stop()
        server.stop()


def test_guests_talk_at_every_beat_and_visit_at_every_eighth(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    beats = iter([None] * 16)

    class Recorder:
        def __init__(self, port: int) -> None:
            self.port = port

        def send(self, text: str) -> None:
            seen.append(text)

        def receive(self) -> None: ...
        def wait(self) -> None: ...
        def half_close(self) -> None: ...

    monkeypatch.setattr("tcpwatch.lab.client.Client", Recorder)
    monkeypatch.setattr("tcpwatch.lab.client.visit", lambda port: seen.append(f"visit {port}"))
    monkeypatch.setattr("tcpwatch.lab.client.time.sleep", lambda seconds: next(beats))
    guests = Guests(9999)
    seen.clear()
    with pytest.raises(StopIteration):
        guests.stay()
    assert seen == (["HELLOWORLD"] * 8 + ["visit 9999"]) * 2
