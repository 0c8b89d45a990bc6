import shutil
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tcpwatch.capture.frame import Frame
from tcpwatch.capture.interfaces import find_interface
from tcpwatch.capture.recording import Recording
from tcpwatch.capture.source import open_capture
from tcpwatch.errors import SourceError
from tcpwatch.monitor.interruptions import Interruption
from tcpwatch.monitor.snapshot import SourceStatus
from tcpwatch.monitor.traffic.packet_log import PacketLog
from tcpwatch.monitor.traffic.wiretap import LINGER_NS, NoWiretap, Wiretap
from tcpwatch.wire.files.capture_file import read_records
from tcpwatch.wire.segment import ACK, RST, SYN
from tests.monitor.conversation import CLIENT_ENDS, HALF_CLOSE, HANDSHAKE, MS, SERVER_ENDS, frame, to_client, to_server
from tests.monitor.fakes import ScriptedFrames
from tests.wire.frames import tcp, tcp_frame, too_big

HANDSHAKE_OF_ANOTHER = [
    frame(LINGER_NS + n * MS, tcp_frame(sport=40_001, flags=flags, seq=1_000))
    for n, flags in enumerate((SYN, SYN, SYN))
]


def test_receive_puts_each_segment_with_its_step_into_the_log() -> None:
    log = PacketLog()
    tap = Wiretap(ScriptedFrames(HANDSHAKE), log)
    tap.receive()
    assert [event.step for event in log.slice(0)[1]] == ["1/3 SYN", "2/3 SYN-ACK", "3/3 ACK"]


def test_receive_goes_on_with_the_flows_of_the_batch_before() -> None:
    log = PacketLog()
    tap = Wiretap(ScriptedFrames(HANDSHAKE, HALF_CLOSE), log)
    tap.receive()
    tap.receive()
    assert [event.step for event in log.slice(3)[1]] == ["1/4 FIN", "2/4 ACK"]
    assert [event.segment.frame for event in log.slice(0)[1]] == [1, 2, 3, 4, 5]


def test_frame_that_is_no_tcp_is_counted_and_not_logged() -> None:
    log = PacketLog()
    tap = Wiretap(ScriptedFrames([frame(0, b"\x00" * 60), *HANDSHAKE]), log)
    tap.receive()
    assert [event.segment.frame for event in log.slice(0)[1]] == [2, 3, 4]


def test_segments_of_the_newest_flows_are_counted_for_either_end() -> None:
    tap = Wiretap(ScriptedFrames(HANDSHAKE), PacketLog())
    tap.receive()
    assert tap.newest_segs(9) == [(CLIENT_ENDS, 2, 1)]
    assert tap.newest_segs(0) == []
    assert NoWiretap(SourceStatus("packets", False, "")).newest_segs(9) == []


def test_find_gives_the_flow_from_either_end() -> None:
    tap = Wiretap(ScriptedFrames(HANDSHAKE), PacketLog())
    tap.receive()
    with tap.lock:
        by_client, by_server = tap.find(CLIENT_ENDS), tap.find(SERVER_ENDS)
    assert by_client is not None
    assert by_server is not None
    assert by_client[0] is by_server[0]
    assert (by_client[1], by_server[1]) == (0, 1)


def test_flow_that_is_over_goes_when_its_segments_have_left_the_log_and_no_socket_has_its_ends() -> None:
    refused = (to_server(0, SYN, 1_000), to_client(1 * MS, RST | ACK, 0, 1_001))
    later = 2 * LINGER_NS
    log = PacketLog(limit=2)
    tap = Wiretap(ScriptedFrames(refused, HANDSHAKE_OF_ANOTHER), log)
    tap.receive()
    tap.expire((), later)
    assert tap.find(CLIENT_ENDS) is not None  # its segments are in the log
    tap.receive()
    tap.expire((), later + LINGER_NS - 1)
    assert tap.find(CLIENT_ENDS) is not None  # it was tried a moment ago
    tap.expire((SERVER_ENDS,), later + LINGER_NS)
    assert tap.find(CLIENT_ENDS) is not None  # a socket has its ends
    tap.expire((), later + 2 * LINGER_NS)
    assert tap.find(CLIENT_ENDS) is None


def test_every_frame_is_recorded_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.pcapng"
    no_tcp = frame(0, b"\x00" * 60)
    tap = Wiretap(ScriptedFrames([no_tcp, *HANDSHAKE]), PacketLog(), recording=Recording(str(path)))
    tap.receive()
    with path.open("rb") as file:
        assert list(read_records(file)) == [no_tcp, *HANDSHAKE]
    tap.stop()


