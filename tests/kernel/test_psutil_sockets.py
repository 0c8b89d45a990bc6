"""The psutil source over a system that is told what to say."""

import socket
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace

import pytest

from tcpwatch.errors import SourceError
from tcpwatch.kernel.proc.owners import OwnerIndex
from tcpwatch.kernel.psutil_sockets import PortableSockets
from tcpwatch.sockets.row import NoOwner, Owner, SocketRow
from tcpwatch.tcp.state import State


class PsutilError(Exception): ...


class AccessDenied(PsutilError): ...  # noqa: N818


class NoSuchProcess(PsutilError): ...  # noqa: N818


class Psutil(ModuleType):
    """The part of psutil that the source uses. `table` is what each pid holds, None the sockets of nobody."""

    Error, AccessDenied, NoSuchProcess = PsutilError, AccessDenied, NoSuchProcess

    def __init__(self, table: dict[int | None, list[SimpleNamespace]], *, lists_all: bool = True) -> None:
        super().__init__("psutil")
        self.table, self.lists_all = table, lists_all
        self.denied: set[int] = set()
        self.ended: set[int] = set()

    def net_connections(self, kind: str) -> list[SimpleNamespace]:
        assert kind == "tcp"
        if not self.lists_all:
            raise AccessDenied
        return [SimpleNamespace(**vars(entry), pid=pid) for pid, entries in self.table.items() for entry in entries]

    def process_iter(self) -> Iterator[SimpleNamespace]:
        for pid in filter(None, self.table):
            yield SimpleNamespace(pid=pid, net_connections=lambda kind, pid=pid: self._entries(pid))

    def Process(self, pid: int) -> SimpleNamespace:  # noqa: N802
        if pid in self.ended:
            raise NoSuchProcess
        return SimpleNamespace(create_time=lambda: 12.34, name=lambda: f"java{pid}\x1b")

    def _entries(self, pid: int) -> list[SimpleNamespace]:
        if pid in self.denied:
            raise AccessDenied
        if pid in self.ended:
            raise NoSuchProcess
        return self.table[pid]


def entry(
    status: str = "ESTABLISHED",
    local: tuple[str, int] = ("127.0.0.1", 9999),
    remote: tuple[str, int] | None = ("127.0.0.2", 50_000),
    fd: int = 5,
) -> SimpleNamespace:
    laddr = SimpleNamespace(ip=local[0], port=local[1])
    raddr = SimpleNamespace(ip=remote[0], port=remote[1]) if remote else ()
    return SimpleNamespace(status=status, laddr=laddr, raddr=raddr, fd=fd)


def dump(psutil: Psutil, *, privileged: bool = True) -> list[SocketRow]:
    return PortableSockets(psutil, privileged).dump()


def test_dump_connection() -> None:
    (row,) = dump(Psutil({42: [entry()]}))
    assert (str(row.local), str(row.remote), row.state) == ("127.0.0.1:9999", "127.0.0.2:50000", State.ESTABLISHED)
    assert (row.recv_q, row.send_q, row.uid, row.mapped) == (None, None, None, False)
    assert row.owners == (Owner(42, 1234, "java42␛", 5),)


def test_dump_cookie_is_stable() -> None:
    psutil = Psutil({42: [entry(), entry(remote=("127.0.0.2", 50_001))]})
    first, second = dump(psutil), dump(psutil)
    assert [row.cookie for row in first] == [row.cookie for row in second]
    assert len({row.cookie for row in first}) == 2
    assert first[0].cookie < 0


def test_dump_listener_ipv6() -> None:
    (row,) = dump(Psutil({42: [entry("LISTEN", ("::", 80), None)]}))
    assert (str(row.local), str(row.remote)) == ("[::]:80", "[::]:0")


def test_dump_link_local_and_mapped() -> None:
    link_local = entry(local=("fe80::1%lo0", 1), remote=("fe80::1%lo0", 2))
    mapped = entry(local=("::ffff:1.2.3.4", 1), remote=("::ffff:1.2.3.4", 2))
    rows = dump(Psutil({42: [link_local, mapped]}))
    assert [(row.local.ip, row.mapped) for row in rows] == [("fe80::1", False), ("1.2.3.4", True)]


def test_dump_shared_socket() -> None:
    (row,) = dump(Psutil({42: [entry(fd=5)], 43: [entry(fd=6)]}))
    assert isinstance(row.owners, tuple)
    assert [(owner.pid, owner.fd) for owner in row.owners] == [(42, 5), (43, 6)]


def test_dump_state_that_is_not_tcps() -> None:
    source = PortableSockets(Psutil({42: [entry("NONE"), entry()]}), privileged=True)
    assert len(source.dump()) == 1
    assert source.skipped == 1


@pytest.mark.parametrize(
    ("status", "privileged", "answer"),
    [
        ("ESTABLISHED", False, NoOwner.NEEDS_ROOT),
        ("LISTEN", False, NoOwner.NEEDS_ROOT),
        ("TIME_WAIT", False, NoOwner.KERNEL),
        ("ESTABLISHED", True, NoOwner.NOT_ACCEPTED),
        ("FIN_WAIT2", True, NoOwner.KERNEL),
        ("LISTEN", True, NoOwner.NOT_FOUND),
    ],
)
def test_owner_unknown_to_psutil(status: str, privileged: bool, answer: NoOwner) -> None:
    rows = dump(Psutil({None: [entry(status)]}), privileged=privileged)
    assert list(OwnerIndex().resolve(rows).values()) == [answer]


def test_owner_ended_meanwhile() -> None:
    psutil = Psutil({42: [entry()]})
    psutil.ended.add(42)
    assert dump(psutil, privileged=False)[0].owners is NoOwner.NEEDS_ROOT


def test_dump_process_by_process() -> None:
    """Without root macOS lists no table, only that of each process of the same user."""
    psutil = Psutil({42: [entry()], 43: [entry(local=("::1", 1), remote=("::1", 2))], 44: []}, lists_all=False)
    psutil.denied.add(43)
    psutil.ended.add(44)
    source = PortableSockets(psutil, privileged=False)
    assert [row.local.port for row in source.dump()] == [9999]
    assert "those of 1 process are hidden" in source.message
    assert "sudo" in source.message


def test_dump_impossible() -> None:
    psutil = Psutil({})
    psutil.net_connections = lambda kind: (_ for _ in ()).throw(OSError("no sysctl"))  # type: ignore[method-assign]
    with pytest.raises(SourceError, match="no sysctl"):
        dump(psutil)


@pytest.mark.e2e
def test_dump_this_machine() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listening,
        socket.create_connection(listening.getsockname()) as client,
    ):
        source = PortableSockets()
        states = {row.state for row in source.dump() if listening.getsockname()[1] in (row.local.port, row.remote.port)}
        source.close()
        assert states == {State.LISTEN, State.ESTABLISHED}
        assert client.fileno() > 0
