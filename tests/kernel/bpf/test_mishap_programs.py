"""The programs that report mishaps, run on sockets and segments that are made up."""

import struct
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Any, NamedTuple

import pytest

from tcpwatch.errors import SourceError
from tcpwatch.kernel.bpf.btf import Btf
from tcpwatch.kernel.bpf.mishap_programs import (
    KINDS_BY_MARK,
    MISHAP_CAUSE,
    MISHAP_RECORD,
    NO_REASON,
    Output,
    Place,
    error_reported,
    reset_sent,
    segment_dropped,
)
from tcpwatch.sockets.mishaps import MishapKind
from tests.kernel.bpf.kernel_types import made_up_kernel
from tests.kernel.bpf.made_up import COOKIE, NETNS, NOW_NS, MadeUp

CLIENT, SERVER, CLIENT_V6, SERVER_V6 = "10.0.0.2", "10.0.0.1", "2001:db8::2", "2001:db8::1"
SERVER_PORT, CLIENT_PORT = 8080, 50000
ESTABLISHED, SYN = 1, 2
TCP, UDP, SCTP = 6, 17, 132
HEADROOM = 32
LOCATION = 0xFFFF_FFFF_8100_0000
NEWEST = {"tcp_send_reset": 3, "inet_sk_error_report": 1, "kfree_skb": 4}
OPTIONS_WORDS = 2  # of an IPv4 header


class Record(NamedTuple):
    """A record as it is read."""

    time_ns: int
    cookie: int
    first: bytes
    second: bytes
    family: int
    num: int
    port: bytes
    other_port: bytes
    mark: int
    place: int
    local_port: bytes
    reason: int
    state: int
    flags: int
    error: int
    soft_error: int
    tail: int
    transport: int
    location: int


class Kernel(MadeUp):
    """One socket of the server's, and segments; `arguments` are those of its tracepoints."""

    def __init__(self, arguments: dict[str, int] = NEWEST, **more: Any) -> None:
        super().__init__(btf=made_up_kernel(arguments=arguments), **more)
        self.namespace, self.device = self.put(), self.put()
        self.set("net", self.namespace, "ns.inum", NETNS)
        self.set("sock_common", self.common, "skc_net.net", self.namespace)
        self.set("net_device", self.device, "nd_net.net", self.namespace)
        self.set_fields(
            skc_family=2,
            skc_rcv_saddr=ip_address(SERVER).packed,
            skc_daddr=ip_address(CLIENT).packed,
            skc_dport=CLIENT_PORT.to_bytes(2),
            skc_state=ESTABLISHED,
        )
        self.set("sock_common", self.common, "skc_cookie", COOKIE + 1)
        self.set("tcp_sock", self.whole, "inet_conn.icsk_inet.inet_sport", SERVER_PORT.to_bytes(2))
        self.set("sock", self.common, "sk_protocol", TCP)

    def segment(
        self, source: str = CLIENT, destination: str = SERVER, *, protocol: int = TCP, fragment: int = 0, **more: int
    ) -> int:
        """A segment from the client's port to the server's; `more` are members of struct sk_buff."""
        packed = ip_address(source).packed + ip_address(destination).packed
        if len(packed) == 8:
            first = bytes([0x45 + OPTIONS_WORDS]) + bytes(5) + struct.pack("!HBBH", fragment, 64, protocol, 0)
            header = first + packed + bytes(4 * OPTIONS_WORDS)
        else:
            header = b"\x60" + bytes(5) + bytes([protocol, 64]) + packed
        ports = (CLIENT_PORT, SERVER_PORT) if source in (CLIENT, CLIENT_V6) else (SERVER_PORT, CLIENT_PORT)
        data = header + struct.pack("!HHIIBBHHH", *ports, 1, 2, 0x50, SYN, 100, 0, 0)
        buffer, skb = self.put(), self.put()
        self.machine.write(buffer + HEADROOM, data)
        members = {
            "protocol": 0x0008 if len(packed) == 8 else 0xDD86,
            "head": buffer,
            "network_header": HEADROOM,
            "tail": HEADROOM + len(data),
            "dev": self.device,
            "skb_iif": 1,
        }
        for path, value in (members | more).items():
            self.set("sk_buff", skb, path, value)
        return skb

    def output(self, netns: int | None = NETNS) -> Output:
        return Output(5, self.machine.put(8), netns)

    def run(self, code: bytes, *arguments: int) -> list[Record]:
        self.machine.run(code, self.context(*arguments))
        return [Record(*MISHAP_RECORD.unpack(record)) for record in self.written]

    def reset(self, sk: int, skb: int, reason: int = 11) -> list[Record]:
        return self.run(reset_sent(self.btf, self.output()), sk, skb, reason)

    def drop(
        self, skb: int, reason: int = 40, receiver: int = 0, ignored: Sequence[int] = (), ports: Sequence[int] = ()
    ) -> list[Record]:
        return self.run(segment_dropped(self.btf, self.output(), ignored, ports), skb, LOCATION, reason, receiver)


