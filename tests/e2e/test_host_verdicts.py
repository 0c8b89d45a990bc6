"""Resets, drops, limits and dead links as problems: each brought about by real sockets in a namespace of its own.

Beside each stands the near miss, which is no more than a note.
"""

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from tcpwatch.diagnose.problem import SEVERITY_RANK, Problem, Severity
from tcpwatch.kernel.source import open_kernel
from tcpwatch.monitor.live import Monitor
from tcpwatch.monitor.snapshot import SourceStatus
from tcpwatch.monitor.traffic.packet_log import PacketLog
from tcpwatch.monitor.traffic.wiretap import NoWiretap
from tests.capture.conftest import namespace as namespace
from tests.e2e.conftest import Place, read_until
from tests.e2e.test_reset_origin import ADDRESSES, RULE, SERVER, inside, netns, way
from tests.kernel.bpf.allowed import needs_reasons
from tests.kernel.real_sockets import abort

pytestmark = [
    pytest.mark.e2e,
    needs_reasons,
    pytest.mark.skipif(shutil.which("nft") is None or shutil.which("ip") is None, reason="needs nftables and iproute2"),
]
routed = way
PORT, PATIENCE = 8088, 30  # looks of a tenth of a second
Pair = tuple[socket.socket, socket.socket]


class Watch(NamedTuple):
    """A Monitor that has looked once, and what it finds from then on."""

    monitor: Monitor

    def problems(self) -> tuple[Problem, ...]:
        self.monitor.listen(0.1)
        self.monitor.refresh()
        return self.monitor.snapshot().problems

    def find(self, rule: str, least: Severity = Severity.CHAT) -> Problem:
        """The problem once it is there, and no other above a note."""
        for _ in range(PATIENCE):
            found = self.problems()
            one = next((one for one in found if one.rule == rule and one.rank >= SEVERITY_RANK[least]), None)
            if one is not None:
                assert [other.rule for other in found if other.rank > NOTE and other is not one] == []
                return one
        raise AssertionError([str(one.message) for one in self.monitor.snapshot().problems])

    def is_quiet(self) -> bool:
        """Whether nothing is above a note, now and a little later."""
        return not [one for _ in range(5) for one in self.problems() if one.rank > NOTE]


NOTE = SEVERITY_RANK[Severity.NOTE]


@contextmanager
def watching() -> Iterator[Watch]:
    no_tap = NoWiretap(SourceStatus("packets", True, "not asked for"))
    with closing(open_kernel(once=True, mishaps=True)) as kernel:
        monitor = Monitor(kernel, PacketLog(), no_tap)
        monitor.refresh()
        yield Watch(monitor)


@pytest.fixture
def watch(namespace: None) -> Iterator[Watch]:
    with watching() as watch:
        yield watch


@pytest.fixture
def server(namespace: None) -> Iterator[socket.socket]:
    with socket.create_server(("0.0.0.0", PORT), backlog=600) as listening:
        yield listening


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


def pair(server: socket.socket, host: str = "127.0.0.1") -> Pair:
    client = socket.create_connection((host, PORT))
    return client, server.accept()[0]


def close_unread(client: socket.socket, accepted: socket.socket) -> None:
    client.send(b"GET / HTTP/1.1")
    accepted.recv(1, socket.MSG_PEEK)
    accepted.close()


def close_in_order(client: socket.socket, accepted: socket.socket) -> None:
    client.close()
    accepted.recv(1)
    accepted.close()


def sysctl(name: str, value: str) -> None:
    Path("/proc/sys/net/ipv4", name).write_text(f"{value}\n")


@pytest.mark.parametrize(
    ("end", "why"),
    [
        (close_unread, "the program closed it with received data still unread"),
        (lambda client, accepted: abort(accepted), "the program gave it up at once: SO_LINGER of 0 seconds"),
    ],
)
def test_server_that_resets_its_clients(
    watch: Watch, server: socket.socket, opened: ExitStack, end: Callable[..., None], why: str
) -> None:
    for _ in range(12):
        client, accepted = pair(server)
        opened.callback(client.close)
        end(client, accepted)
    problem = watch.find("reset-by-us", Severity.WARN)
    assert str(problem.message).startswith(f"This host reset 12 connections of :{PORT} (")
    assert why in str(problem.message)
    assert len(problem.members) == 12


