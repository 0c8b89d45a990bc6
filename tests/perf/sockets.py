"""The socket table: a whole refresh of the Monitor beside `ss` and psutil, in a namespace full of idle sockets."""

import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tcpwatch.kernel.proc.net_tcp import ProcNet
from tcpwatch.kernel.proc.owners import OwnerIndex
from tcpwatch.kernel.psutil_sockets import PortableSockets
from tcpwatch.kernel.sock_diag.client import SockDiag
from tcpwatch.kernel.source import KernelSources, open_kernel
from tcpwatch.monitor.around.programs import KnownPrograms
from tcpwatch.monitor.judging.problems import ProblemFinder
from tcpwatch.monitor.live import Monitor
from tcpwatch.monitor.snapshot import SourceStatus
from tcpwatch.monitor.traffic.packet_log import PacketLog
from tcpwatch.monitor.traffic.wiretap import NoWiretap

COUNTS = (1_000, 10_000, 50_000)
ROUNDS = 5
PEER = ("ss", "-tinampH")
PER_PROCESS = 8_000
PORTS = "1024 65000"


def hold(count: int) -> list[int]:
    """Open `count` connected sockets in processes of their own, whose pids are returned once all are there."""
    share, rest = divmod(count // 2, -(-count // PER_PROCESS))
    pids = []
    ready, done = os.pipe()
    for number in range(-(-count // PER_PROCESS)):
        if (pid := os.fork()) == 0:
            kept = connected(f"127.0.{number}.1", share + (rest if number == 0 else 0))
            os.write(done, b"x")
            time.sleep(3600)
            os._exit(len(kept))
        pids.append(pid)
    for _ in pids:
        os.read(ready, 1)
    return pids


def connected(address: str, pairs: int) -> list[socket.socket]:
    """Both ends of so many connections."""
    listening = socket.create_server((address, 0), backlog=128)
    kept = [listening]
    for _ in range(pairs):
        kept += [socket.create_connection(listening.getsockname()), listening.accept()[0]]
    return kept


def median_ms(refresh: Callable[[], object]) -> float:
    """Of a few times."""
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        refresh()
        times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(times)


def peers() -> dict[str, Callable[[], object]]:
    """What others take for the same."""
    found: dict[str, Callable[[], object]] = {"/proc/net/tcp, read": ProcNet().dump, "psutil": PortableSockets().dump}
    if shutil.which(PEER[0]):
        found[" ".join(PEER)] = lambda: subprocess.run(PEER, stdout=subprocess.DEVNULL, check=True)
    return found


def rules_on(monitor: Monitor) -> Callable[[], object]:
    """All rules on the monitor's picture, as often as wanted."""
    finder, picture = ProblemFinder(), monitor.snapshot()
    programs = KnownPrograms(None)

    def judge() -> object:
        now_ns = time.monotonic_ns()
        return finder.find(picture.connections, picture.stack, now_ns, programs.for_a_refresh(now_ns))

    return judge


def report(count: int) -> None:
    """The table for so many sockets."""
    sources = {
        "BPF": open_kernel(),
        "sock_diag": KernelSources(SockDiag(), OwnerIndex(), None),
    }
    print(f"\none refresh of {count:,} idle sockets, with owners")
    found = {name: median_ms(refresh) for name, refresh in peers().items()}
    for name, kernel in sources.items():
        if name == "BPF" and kernel.sockets.name != "bpf":
            print(f"  no BPF: {kernel.sockets.message}")
            continue
        monitor = Monitor(kernel, PacketLog(), NoWiretap(SourceStatus("packets", True, "not asked for")))
        begun = time.perf_counter()
        monitor.refresh()
        found[f"tcpwatch, {name}, the first"] = (time.perf_counter() - begun) * 1000
        found[f"tcpwatch, {name}"] = refreshed = median_ms(monitor.refresh)
        judged = median_ms(rules_on(monitor))
        print(f"  tcpwatch, {name}: all rules together {judged:.1f} ms, {100 * judged / refreshed:.0f} % of a refresh")
        monitor.stop()
    slowest = found.get(" ".join(PEER))
    for name, milliseconds in found.items():
        ratio = f"{slowest / milliseconds:6.1f} x" if slowest else ""
        print(f"  {name:30} {milliseconds:9.1f} ms {ratio}")
    print(f"  most memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB")


def inside(count: int) -> None:
    """In the namespace: fill it, measure, empty it."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    Path("/proc/sys/net/ipv4/ip_local_port_range").write_text(PORTS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    pids = hold(count)
    try:
        report(count)
    finally:
        for pid in pids:
            os.kill(pid, 9)
            os.waitpid(pid, 0)


def main() -> None:
    """One namespace after the other; as root, for BPF and for the owners."""
    unshare = ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-rn"]
    for count in COUNTS:
        subprocess.run([*unshare, sys.executable, "-m", "tests.perf.sockets", str(count)], check=True)


if __name__ == "__main__":
    inside(int(sys.argv[1]))