def address(text: str) -> bytes:
    return ip_address(text).packed.ljust(16, b"\0")


def test_active_reset_has_the_socket_and_the_reason() -> None:
    kernel = Kernel()
    [found] = kernel.reset(kernel.common, 0)
    assert found[:4] == (NOW_NS, COOKIE, address(SERVER), address(CLIENT))
    assert (found.port, found.other_port) == (SERVER_PORT.to_bytes(2), CLIENT_PORT.to_bytes(2))
    assert (KINDS_BY_MARK[found.mark], found.place, found.reason) == (MishapKind.RESET_SENT, Place.SOCKET, 11)
    assert (found.state, found.flags, found.local_port) == (ESTABLISHED, 0, SERVER_PORT.to_bytes(2))


@pytest.mark.parametrize(
    ("source", "destination", "family"), [(CLIENT, SERVER, 2), (CLIENT_V6, SERVER_V6, 10)], ids=["IPv4", "IPv6"]
)
def test_reset_of_no_socket_has_the_ends_of_the_segment(source: str, destination: str, family: int) -> None:
    kernel = Kernel()
    [found] = kernel.reset(0, kernel.segment(source, destination))
    assert (found.first, found.second, found.family) == (address(source), address(destination), family)
    assert (found.port, found.other_port) == (CLIENT_PORT.to_bytes(2), SERVER_PORT.to_bytes(2))
    assert (found.place, found.flags, found.local_port) == (Place.RECEIVED, SYN, SERVER_PORT.to_bytes(2))
    assert (found.cookie, found.state) == (0, 0)


def test_reset_that_answers_a_segment_for_a_socket() -> None:
    """A listener's own ends are no connection's."""
    kernel = Kernel()
    [found] = kernel.reset(kernel.common, kernel.segment())
    assert (found.cookie, found.place, found.first) == (COOKIE, Place.RECEIVED, address(CLIENT))


def test_reset_of_neither_socket_nor_segment() -> None:
    assert Kernel().reset(0, 0) == []


def test_reset_on_a_kernel_that_gives_no_reason() -> None:
    kernel = Kernel({"tcp_send_reset": 2})
    [found] = kernel.reset(kernel.common, 0)
    assert found.reason == NO_REASON


HAPPENINGS: dict[str, Callable[[Kernel], list[Record]]] = {
    "reset of a socket": lambda kernel: kernel.reset(kernel.common, 0),
    "reset of no socket": lambda kernel: kernel.reset(0, kernel.segment()),
    "error": lambda kernel: report(kernel, 104, 0),
    "drop": lambda kernel: kernel.drop(kernel.segment()),
    "drop of a socket's": lambda kernel: kernel.drop(kernel.segment(sk=kernel.common)),
    "drop for a socket": lambda kernel: kernel.drop(kernel.segment(), receiver=kernel.common),
}


@pytest.mark.parametrize("happening", HAPPENINGS)
@pytest.mark.parametrize("netns", [NETNS, NETNS + 1])
def test_mishaps_of_another_namespace_are_left_out(happening: str, netns: int) -> None:
    kernel = Kernel()
    kernel.set("net", kernel.namespace, "ns.inum", netns)
    assert len(HAPPENINGS[happening](kernel)) == (netns == NETNS)


def test_mishaps_of_all_namespaces() -> None:
    kernel = Kernel()
    kernel.set("net", kernel.namespace, "ns.inum", NETNS + 1)
    assert len(kernel.run(reset_sent(kernel.btf, kernel.output(netns=None)), kernel.common, 0, 11)) == 1


def report(kernel: Kernel, error: int, soft: int) -> list[Record]:
    kernel.set("sock", kernel.common, "sk_err", error)
    kernel.set("sock", kernel.common, "sk_err_soft", soft)
    return kernel.run(error_reported(kernel.btf, kernel.output()), kernel.common)


@pytest.mark.parametrize(("error", "soft", "counted"), [(104, 0, 104), (0, 113, 113), (110, 113, 110)])
def test_error_of_a_socket(error: int, soft: int, counted: int) -> None:
    [found] = report(Kernel(), error, soft)
    assert (found.error, found.soft_error, found.reason) == (error, soft, counted)
    assert (found.cookie, found.first, found.state) == (COOKIE, address(SERVER), ESTABLISHED)


def test_report_without_error_is_left_out() -> None:
    assert report(Kernel(), 0, 0) == []