def test_browser_that_breaks_off_a_few(watch: Watch, server: socket.socket) -> None:
    for number in range(40):
        client, accepted = pair(server)
        if number % 10 == 0:
            abort(client)
            accepted.close()
        else:
            close_in_order(client, accepted)
    assert watch.find("reset-by-peer").severity is Severity.NOTE
    assert watch.is_quiet()


def test_client_that_is_refused_again_and_again(watch: Watch) -> None:
    for _ in range(12):
        with suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", PORT))
    problem = watch.find("refused", Severity.WARN)
    assert str(problem.message).startswith(f"127.0.0.1:{PORT} refused 12 connections (")
    assert str(problem.message).endswith(": nothing listens there.")


def test_scan_of_ports_is_no_trouble(watch: Watch, server: socket.socket) -> None:
    for port in range(1, 1000):
        with suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port)).close()
    [found] = [one for one in watch.problems() if one.rule == "reset-by-us"]
    assert found.severity is Severity.CHAT
    assert watch.is_quiet()


def test_firewall_of_this_host_drops_a_connection(watch: Watch, server: socket.socket, opened: ExitStack) -> None:
    client, accepted = pair(server)
    opened.callback(abort, client)
    opened.callback(abort, accepted)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    rule = f"table inet t {{ chain c {{ type filter hook input priority 0; tcp dport {PORT} drop; }}; }}"
    subprocess.run(["nft", rule], check=True)
    for _ in range(4):
        client.send(b"x")
    problem = watch.find("dropped-by-kernel", Severity.WARN)
    assert f"segments of connections of :{PORT} (" in str(problem.message)
    assert problem.next_steps == ("nft list ruleset",)


def test_time_waits_beyond_their_limit(watch: Watch, server: socket.socket) -> None:
    sysctl("tcp_max_tw_buckets", "20")
    for _ in range(30):
        close_in_order(*pair(server))
    assert str(watch.find("time-wait-overflow", Severity.WARN).message).startswith("10 connections left out TIME-WAIT")


def test_5000_time_waits_to_many_destinations_are_healthy(watch: Watch, server: socket.socket) -> None:
    for number in range(5000):
        close_in_order(*pair(server, f"127.0.{number // 200}.{number % 200 + 1}"))
    watch.monitor.refresh()
    assert len(watch.monitor.snapshot().connections) > 5000
    assert watch.monitor.snapshot().problems == ()


def test_ports_that_are_held_by_bind(namespace: None, opened: ExitStack) -> None:
    sysctl("ip_local_port_range", "40000 40009")
    for port in range(40_000, 40_010):
        opened.enter_context(socket.socket()).bind(("127.0.0.1", port))
    with socket.socket() as client, pytest.raises(OSError, match="assign"):
        client.connect(("127.0.0.2", 80))
    with watching() as watch:
        if watch.monitor.snapshot().stack.host.bound_ports is None:
            pytest.skip("this kernel does not list sockets that are bound only")
        problem = watch.find("local-ports-exhausted", Severity.WARN)
    assert str(problem.message) == (
        "10 of 10 local ports are held towards every destination, 0 by listeners, 10 by sockets that are bound only: "
        "connect() to any destination fails with EADDRNOTAVAIL."
    )


def run(*lines: str) -> None:
    for line in lines:
        subprocess.run(line.split(), check=True)


CABLE = (
    "ip link add v0 type veth peer name v1",
    "ip address add 10.9.0.1/24 dev v0",
    "ip link set v0 up",
    "ip link add spare type veth peer name other",
    "ip address add 10.8.0.1/24 dev spare",
    "ip link set spare up",
)


@pytest.fixture
def cable(watch: Watch, routed: None) -> str:
    """A cable to the server's namespace, and a spare interface without carrier."""
    run(*CABLE, f"ip link set v1 netns {netns('server')}")
    there = f"ip -n {netns('server')}"
    run(f"{there} address add 10.9.0.2/24 dev v1", f"{there} link set v1 up")
    return there


