import socket
import subprocess
from pathlib import Path

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP, IPOption_NOP
from scapy.layers.inet6 import (
    ICMPv6DestUnreach,
    ICMPv6EchoRequest,
    ICMPv6PacketTooBig,
    ICMPv6TimeExceeded,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
    PadN,
)

from tcpwatch.capture.bpf_filter import (
    ARPHRD_LOOPBACK,
    ETHERTYPE_IPV4,
    MAX_PORTS,
    PACKET_OUTGOING,
    SKF_AD_HATYPE,
    SKF_AD_PKTTYPE,
    SKF_AD_PROTOCOL,
    Framing,
    tcp_filter,
)
from tcpwatch.capture.packet_socket import attach_filter
from tcpwatch.errors import UsageError
from tcpwatch.wire.icmp import read_icmp_error
from tests.capture.bpf_machine import run
from tests.capture.pcap import frames_of

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "pcaps"
SNAPLEN = 300
PORT = 9999
COMMON_PORTS = [22, 25, 53, 80, 443, 8080]

TO_PORT = TCP(sport=53412, dport=PORT)
FROM_PORT = TCP(sport=PORT, dport=53412)
OTHER = TCP(sport=53412, dport=80)
V4, V6 = IP(src="10.0.0.1", dst="10.0.0.2"), IPv6(src="::1", dst="::1")

ACCEPTED = {
    "to the port": V4 / TO_PORT,
    "from the port": V4 / FROM_PORT,
    "options": IP(src="10.0.0.1", dst="10.0.0.2", options=[IPOption_NOP()] * 12) / TO_PORT,
    "first fragment": IP(src="10.0.0.1", dst="10.0.0.2", flags="MF") / TO_PORT,
    "IPv6": V6 / FROM_PORT,
    "hop-by-hop": V6 / IPv6ExtHdrHopByHop() / TO_PORT,
    "two destination options": V6 / IPv6ExtHdrDestOpt() / IPv6ExtHdrDestOpt() / TO_PORT,
    "long destination options": V6 / IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(44))]) / TO_PORT,
    "routing": V6 / IPv6ExtHdrRouting(addresses=["::2"]) / TO_PORT,
    "first IPv6 fragment": V6 / IPv6ExtHdrFragment(offset=0, m=1) / TO_PORT,
    "fragmentation needed": V4 / ICMP(type=3, code=4) / V4 / TO_PORT,
    "port unreachable": V4 / ICMP(type=3, code=3) / V4 / FROM_PORT,
    "eight quoted bytes": bytes(V4 / ICMP(type=11) / V4 / TO_PORT)[:56],
    "options and quoted options": IP(options=[IPOption_NOP()] * 4)
    / ICMP(type=12)
    / IP(options=[IPOption_NOP()] * 8)
    / TO_PORT,
    "packet too big": V6 / ICMPv6PacketTooBig() / V6 / FROM_PORT,
    "no route": V6 / ICMPv6DestUnreach() / V6 / TO_PORT,
    "error behind an extension": V6 / IPv6ExtHdrHopByHop() / ICMPv6TimeExceeded() / V6 / TO_PORT,
    "error behind three": V6
    / IPv6ExtHdrHopByHop()
    / IPv6ExtHdrDestOpt()
    / IPv6ExtHdrDestOpt()
    / ICMPv6TimeExceeded()
    / V6
    / TO_PORT,
    "three headers": V6 / IPv6ExtHdrHopByHop() / IPv6ExtHdrRouting() / IPv6ExtHdrFragment() / TO_PORT,
}
REJECTED = {
    "another port": V4 / OTHER,
    "UDP": V4 / UDP(sport=PORT, dport=PORT),
    "later fragment": IP(src="10.0.0.1", dst="10.0.0.2", frag=100, proto=6) / bytes(TO_PORT),
    "IPv6, another port": V6 / OTHER,
    "IPv6 UDP": V6 / UDP(sport=PORT, dport=PORT),
    "later IPv6 fragment": V6 / IPv6ExtHdrFragment(nh=6, offset=100) / bytes(TO_PORT),
    "four headers": V6
    / IPv6ExtHdrDestOpt()
    / IPv6ExtHdrDestOpt()
    / IPv6ExtHdrDestOpt()
    / IPv6ExtHdrDestOpt()
    / TO_PORT,
    "error about another port": V4 / ICMP(type=3, code=4) / V4 / OTHER,
    "error about UDP": V4 / ICMP(type=3, code=3) / V4 / UDP(sport=PORT, dport=PORT),
    "error about a later fragment": V4 / ICMP(type=11, code=1) / IP(frag=100, proto=6) / bytes(TO_PORT),
    "later fragment of an error": IP(frag=100, proto=1) / bytes(ICMP(type=3, code=4) / V4 / TO_PORT),
    "echo": V4 / ICMP(type=8) / bytes(V4 / TO_PORT),
    "IPv6 error about another port": V6 / ICMPv6PacketTooBig() / V6 / OTHER,
    "IPv6 error about UDP": V6 / ICMPv6DestUnreach() / V6 / UDP(sport=PORT, dport=PORT),
    "IPv6 echo": V6 / ICMPv6EchoRequest() / bytes(V6 / TO_PORT),
    "nothing behind the port": bytes(V4 / TO_PORT)[:21],
}
DATAGRAMS = {name: (bytes(datagram), SNAPLEN) for name, datagram in ACCEPTED.items()}
DATAGRAMS |= {name: (bytes(datagram), 0) for name, datagram in REJECTED.items()}

MAC_ADDRESSES = bytes.fromhex("020000000001 020000000002")
TAGS = {
    "untagged": MAC_ADDRESSES,
    "VLAN": MAC_ADDRESSES + bytes.fromhex("8100 0005"),
    "QinQ": MAC_ADDRESSES + bytes.fromhex("88a8 0007 8100 0005"),
}
ETHERTYPE_ARP = bytes.fromhex("0806")


