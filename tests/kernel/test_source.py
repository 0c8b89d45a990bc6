import sys

import pytest

from tcpwatch.errors import SourceError
from tcpwatch.kernel import source
from tcpwatch.kernel.source import open_socket_source
from tcpwatch.tcp.sockets import SocketRow


class Works:
    name = says = "works"

    def __init__(self, why: str = "") -> None:
        self.says += why
        self.closed = False

    def dump(self) -> list[SocketRow]:
        return []

    def close(self) -> None:
        self.closed = True


class Refuses(Works):
    made: "list[Refuses]"

    def __init__(self, why: str = "") -> None:
        super().__init__(why)
        self.made.append(self)

    def dump(self) -> list[SocketRow]:
        raise SourceError("refused")


@pytest.fixture(autouse=True)
def no_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Refuses, "made", [], raising=False)


def test_open_netlink_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "SockDiag", Refuses)
    monkeypatch.setattr(source, "ProcNet", Works)
    assert open_socket_source().says == "worksrefused"
    assert all(refusing.closed for refusing in Refuses.made)


def test_open_nothing_of_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SockDiag", "ProcNet"):
        monkeypatch.setattr(source, name, Refuses)
    assert open_socket_source().name == "psutil"


def test_open_portable_asked_for() -> None:
    assert open_socket_source(portable=True).name == "psutil"


@pytest.mark.e2e
@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
def test_open_on_linux() -> None:
    opened = open_socket_source()
    assert opened.name == "sock_diag"
    opened.close()