def test_error_of_another_protocol_is_left_out() -> None:
    kernel = Kernel()
    kernel.set("sock", kernel.common, "sk_protocol", SCTP)
    assert report(kernel, 104, 0) == []


def test_error_after_the_program_s_own_abort_is_left_out() -> None:
    kernel = Kernel()
    kernel.set_fields(skc_dport=bytes(2))
    assert report(kernel, 104, 0) == []


def test_received_segment_that_is_dropped() -> None:
    kernel = Kernel()
    [found] = kernel.drop(kernel.segment())
    assert (found.first, found.second, found.flags) == (address(CLIENT), address(SERVER), SYN)
    assert (found.reason, found.location, found.place) == (40, LOCATION, Place.RECEIVED)
    assert found.local_port == SERVER_PORT.to_bytes(2)
    assert found.tail - found.transport == 20
    assert (found.cookie, found.state) == (0, 0)


def test_segment_to_be_sent_that_is_dropped() -> None:
    """It has no interface yet, but a socket."""
    kernel = Kernel()
    [found] = kernel.drop(kernel.segment(SERVER, CLIENT, skb_iif=0, dev=0, sk=kernel.common))
    assert (found.place, found.port, found.local_port) == (Place.SENT, *[SERVER_PORT.to_bytes(2)] * 2)
    assert (found.cookie, found.state) == (COOKIE + 1, ESTABLISHED)


def test_dropped_segment_whose_receiver_the_kernel_names() -> None:
    kernel = Kernel()
    [found] = kernel.drop(kernel.segment(dev=0), receiver=kernel.common)
    assert (found.cookie, found.state) == (COOKIE, ESTABLISHED)


def test_dropped_segment_of_an_unknown_namespace_is_left_out() -> None:
    kernel = Kernel()
    assert kernel.drop(kernel.segment(dev=0)) == []


def test_dropped_segment_on_a_kernel_that_names_no_receiver() -> None:
    kernel = Kernel({"kfree_skb": 3})
    code = segment_dropped(kernel.btf, kernel.output(), ())
    assert len(kernel.run(code, kernel.segment(), LOCATION, 40)) == 1


def test_drops_on_a_kernel_that_gives_no_reason() -> None:
    kernel = Kernel({"kfree_skb": 2})
    with pytest.raises(SourceError, match="why it drops"):
        segment_dropped(kernel.btf, kernel.output(), ())


def test_drop_for_a_reason_that_is_ignored() -> None:
    kernel = Kernel()
    assert kernel.drop(kernel.segment(), reason=104, ignored=(2, 104)) == []


@pytest.mark.parametrize("more", [{"protocol": UDP}, {"fragment": 1}])
def test_what_is_no_tcp_header_is_left_out(more: dict[str, int]) -> None:
    kernel = Kernel()
    assert kernel.drop(kernel.segment(**more)) == []


@pytest.mark.parametrize("more", [{"fragment": 0x4000}, {"fragment": 0x2000}])
def test_header_of_a_first_fragment(more: dict[str, int]) -> None:
    kernel = Kernel()
    assert len(kernel.drop(kernel.segment(**more))) == 1


def test_other_protocols_than_ip_are_left_out() -> None:
    kernel = Kernel()
    skb = kernel.segment()
    kernel.set("sk_buff", skb, "protocol", 0x0608)
    assert kernel.drop(skb) == []


def test_header_that_cannot_be_read_is_left_out() -> None:
    kernel = Kernel()
    assert kernel.drop(kernel.segment(head=0, network_header=0)) == []


@pytest.mark.parametrize(("ports", "wanted"), [((80,), 0), ((80, SERVER_PORT), 1), ((CLIENT_PORT,), 1)])
def test_only_the_wanted_ports(ports: tuple[int, ...], wanted: int) -> None:
    kernel = Kernel()
    assert len(kernel.drop(kernel.segment(), ports=ports)) == wanted


def test_record_that_finds_no_room_is_counted() -> None:
    kernel = Kernel(ring_is_full=True)
    output = kernel.output()
    kernel.run(reset_sent(kernel.btf, output), kernel.common, 0, 11)
    assert kernel.machine.read(output.lost, 8) == (1).to_bytes(8, "little")


def test_cause_lies_in_a_row() -> None:
    kernel = Kernel()
    kernel.drop(kernel.segment(), reason=40)
    mark = KINDS_BY_MARK.index(MishapKind.DROPPED)
    assert kernel.written[0][MISHAP_CAUSE] == struct.pack("=BB2sI", mark, Place.RECEIVED, b"\x1f\x90", 40)


def test_kernel_without_the_tracepoint() -> None:
    btf: Btf = made_up_kernel()
    with pytest.raises(SourceError, match="no btf_trace_kfree_skb"):
        segment_dropped(btf, Output(5, 6, None), ())
