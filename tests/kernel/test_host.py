"""Facts of a host in files; and of this host."""

import socket
import subprocess
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tcpwatch.errors import SourceError
from tcpwatch.kernel.host import BOUND_SELDOM_NS, PATHS, Host
from tcpwatch.kernel.proc.netstat import Netstat
from tcpwatch.sockets.host import Conntrack, TcpMemory
from tests.builders import ends

FILES = {
    "sockets": "TCP: inuse 7 orphan 1 tw 2 alloc 9 mem 3\n",
    "sockets 6": "TCP6: inuse 5\n",
    "max_time_wait": "100\n",
    "max_orphans": "200\n",
    "memory": "10\t20\t30\n",
    "conntrack": "4\n",
    "conntrack limit": "8\n",
    "conntrack counters": "entries drop\n00000004 0000000b\n",
}


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / PATHS[name]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_facts_are_read_from_files_that_stay_open(proc: Path) -> None:
    with closing(Host(proc)) as host:
        facts = host.read(0)
        assert (facts.sockets, facts.time_wait, facts.max_time_wait) == (12, 2, 100)
        assert (facts.orphans, facts.max_orphans) == (1, 200)
        assert facts.memory == TcpMemory(pages=3, low=10, pressure=20, high=30)
        assert facts.conntrack == Conntrack(count=4, maximum=8)
        assert host.counters() == {"nf_conntrack.drop": 11}
        (proc / PATHS["conntrack"]).write_text("8\n")
        assert host.read(1).conntrack == Conntrack(8, 8)


def test_facts_that_cannot_be_read_are_none_with_a_word(proc: Path) -> None:
    for name in ("max_orphans", "memory", "conntrack"):
        (proc / PATHS[name]).unlink()
    with closing(Host(proc)) as host:
        facts = host.read(0)
    assert (facts.max_orphans, facts.memory, facts.conntrack, facts.orphans) == (None, None, None, 1)
    assert facts.missing["max_orphans"] == facts.missing["memory"]
    assert "only in the network namespace" in facts.missing["memory"]
    assert "nf_conntrack" in facts.missing["conntrack"]


@pytest.mark.e2e
def test_facts_of_this_host() -> None:
    host = Host()
    with closing(host):
        facts, later = host.read(0), host.read(BOUND_SELDOM_NS)
        assert facts.sockets is not None
        assert facts.links is not None
        assert [link.name for link in facts.links.values() if link.loopback] == ["lo"]
        assert later.missing == facts.missing
        loopback = host.route(ends(("127.0.0.1", 1), ("127.0.0.1", 2)))
        assert (loopback.kind, loopback.link and loopback.link.name) == ("local", "lo")
    assert host.links() is None
    assert host.route(b"").error == "the kernel tells no routes here"
    with pytest.raises((SourceError, OSError)):
        host.tracked(ends(("127.0.0.1", 1), ("127.0.0.1", 2)))


@pytest.mark.e2e
def test_time_waits_beyond_their_limit_are_counted(namespace: None) -> None:
    Path("/proc/sys/net/ipv4/tcp_max_tw_buckets").write_text("5\n")
    with closing(Host()) as host, closing(Netstat()) as netstat, socket.create_server(("127.0.0.1", 0)) as server:
        before = netstat.read()["TCPTimeWaitOverflow"]
        for _ in range(12):
            client = socket.create_connection(server.getsockname())
            accepted, _ = server.accept()
            client.close()
            accepted.recv(1)  # the FIN
            accepted.close()
        facts = host.read(0)
        assert (facts.time_wait, facts.max_time_wait) == (5, 5)
        assert netstat.read()["TCPTimeWaitOverflow"] - before == 7


@pytest.mark.e2e
def test_ports_that_are_bound_only_are_those_of_the_namespace(namespace: None) -> None:
    with ExitStack() as opened:
        host = opened.enter_context(closing(Host()))
        if host.read(0).bound_ports is None:
            pytest.skip(host.read(0).missing["bound_ports"])
        held = [opened.enter_context(socket.socket()) for _ in range(3)]
        for one in held:
            one.bind(("127.0.0.1", 0))
        assert host.read(1).bound_ports == frozenset()  # as of a moment ago
        assert host.read(BOUND_SELDOM_NS).bound_ports == {one.getsockname()[1] for one in held}


@pytest.mark.e2e
def test_route_by_an_interface_whose_cable_is_pulled(namespace: None) -> None:
    setup = "ip link add v0 type veth peer name v1; ip address add 10.9.0.1/24 dev v0; ip link set v0 up"
    subprocess.run(setup, shell=True, check=True)
    with closing(Host()) as host:
        route = host.route(ends(("10.9.0.1", 40_000), ("10.9.0.2", 80)))
    assert route.link is not None
    assert (route.kind, route.link.name, route.link.trouble) == ("unicast", "v0", "has no carrier")
