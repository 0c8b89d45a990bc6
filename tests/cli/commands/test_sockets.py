import json
import socket
from collections.abc import Iterator

import pytest

from tcpwatch.cli import main
from tcpwatch.cli.live import open_sockets
from tcpwatch.cli.options import KernelOptions
from tcpwatch.kernel.proc.owners import OwnerIndex
from tcpwatch.kernel.source import KernelSources
from tcpwatch.monitor.live import Monitor
from tcpwatch.monitor.snapshot import SourceStatus
from tcpwatch.monitor.traffic.packet_log import PacketLog
from tcpwatch.monitor.traffic.wiretap import NoWiretap
from tcpwatch.sockets.namespace import Namespace
from tests.monitor.fakes import ScriptedSockets

pytestmark = pytest.mark.e2e


@pytest.fixture
def listener() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield int(server.getsockname()[1])


def test_sockets_of_a_port_are_one_line_each(listener: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sockets", "--json", "-p", str(listener)]) == 0
    [found] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (found["state"], found["local_port"], found["recv_q"]) == ("LISTEN", listener, None)
    assert [holder["command"] for holder in found["owners"]]


def test_sockets_as_text_have_titles_and_the_owner(listener: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sockets", "-p", str(listener)]) == 0
    titles, line = capsys.readouterr().out.splitlines()
    assert titles.split()[:3] == ["STATE", "RECV-Q", "SEND-Q"]
    assert f"127.0.0.1:{listener}" in line
    assert " fd " in line


def test_sockets_of_a_port_that_nobody_has_are_none(listener: int, capsys: pytest.CaptureFixture[str]) -> None:
    other = 1 if listener != 1 else 2
    assert main(["sockets", "--json", "-p", str(other)]) == 0
    assert capsys.readouterr().out == ""


def test_sockets_fall_back_where_a_source_breaks_off(
    listener: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tcpwatch.cli.commands.sockets.open_sockets", broken_with_bpf)
    assert main(["sockets", "--json", "-p", str(listener)]) == 0
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == 1
    assert shown.err == "tcpwatch: the kernel does not answer. Trying without BPF.\n"


def test_sockets_fail_where_no_source_gives_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tcpwatch.cli.commands.sockets.open_sockets", lambda kernel, entered: broken_monitor())
    assert main(["sockets", "--no-bpf"]) == 1
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "tcpwatch: the socket table cannot be read: the kernel does not answer\n")


def broken_with_bpf(kernel: KernelOptions, entered: Namespace | None) -> Monitor:
    return broken_monitor() if kernel.bpf else open_sockets(kernel, entered)


def broken_monitor() -> Monitor:
    kernel = KernelSources(ScriptedSockets(None), OwnerIndex(), None)
    return Monitor(kernel, PacketLog(), NoWiretap(SourceStatus("packets", True, "")))
