import os
import subprocess
import sys

import pytest

from tcpwatch.errors import SourceError
from tcpwatch.kernel import source
from tcpwatch.kernel.proc.owners import SEARCH_BUDGET_NS, OwnerIndex
from tcpwatch.kernel.sock_diag.destroy_events import DestroyEvents
from tcpwatch.kernel.source import UNLIMITED_NS, open_kernel, open_socket_source
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.row import SocketRow
from tests.kernel.bpf.allowed import needs_bpf


class Works:
    name = message = "works"

    def __init__(self, why: str = "", netns: Namespace | None = None) -> None:
        self.message += why
        self.closed = False

    def dump(self) -> list[SocketRow]:
        return []

    def close(self) -> None:
        self.closed = True


class Refuses(Works):
    made: "list[Refuses]"

    def __init__(self, why: str = "", netns: Namespace | None = None) -> None:
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
    assert open_socket_source().message == "worksrefused"
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


def refuse(*_: object, **__: object) -> None:
    raise SourceError("refused")


def test_open_bpf_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next best says why."""
    monkeypatch.setattr(source, "check_permission", refuse)
    monkeypatch.setattr(source, "SockDiag", Works)
    opened = open_kernel()
    sockets, owners, transitions, *_ = opened
    opened.close()
    assert set(opened.mishaps.unavailable.values()) == {"refused"}
    assert sockets.message == "works. refused"
    assert isinstance(owners, OwnerIndex)
    assert transitions is None  # a source that knows no cookies cannot be told of them


@pytest.mark.e2e
@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
def test_open_without_bpf_reports_destroyed_sockets() -> None:
    opened = open_kernel(bpf=False)
    assert opened.transitions is not None
    assert not opened.transitions.every_change
    opened.close()


def test_open_with_bpf_disabled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "read_btf", lambda: pytest.fail("it is not wanted"))
    monkeypatch.setattr(source, "SockDiag", Works)
    opened = open_kernel(bpf=False)
    opened.close()
    assert opened.sockets.message == "works. BPF is not wanted."


def test_open_kernel_portable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "read_btf", lambda: pytest.fail("it is not wanted"))
    opened = open_kernel(portable=True)
    assert opened.sockets.name == "psutil"
    assert "BPF" not in opened.sockets.message
    assert set(opened.mishaps.unavailable.values()) == {"BPF is not wanted."}


@needs_bpf
@pytest.mark.e2e
def test_open_bpf() -> None:
    before = os.listdir("/proc/self/fd")
    opened = open_kernel()
    assert opened.sockets.name == "bpf"
    rows = opened.sockets.dump()
    assert opened.owners.resolve(rows).keys() == {row.cookie for row in rows}
    assert opened.transitions is not None
    assert opened.transitions.lost == 0
    assert opened.mishaps.unavailable == {}
    opened.close()
    assert os.listdir("/proc/self/fd") == before


@needs_bpf
@pytest.mark.e2e
def test_open_bpf_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Owners and transitions may be missing without harm to the sockets, whose ends are told by another."""
    for part in ("TaskFileOwners", "TracepointEvents", "TracepointMishaps"):
        monkeypatch.setattr(getattr(source, part), "open", refuse)
    sockets, owners, transitions, *_ = opened = open_kernel()
    opened.close()
    assert set(opened.mishaps.unavailable.values()) == {"refused"}
    assert (sockets.name, type(owners), type(transitions)) == ("bpf", OwnerIndex, DestroyEvents)


@needs_bpf
@pytest.mark.e2e
def test_open_for_one_picture_waits_for_no_mishaps() -> None:
    opened = open_kernel(once=True)
    opened.close()
    assert all(why.startswith("One picture") for why in opened.mishaps.unavailable.values())


DROPPED = """
import encodings.idna, socket
from tcpwatch.system.privileges import Capability, drop_privileges, held_privileges
from tcpwatch.kernel.source import open_kernel

sockets, owners, transitions, *_ = open_kernel()
drop_privileges()
held = held_privileges()
assert held.uid != 0 and not held.holds(Capability.BPF) and not held.holds(Capability.SYS_PTRACE)
listening = socket.create_server(("127.0.0.1", 0))
with listening, socket.create_connection(listening.getsockname()) as connecting:
    rows = sockets.dump()
    ends = connecting.getsockname(), connecting.getpeername()
    [row] = [row for row in rows if (row.local, row.remote) == ends]
    print(row.state, row.record.tcb.source, owners.resolve(rows)[row.cookie][0].fd == connecting.fileno())
    cookie = row.cookie
print(*[decode(record).new for about, record, decode in transitions.read() if about == cookie][:3])
"""


@needs_bpf
@pytest.mark.e2e
def test_open_descriptors_work_after_privileges_are_dropped() -> None:
    done = subprocess.run([sys.executable, "-c", DROPPED], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == [
        "ESTABLISHED kernel True",
        "SYN-SENT ESTABLISHED FIN-WAIT-1",
    ], done.stderr


WITH_CAPABILITIES = """
import sys
from tcpwatch.system.privileges import Capability, drop_privileges
from tcpwatch.kernel.source import open_kernel

drop_privileges([Capability[name] for name in sys.argv[1:]])
print(open_kernel().sockets.name)
"""


@needs_bpf
@pytest.mark.e2e
@pytest.mark.parametrize(
    ("capabilities", "name"),
    [(("BPF", "PERFMON"), "bpf"), (("BPF",), "sock_diag"), (("PERFMON",), "sock_diag"), (("NET_RAW",), "sock_diag")],
)
def test_open_with_few_capabilities(capabilities: tuple[str, ...], name: str) -> None:
    """Those two are needed for BPF, and no more."""
    command = [sys.executable, "-c", WITH_CAPABILITIES, *capabilities]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout == f"{name}\n", done.stderr


def test_one_picture_is_searched_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    budgets: list[int] = []
    monkeypatch.setattr("tcpwatch.kernel.source.OwnerIndex", lambda budget_ns: budgets.append(budget_ns))
    for once in (False, True):
        open_kernel(portable=True, once=once).sockets.close()
    assert budgets == [SEARCH_BUDGET_NS, UNLIMITED_NS]