def ethertype(datagram: bytes) -> int:
    return ETHERTYPE_IPV4 if datagram[0] >> 4 == 4 else 0x86DD


def kernel_verdict(ports: list[int], framing: Framing, packet: bytes) -> int:
    """What the kernel's own BPF machine accepts: a filter works on any socket, for any user."""
    sender, receiver = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with sender, receiver:
        attach_filter(receiver, tcp_filter(ports, framing, SNAPLEN))
        receiver.setblocking(False)
        sender.send(packet + bytes(SNAPLEN))  # long enough to be cut
        try:
            return len(receiver.recv(65_536))
        except BlockingIOError:
            return 0


@pytest.mark.parametrize("name", DATAGRAMS)
@pytest.mark.parametrize("tags", TAGS)
def test_ethernet_filter_finds_the_port_behind(tags: str, name: str) -> None:
    datagram, verdict = DATAGRAMS[name]
    packet = TAGS[tags] + ethertype(datagram).to_bytes(2) + datagram

    assert run(tcp_filter([81, PORT], Framing.ETHERNET, SNAPLEN), packet) == verdict


@pytest.mark.parametrize("name", DATAGRAMS)
def test_raw_filter_finds_the_port_behind(name: str) -> None:
    datagram, verdict = DATAGRAMS[name]
    assert run(tcp_filter([PORT], Framing.RAW, SNAPLEN), datagram) == verdict


@pytest.mark.parametrize("name", [name for name in DATAGRAMS if not name.startswith("nothing")])
def test_raw_filter_in_the_kernel_agrees(name: str) -> None:
    datagram, verdict = DATAGRAMS[name]
    assert kernel_verdict([PORT], Framing.RAW, datagram) == verdict


@pytest.mark.parametrize("name", DATAGRAMS)
def test_cooked_filter_takes_the_ethertype_from_the_kernel(name: str) -> None:
    datagram, verdict = DATAGRAMS[name]
    known = {SKF_AD_PROTOCOL: ethertype(datagram), SKF_AD_HATYPE: 512, SKF_AD_PKTTYPE: PACKET_OUTGOING}
    assert run(tcp_filter([PORT], Framing.COOKED, SNAPLEN), datagram, known) == verdict


@pytest.mark.parametrize(("packet_type", "verdict"), [(PACKET_OUTGOING, 0), (0, SNAPLEN)])
def test_cooked_filter_takes_a_loopback_frame_once(packet_type: int, verdict: int) -> None:
    known = {SKF_AD_PROTOCOL: ETHERTYPE_IPV4, SKF_AD_HATYPE: ARPHRD_LOOPBACK, SKF_AD_PKTTYPE: packet_type}
    assert run(tcp_filter([PORT], Framing.COOKED, SNAPLEN), bytes(V4 / TO_PORT), known) == verdict


@pytest.mark.parametrize(("datagram", "verdict"), [(V4 / OTHER, SNAPLEN), (V6 / OTHER, SNAPLEN), (V4 / UDP(), 0)])
def test_filter_without_ports_takes_all_tcp(datagram: IP, verdict: int) -> None:
    assert run(tcp_filter([], Framing.RAW, SNAPLEN), bytes(datagram)) == verdict


def test_ethernet_filter_rejects_other_than_ip() -> None:
    assert run(tcp_filter([], Framing.ETHERNET, SNAPLEN), MAC_ADDRESSES + ETHERTYPE_ARP + bytes(28)) == 0


@pytest.mark.parametrize("framing", Framing)
def test_filter_of_as_many_ports_as_may_be_loads(framing: Framing) -> None:
    ports = list(range(1, MAX_PORTS + 1))
    program = tcp_filter(ports, framing, SNAPLEN)

    assert all(0 <= distance < 256 for _, *jumps, _ in program for distance in jumps)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        attach_filter(receiver, program)
    last = bytes(V4 / TCP(sport=1000, dport=MAX_PORTS))
    assert run(tcp_filter(ports, Framing.RAW, SNAPLEN), last) == SNAPLEN


def test_filter_of_too_many_ports_is_refused() -> None:
    with pytest.raises(UsageError, match="at most 32"):
        tcp_filter(list(range(1, MAX_PORTS + 2)), Framing.ETHERNET, SNAPLEN)


def ethernet_files() -> list[Path]:
    """The little-endian pcap files of the corpus with link type 1."""
    heads = ((path, path.read_bytes()[:24]) for path in sorted(CORPUS.rglob("*cap*")) if path.is_file())
    magics = (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1")
    return [path for path, head in heads if head[:4] in magics and head[20:22] == b"\x01\x00"]


@pytest.mark.skipif(not CORPUS.exists(), reason="the capture corpus is not here")
@pytest.mark.parametrize("path", ethernet_files(), ids=lambda path: path.name)
def test_filter_of_a_real_capture_agrees_with_tcpdump(path: Path, tcpdump: str) -> None:
    wanted = " or ".join(f"tcp port {port}" for port in COMMON_PORTS)
    expression = f"{wanted} or (vlan and ({wanted} or (vlan and ({wanted}))))"
    chosen = subprocess.run([tcpdump, "-r", path, "-w", "-", expression], capture_output=True, check=False).stdout
    program = tcp_filter(COMMON_PORTS, Framing.ETHERNET, SNAPLEN)

    accepted = [frame for frame in frames_of(path.read_bytes()) if run(program, frame)]
    errors = [frame for frame in accepted if read_icmp_error(0, 1, frame, len(frame)) is not None]
    assert [frame for frame in accepted if frame not in errors] == frames_of(chosen)