def test_cable_that_is_pulled(watch: Watch, cable: str, opened: ExitStack) -> None:
    served = opened.enter_context(inside("server", SERVER))
    opened.callback(served.kill)
    read_until("listens", served.stdout)
    client = socket.create_connection(("10.9.0.2", 8089))
    opened.callback(abort, client)
    client.send(b"ask")
    assert client.recv(100)
    assert watch.is_quiet()
    run(f"{cable} link set v1 down")
    client.send(b"once more")
    problem = watch.find("no-carrier", Severity.WARN)
    assert str(problem.message) == "v0 has no carrier: 1 connection cannot send over it, as to 10.9.0.2:8089."


# The client of test_reset_origin, watched by a Monitor that captures on its interface.
CLIENT = """
import socket, sys
from tcpwatch.capture.interfaces import find_interface
from tcpwatch.capture.source import open_capture
from tcpwatch.kernel.source import open_kernel
from tcpwatch.monitor.live import Monitor
from tcpwatch.monitor.traffic.packet_log import PacketLog
from tcpwatch.monitor.traffic.wiretap import Wiretap

log = PacketLog()
link = find_interface("client")
monitor = Monitor(open_kernel(once=True, mishaps=True), log, Wiretap(open_capture(link, ()), log), interval_s=0.2)
monitor.start()
client = socket.create_connection((sys.argv[1], 8089))
for _ in range(4):
    client.send(b"ask")
    client.recv(100)
print("talked", flush=True)
input()
try:
    client.send(b"once more")
    client.recv(100)
except OSError:
    pass
for _ in range(50):
    monitor.listen(0.1)
    found = [one for one in monitor.snapshot().problems if one.rule.startswith("reset-by-")]
    if found:
        break
for one in found:
    print(one.rule, one.severity, one.message, flush=True)
monitor.stop()
"""


@pytest.mark.parametrize(
    ("router_resets", "told"),
    [
        (True, "reset-by-middlebox note 1 connection to 10.92.0.2:8089 (python"),
        (False, "reset-by-peer note 1 connection to 10.92.0.2:8089 (python"),
    ],
)
def test_who_sent_the_reset_that_came(routed: None, opened: ExitStack, router_resets: bool, told: str) -> None:
    served = opened.enter_context(inside("server", SERVER))
    opened.callback(served.kill)
    read_until("listens", served.stdout)
    client = opened.enter_context(inside("client", CLIENT, ADDRESSES["server"][0]))
    opened.callback(client.kill)
    read_until("talked", client.stdout)
    if router_resets:
        command = ["ip", "netns", "exec", netns("router"), "nft", f"table inet t {{ {RULE} }}"]
        subprocess.run(command, check=True, capture_output=True)
    assert client.communicate("\n", timeout=20)[0].startswith(told)


ABORTING = f"""
import socket, struct, sys
listening = socket.create_server(("127.0.0.1", {PORT}), backlog=64)
print("listens", flush=True)
sys.stdin.readline()
for _ in range(12):
    client = socket.create_connection(("127.0.0.1", {PORT}))
    accepted, _ = listening.accept()
    accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    accepted.close()
print("reset", flush=True)
sys.stdin.readline()
"""


def test_explain_that_goes_on_watching_tells_what_happens_meanwhile(place: Place, program: list[str]) -> None:
    with (
        place.running(sys.executable, "-c", ABORTING) as server,
        place.running(*program, "explain", "--json", "--watch", "0.5", "-p", str(PORT)) as explain,
    ):
        read_until("listens", server.stdout)
        read_until("Nothing is wrong", explain.stderr)
        assert server.stdin is not None
        server.stdin.write("\n")
        server.stdin.flush()
        read_until("reset", server.stdout)
        assert explain.stdout is not None
        problem = next(found for line in explain.stdout if (found := json.loads(line))["severity"] != "note")
    assert (problem["rule"], problem["severity"], problem["count"]) == ("reset-by-us", "warn", 12)
    assert problem["message"].startswith(f"This host reset 12 connections of :{PORT} (python")