def test_frames_that_come_late_are_recorded_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "a.pcapng"
    tap = Wiretap(ScriptedFrames(HANDSHAKE, HALF_CLOSE), PacketLog(), recording=Recording(str(path)))
    tap.receive()
    tap.stop()
    with path.open("rb") as file:
        assert list(read_records(file)) == [*HANDSHAKE, *HALF_CLOSE]


def test_thread_that_fails_leaves_its_last_words() -> None:
    class Broken(ScriptedFrames):
        def frames(self, timeout_ms: int) -> tuple[()]:
            raise OSError("the ring is gone")

    source = Broken()
    tap = Wiretap(source, PacketLog())
    tap.start()
    tap.stop()
    assert tap.failure == "capture stopped: the ring is gone"
    assert source.closed


def test_no_wiretap_knows_no_flow_and_says_why() -> None:
    status = SourceStatus("packets", False, "capturing needs CAP_NET_RAW")
    tap = NoWiretap(status)
    tap.start()
    with tap.lock:
        assert tap.find(SERVER_ENDS) is None
    assert (tap.statuses(), tap.statistics()) == ((status,), (0, 0))
    tap.stop()


def test_recording_that_stops_says_why_and_since_when(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(fd: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    tap = Wiretap(ScriptedFrames(HANDSHAKE), PacketLog(), recording=Recording(str(tmp_path / "a")))
    assert tap.recording_failure is None
    monkeypatch.setattr("os.write", full)
    tap.receive()
    monkeypatch.undo()
    _, recording = tap.statuses()
    assert (recording.working, recording.partly) == (False, "stopped: No space left on device")
    assert recording.since_ns is not None
    assert tap.recording_failure == recording.message
    tap.stop()


def test_icmp_error_is_kept_beside_the_flow_that_it_is_about() -> None:
    tap = Wiretap(ScriptedFrames([*HANDSHAKE, frame(7 * MS, too_big(1_300, tcp(b"x" * 8)))]), PacketLog())
    tap.receive()
    [(about, errors)] = tap.icmp_errors.items()
    assert about == CLIENT_ENDS
    assert (errors.count, errors.newest.mtu, errors.newest.time_ns) == (1, 1_300, 7 * MS)


@pytest.mark.e2e
@pytest.mark.skipif(shutil.which("nft") is None, reason="needs nft")
@pytest.mark.parametrize(("address", "words"), [("127.0.0.1", "host unreachable"), ("::1", "no route to destination")])
def test_icmp_errors_of_this_kernel_pass_the_filter(namespace: None, address: str, words: str) -> None:
    rules = """
    add table inet t; add chain inet t in { type filter hook input priority 0; }
    add rule inet t in meta nfproto ipv4 tcp dport { 9000, 9001 } reject with icmp host-unreachable
    add rule inet t in meta nfproto ipv6 tcp dport { 9000, 9001 } reject with icmpv6 no-route
    """
    subprocess.run(["nft", "-f", "-"], input=rules, text=True, check=True)
    for interface in ("lo", "any"):
        tap = Wiretap(open_capture(find_interface(interface), [9000]), PacketLog())
        for port in (9001, 9000):
            with pytest.raises(OSError, match=r"unreachable|No route"):
                socket.create_connection((address, port), timeout=10)
        for _ in range(100):
            tap.receive()
            if tap.icmp_errors:
                break
        [errors] = tap.icmp_errors.values()
        assert (errors.newest.words, errors.newest.reporter, errors.count) == (words, address, 1)
        assert int.from_bytes(errors.newest.ends[-2:]) == 9000
        tap.stop()


def test_interface_that_goes_down_interrupts_the_log_where_it_did() -> None:
    frames = ScriptedFrames(HANDSHAKE)
    tap = Wiretap(frames, PacketLog(), clock=lambda: 7)
    tap.receive()
    frames.working, frames.message = False, "lo is down, waiting"
    tap.receive()
    [packets] = tap.statuses()
    assert (packets.working, packets.since_ns) == (False, 7)
    assert packets.interruptions == (Interruption(3, "lo is down", 7, None),)


def test_source_that_fails_says_since_when() -> None:
    class Failing(ScriptedFrames):
        def frames(self, timeout_ms: int) -> Sequence[Frame]:
            raise SourceError("the capture socket was closed")

    tap = Wiretap(Failing(), PacketLog(), clock=lambda: 7)
    tap.start()
    tap.stop()
    [packets] = tap.statuses()
    assert (packets.working, packets.message) == (False, "capture stopped: the capture socket was closed")
    assert packets.since_ns == 7
