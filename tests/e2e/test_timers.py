"""The moment at which the kernel gives a connection up, foretold and then seen."""

import json
import sys

import pytest

from tests.e2e.conftest import Place
from tests.kernel.bpf.allowed import needs_bpf

pytestmark = [pytest.mark.e2e, needs_bpf]

# Every 20 ms, for each connection: when it ends as foretold, or that it is still there; and how late a look was.
WATCH = """
import json, socket, time
from tcpwatch.diagnose.timers.deadline import fate_of
from tcpwatch.kernel.source import open_kernel
from tcpwatch.sockets.counters import Stack
from tests.kernel.real_sockets import RealSockets

kernel = open_kernel()
with RealSockets() as sockets:
    listening = sockets.listener()
    data, deaf = sockets.pair(listening)
    idle, silent = sockets.pair(listening)
    orphan, gone = sockets.pair(listening)
    for option, value in ((socket.TCP_KEEPIDLE, 1), (socket.TCP_KEEPINTVL, 1), (socket.TCP_KEEPCNT, 1)):
        idle.setsockopt(socket.IPPROTO_TCP, option, value)
    idle.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    syn = sockets.client()
    syn.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, 1)
    syn.setblocking(False)
    syn.connect_ex(sockets.listener(deaf=True).getsockname())
    names = {data.getsockname()[1]: "data", idle.getsockname()[1]: "idle", orphan.getsockname()[1]: "orphan"}
    names[syn.getsockname()[1]] = "syn"
    for peer in (deaf, silent, gone):
        sockets.deafen(peer)
    data.send(b"x")
    orphan.close()
    began, foretold, seen, late_ms = time.monotonic_ns(), {}, {}, 0
    looked_ns = began
    while not seen or max(seen.values()) > (time.monotonic_ns() - began) / 1e6 - 300:
        looked_before_ns, looked_ns = looked_ns, time.monotonic_ns()
        late_ms = max(late_ms, (looked_ns - looked_before_ns) / 1e6 - 20)
        for row in kernel.sockets.dump():
            if name := names.get(row.local.port):
                seen[name] = (time.monotonic_ns() - began) / 1e6
                if fate := fate_of(row, Stack(sysctls=kernel.sysctls.read())):
                    foretold.setdefault(name, []).append((row.read_ns - began) / 1e6 + fate.gives_up_ms)
        time.sleep(0.02)
print(json.dumps([foretold, seen, late_ms]))
"""
SETTINGS = {"tcp_retries2": 1, "tcp_orphan_retries": 1, "tcp_syn_linear_timeouts": 0}
SHELL = " && ".join(f"echo {value} > /proc/sys/net/ipv4/{name}" for name, value in SETTINGS.items())


def test_end_of_a_silent_connection_comes_when_it_was_foretold(place: Place) -> None:
    place.run("sh", "-c", SHELL)
    done = place.run(sys.executable, "-c", WATCH)
    assert done.returncode == 0, done.stderr
    foretold, seen, late_ms = json.loads(done.stdout)
    assert foretold.keys() == seen.keys() == {"data", "idle", "orphan", "syn"}
    for name, ends_ms in foretold.items():
        assert max(ends_ms) - min(ends_ms) < 20 + late_ms, name  # the first word is the last
        assert -40 - late_ms < ends_ms[0] - seen[name] < 150 + late_ms, (name, ends_ms[0], seen[name], late_ms)
