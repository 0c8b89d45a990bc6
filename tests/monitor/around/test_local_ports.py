"""Local ports towards one destination: trouble that no single row shows."""

import errno
import socket
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tcpwatch.diagnose.gathering import problems_of_host
from tcpwatch.diagnose.host import HeldPorts, HostFacts
from tcpwatch.kernel.source import open_kernel
from tcpwatch.monitor.around.local_ports import INTERVAL_NS, LARGE, LocalPortUse, held_ports, port_uses
from tcpwatch.monitor.live import Monitor
from tcpwatch.monitor.snapshot import Connection, Mark, Snapshot, SourceStatus
from tcpwatch.monitor.traffic.packet_log import PacketLog
from tcpwatch.monitor.traffic.wiretap import NoWiretap
from tcpwatch.sockets.counters import TW_REUSE, LocalPorts, Stack
from tcpwatch.sockets.host import HostLimits
from tcpwatch.tcp.state import State
from tests.builders import connection, ends

SERVER = ("10.0.0.9", 443)


def clients(count: int, remote: tuple[str, int] = SERVER, ip: str = "10.0.0.1", **facts: object) -> list[Connection]:
    state = facts.pop("state", State.TIME_WAIT)
    return [
        connection(cookie=port, state=state, ends=ends((ip, port), remote), **facts)
        for port in range(40_000, 40_000 + count)
    ]


def messages(rows: list[Connection], tw_reuse: int = 2, reserved: frozenset[int] = frozenset()) -> list[str]:
    stack = Stack(sysctls={TW_REUSE: tw_reuse}, local_ports=LocalPorts(40_000, 40_099, reserved))
    facts = HostFacts(stack, LocalPortUse().update(rows, stack, 0))
    return [str(problem.message) for _, problem in problems_of_host(facts)]


def test_all_ports_towards_one_server_are_taken() -> None:
    assert messages(clients(100)) == [
        "100 of 100 local ports from 10.0.0.1 to 10.0.0.9:443 are taken, 100 in TIME-WAIT: connect() fails with "
        "EADDRNOTAVAIL."
    ]


def test_open_connections_take_ports_too() -> None:
    [message] = messages(clients(90, state=State.ESTABLISHED))
    assert message.endswith("0 in TIME-WAIT: connect() fails with EADDRNOTAVAIL when the rest is.")


def test_reserved_ports_are_none_to_choose() -> None:
    reserved = frozenset(range(40_050, 40_100))
    assert messages(clients(50), reserved=reserved)[0].startswith("50 of 50 local ports")


def test_what_may_be_reused_is_said() -> None:
    on_loopback = clients(100, ("127.0.0.1", 443), "127.0.0.1")
    assert "tcp_tw_reuse" in messages(on_loopback)[0]
    assert "tcp_tw_reuse" not in messages(on_loopback, tw_reuse=0)[0]
    assert "tcp_tw_reuse" in messages(clients(100), tw_reuse=1)[0]


def test_few_and_others_are_left_alone() -> None:
    assert messages(clients(89)) == []
    assert messages([*clients(50), *clients(50, ("10.0.0.9", 80))]) == []
    assert messages(clients(100, mark=Mark.GONE)) == []
    served = [
        connection(state=State.LISTEN, ends=ends(("0.0.0.0", port), ("0.0.0.0", 0))) for port in range(40_000, 40_100)
    ]
    assert messages([*clients(100), *served]) == []


def test_range_that_is_not_known_is_no_reason() -> None:
    assert list(port_uses(clients(100), Stack())) == []


def test_large_table_is_counted_less_often() -> None:
    use, stack = LocalPortUse(), Stack(local_ports=LocalPorts(40_000, 40_099))
    many = clients(100) * (LARGE // 100)
    assert len(use.update(many, stack, 0)) == 1
    quiet = [connection()] * LARGE
    assert len(use.update(quiet, stack, INTERVAL_NS - 1)) == 1
    assert use.update(quiet, stack, INTERVAL_NS) == ()


def test_ports_that_are_held_towards_all_destinations() -> None:
    served = [
        connection(state=State.LISTEN, ends=ends(("0.0.0.0", port), ("0.0.0.0", 0))) for port in (80, 40_000, 40_001)
    ]
    ports = LocalPorts(40_000, 40_099, frozenset({40_050}))
    bound = HostLimits(bound_ports=frozenset({81, 40_001, 40_002, 40_050}))
    assert held_ports([*clients(9), *served], Stack(local_ports=ports, host=bound)) == HeldPorts(99, 2, 1)
    assert held_ports(served, Stack(local_ports=ports)) == HeldPorts(99, 2, None)
    assert held_ports(served, Stack()) is None


def test_ports_that_are_held_are_taken_towards_each_destination() -> None:
    held = HostLimits(bound_ports=frozenset(range(40_060, 40_100)))
    stack = Stack(local_ports=LocalPorts(40_000, 40_099), host=held)
    [use] = port_uses(clients(60), stack)
    assert (use.taken, use.usable, use.in_time_wait) == (100, 100, 60)
    assert list(port_uses(clients(49), stack)) == []


def test_ports_of_which_nearly_all_are_held_are_no_matter_of_one_destination() -> None:
    held = HostLimits(bound_ports=frozenset(range(40_010, 40_100)))
    assert list(port_uses(clients(10), Stack(local_ports=LocalPorts(40_000, 40_099), host=held))) == []


def look() -> Snapshot:
    with closing(open_kernel(bpf=False)) as kernel:
        monitor = Monitor(kernel, PacketLog(), NoWiretap(SourceStatus("packets", True, "not asked for")))
        monitor.refresh()
        return monitor.snapshot()


@pytest.mark.e2e
def test_ports_of_this_kernel_that_are_taken_and_held(namespace: None) -> None:
    """Ten ports: one listens, three are bound only, and connect() finds six for one destination."""
    Path("/proc/sys/net/ipv4/ip_local_port_range").write_text("40000 40009\n")
    with ExitStack() as opened:
        server = opened.enter_context(socket.create_server(("127.0.0.1", 80), backlog=64))
        opened.enter_context(socket.create_server(("127.0.0.1", 40_009)))
        for port in (40_001, 40_002, 40_003):
            opened.enter_context(socket.socket()).bind(("127.0.0.1", port))
        for _ in range(5):
            opened.enter_context(socket.create_connection(server.getsockname()))
        stack = look().stack
        if stack.host.bound_ports is None:
            pytest.skip(stack.host.missing["bound_ports"])
        [use] = port_uses(look().connections, stack)
        assert (use.taken, use.usable, use.in_time_wait) == (9, 10, 0)
        assert held_ports(look().connections, stack) == HeldPorts(10, 1, 3)
        opened.enter_context(socket.create_connection(server.getsockname()))
        [use] = port_uses(look().connections, look().stack)
        assert use.taken == 10
        with pytest.raises(OSError, match="assign") as refusal:
            socket.create_connection(server.getsockname())
        assert refusal.value.errno == errno.EADDRNOTAVAIL
