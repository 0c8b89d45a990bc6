"""Who sent the RST that came: the peer, or the router in between that rejects in its name."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for network namespaces"),
    pytest.mark.skipif(shutil.which("nft") is None or shutil.which("ip") is None, reason="needs nftables and iproute2"),
]

# The client, captured on its own interface. A line from stdin comes when the way has been changed.
CLIENT = """
import socket, sys
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.wire.decode import Decoder
from tcpwatch.wire.link import LINKTYPE_ETHERNET

tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
tap.bind(("client", 0))
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
tap.setblocking(False)
tracker, decoder = FlowTracker(), Decoder()
for number in range(1, 1000):
    try:
        data, frame = tap.recvfrom(70000)
    except BlockingIOError:
        break
    segment = decoder.decode(number, number, LINKTYPE_ETHERNET, data, len(data))
    if segment is not None:
        tracker.receive_segment(segment)
[flow] = tracker.flows()
origin = flow.streams[1].reset_origin
print(origin.sender, origin.sure, origin.ttl, origin.usual_ttls, origin.ip_id)
"""
SERVER = """
import socket, struct, sys
listening = socket.create_server(("::", 8089), family=socket.AF_INET6, dualstack_ipv6=True)
print("listens", flush=True)
accepted, _ = listening.accept()
while request := accepted.recv(100):
    if request == b"once more":
        accepted.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        accepted.close()
        break
    accepted.send(b"answer")
"""
NAMES = ("client", "router", "server")
ADDRESSES = {"client": ("10.91.0.2", "fd91::2"), "server": ("10.92.0.2", "fd92::2")}


def words(line: str) -> None:
    subprocess.run(line.split(), check=True, capture_output=True)


def netns(name: str) -> str:
    return f"tcpwatch-test-{os.getpid()}-{name}"


@pytest.fixture
def way() -> Iterator[None]:
    """A client, a router and a server, each in a namespace of its own."""
    try:
        for name in NAMES:
            words(f"ip netns add {netns(name)}")
        for number, end in ((91, "client"), (92, "server")):
            inside, outside = f"ip -n {netns(end)}", f"ip -n {netns('router')}"
            words(f"{outside} link add to-{end} type veth peer name {end} netns {netns(end)}")
            words(f"{outside} addr add 10.{number}.0.1/24 dev to-{end}")
            words(f"{outside} addr add fd{number}::1/64 dev to-{end} nodad")
            words(f"{outside} link set to-{end} up")
            words(f"{inside} addr add 10.{number}.0.2/24 dev {end}")
            words(f"{inside} addr add fd{number}::2/64 dev {end} nodad")
            words(f"{inside} link set {end} up")
            words(f"{inside} route add default via 10.{number}.0.1")
            words(f"{inside} -6 route add default via fd{number}::1")
        for switch in ("net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"):
            words(f"ip netns exec {netns('router')} sysctl -qw {switch}=1")
        yield
    finally:
        for name in NAMES:
            subprocess.run(["ip", "netns", "del", netns(name)], capture_output=True, check=False)


def inside(name: str, script: str, *arguments: str) -> "subprocess.Popen[str]":
    command = ["ip", "netns", "exec", netns(name), sys.executable, "-c", script, *arguments]
    return subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


RULE = "chain c { type filter hook forward priority 0; tcp dport 8089 reject with tcp reset; };"


def told(address: str, router_resets: bool) -> str:
    """What the client's capture tells of the RST."""
    with inside("server", SERVER) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == "listens\n"
            with inside("client", CLIENT, address) as client:
                assert client.stdout is not None
                assert client.stdout.readline() == "talked\n"
                if router_resets:
                    command = ["ip", "netns", "exec", netns("router"), "nft", f"table inet t {{ {RULE} }}"]
                    subprocess.run(command, check=True, capture_output=True)
                return client.communicate("\n", timeout=20)[0].strip()
        finally:
            server.kill()


@pytest.mark.parametrize("family", [0, 1], ids=["IPv4", "IPv6"])
def test_peer_that_resets(way: None, family: int) -> None:
    sender, sure, ttl, *_ = told(ADDRESSES["server"][family], router_resets=False).split()
    assert (sender, ttl) == ("peer", "63")
    assert sure == ("True" if family == 0 else "False")  # IPv6 has no ids that could go on


@pytest.mark.parametrize("family", [0, 1], ids=["IPv4", "IPv6"])
def test_router_that_resets(way: None, family: int) -> None:
    """It is one hop nearer, which is likely and not sure."""
    found = told(ADDRESSES["server"][family], router_resets=True)
    assert found.startswith("in between False 64 (63, 63) ")
