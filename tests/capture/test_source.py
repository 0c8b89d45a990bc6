"""What every source of frames owes, asked of the ring and of scapy alike."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tcpwatch.capture.frame import Frame, FrameSource
from tcpwatch.capture.interfaces import find_interface
from tcpwatch.capture.source import open_capture
from tcpwatch.wire.decode import Decoder
from tcpwatch.wire.link import LINKTYPE_RAW
from tcpwatch.wire.segment import SYN, Segment
from tests.capture.conftest import ip
from tests.capture.frames import PORT, QINQ, UNTAGGED, VLAN, TunDevice, datagram, ethernet
from tests.capture.traffic import TcpDump, connection, drain, free_port, send, until

pytestmark = pytest.mark.e2e

SNAPLEN = 200
MICROSECOND_NS = 1_000
Open = Callable[..., FrameSource]
Dump = Callable[[str, str], TcpDump]


@pytest.fixture(params=[False, True], ids=["ring", "scapy"])
def open_source(request: pytest.FixtureRequest, namespace: None) -> Iterator[Open]:
    opened: list[FrameSource] = []

    def open_source(name: str, *ports: int) -> FrameSource:
        opened.append(open_capture(find_interface(name), ports, portable=request.param, snaplen=SNAPLEN))
        return opened[-1]

    yield open_source
    for source in opened:
        source.close()


@pytest.fixture
def dump(tcpdump: str, tmp_path: Path) -> Iterator[Dump]:
    running: list[TcpDump] = []

    def start(interface: str, expression: str) -> TcpDump:
        running.append(TcpDump(tcpdump, interface, expression, tmp_path / "dump.pcap", SNAPLEN))
        return running[-1]

    yield start
    for process in running:
        process.stop()


def decoded(frames: list[Frame]) -> list[Segment]:
    decoder = Decoder()
    segments = [decoder.decode(number, *frame) for number, frame in enumerate(frames, start=1)]
    assert not decoder.skipped
    return [segment for segment in segments if segment is not None]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_source_sees_each_segment_on_loopback_once(open_source: Open, dump: Dump, host: str) -> None:
    port = free_port(host)
    source = open_source("lo0", port)
    other = dump("lo", f"tcp port {port}")

    connection(host, bytes(150_000), port=port)
    frames = drain(source)

    assert [data for _, _, data, _ in frames] == other.frames(len(frames))
    assert sum(segment.length for segment in decoded(frames)) == 150_000
    assert source.statistics() == (len(frames), 0)
    assert source.message.startswith("capturing on lo")
    assert source.working


def test_source_on_all_interfaces_sees_loopback_once(open_source: Open, dump: Dump) -> None:
    port = free_port("127.0.0.1")
    source = open_source("any", port)
    other = dump("lo", f"tcp port {port}")

    connection("127.0.0.1", port=port)
    segments = decoded(drain(source))

    assert len(segments) == len(other.frames(len(segments)))
    assert [segment.flags for segment in segments].count(SYN) == 1


def test_source_leaves_other_ports_alone(open_source: Open) -> None:
    wanted, other = free_port("127.0.0.1"), free_port("127.0.0.1")
    source = open_source("lo", wanted, 1)

    connection("127.0.0.1", port=other)
    connection("127.0.0.1", port=wanted)

    assert {wanted} == {
        port
        for segment in decoded(drain(source))
        for port in (segment.source.port, segment.destination.port)
        if port in (wanted, other)
    }


def test_source_without_ports_takes_all_tcp(open_source: Open) -> None:
    source = open_source("lo")
    ports = {connection("127.0.0.1"), connection("::1")}

    assert ports <= {segment.destination.port for segment in decoded(drain(source))}


def test_source_times_are_the_wall_clock_s_and_ascend(open_source: Open) -> None:
    port = free_port("127.0.0.1")
    source = open_source("lo", port)
    before = time.time_ns()
    connection("127.0.0.1", port=port)
    times = [time_ns for time_ns, *_ in drain(source)]

    assert times == sorted(times)
    assert before - MICROSECOND_NS <= times[0] <= times[-1] <= time.time_ns()


def test_source_cuts_frames_and_keeps_their_length(open_source: Open) -> None:
    port = free_port("127.0.0.1")
    source = open_source("lo", port)
    connection("127.0.0.1", bytes(1_000), port=port)

    lengths = [(len(data), length) for _, _, data, length in drain(source)]

    assert (SNAPLEN, 14 + 20 + 32 + 1_000) in lengths
    assert max(captured for captured, _ in lengths) == SNAPLEN


def test_source_gives_vlan_tags_as_they_were_on_the_wire(open_source: Open, veth: tuple[str, str]) -> None:
    near, far = veth
    source = open_source(far, PORT)
    sent = [ethernet(tags, datagram(payload)) for tags in (UNTAGGED, VLAN, QINQ) for payload in (b"a" * 40, b"b" * 40)]
    send(near, *sent)

    frames = drain(source)

    assert [data for _, _, data, _ in frames] == sent
    assert [length for *_, length in frames] == [len(frame) for frame in sent]
    assert len(decoded(frames)) == len(sent)


def test_source_captures_outgoing_frames(open_source: Open, veth: tuple[str, str]) -> None:
    near, _ = veth
    source = open_source(near, PORT)
    frame = ethernet(UNTAGGED, datagram(b"x" * 40))
    send(near, frame)

    assert [data for _, _, data, _ in drain(source)] == [frame]


def test_source_on_a_device_without_link_layer(open_source: Open) -> None:
    with TunDevice("t0") as tun:
        ip("link", "set", "t0", "up")
        source = open_source("t0", PORT)
        packet = datagram(b"x" * 40)
        tun.write(packet)

        assert [(link_type, data) for _, link_type, data, _ in drain(source)] == [(LINKTYPE_RAW, packet)]


def test_source_reports_interface_down_and_continues_when_up(open_source: Open, veth: tuple[str, str]) -> None:
    near, far = veth
    source = open_source(far, PORT)
    ip("link", "set", far, "down")
    until(source, lambda: source.message == "v1 is down, waiting")
    assert not source.working

    ip("link", "set", far, "up")
    until(source, lambda: source.working)
    frame = ethernet(UNTAGGED, datagram(b"x" * 40))
    send(near, frame)

    assert [data for _, _, data, _ in drain(source)] == [frame]
    assert source.message.startswith("capturing on v1")


def test_source_that_has_frames_again_is_working_at_once(open_source: Open) -> None:
    source = open_source("lo")
    ip("link", "set", "lo", "down")
    until(source, lambda: not source.working)

    ip("link", "set", "lo", "up")
    connection("127.0.0.1")

    assert source.frames(1_000)
    assert source.working


def test_source_reports_interface_gone_and_waits(open_source: Open, veth: tuple[str, str]) -> None:
    source = open_source("v1", PORT)
    ip("link", "delete", "v1")
    until(source, lambda: source.message.startswith("v1 is gone"))
    assert not source.working

    began = time.monotonic()
    assert source.frames(100) == []
    assert time.monotonic() - began > 0.09


def test_source_that_is_closed_lets_its_sockets_go(open_source: Open) -> None:
    open_before = len(os.listdir("/proc/self/fd"))
    source = open_source("lo", PORT)
    source.close()

    assert len(os.listdir("/proc/self/fd")) == open_before
