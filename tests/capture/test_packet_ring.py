import mmap

import pytest

from tcpwatch.capture.interfaces import ALL_INTERFACES, find_interface
from tcpwatch.capture.packet_ring import PacketRing
from tcpwatch.errors import SourceError, UsageError
from tcpwatch.wire.decode import Decoder
from tests.capture.frames import PORT, QINQ, UNTAGGED, VLAN, datagram, ethernet
from tests.capture.traffic import drain, send

pytestmark = pytest.mark.e2e

PAGE = mmap.PAGESIZE


def numbered(count: int) -> list[bytes]:
    return [ethernet(UNTAGGED, datagram(number.to_bytes(4) * 10)) for number in range(count)]


def test_ring_goes_round_without_losing_a_frame(veth: tuple[str, str]) -> None:
    ring = PacketRing(find_interface("v0"), [PORT], block_size=PAGE, block_count=4)
    sent = numbered(20)  # a page holds about a dozen
    seen: list[bytes] = []
    for _ in range(10):
        send("v1", *sent)
        seen += [data for _, _, data, _ in drain(ring)]

    assert seen == sent * 10
    assert ring.statistics() == (200, 0)
    ring.close()


def test_ring_overflow_counts_dropped_frames(veth: tuple[str, str]) -> None:
    ring = PacketRing(find_interface("v0"), [PORT], block_size=PAGE, block_count=2)
    send("v1", *numbered(200))
    kept = len(drain(ring))

    received, dropped = ring.statistics()
    assert received == 200
    assert dropped > 100
    assert received - dropped == kept
    send("v1", *numbered(3))
    assert ring.statistics() == (203, dropped)
    ring.close()


def test_ring_gives_one_block_at_a_time(veth: tuple[str, str]) -> None:
    ring = PacketRing(find_interface("v0"), [PORT], block_size=PAGE, block_count=8)
    send("v1", *numbered(40))

    assert 0 < len(ring.frames(1_000)) < 40
    ring.close()


def test_ring_with_an_impossible_size_is_refused(namespace: None) -> None:
    with pytest.raises(SourceError, match="no room for a capture ring"):
        PacketRing(find_interface("lo"), [PORT], block_size=PAGE + 1)


def test_ring_of_too_many_ports_is_refused(namespace: None) -> None:
    with pytest.raises(UsageError, match="too many"):
        PacketRing(find_interface("lo"), range(1, 100))


def test_ring_with_closed_socket_raises_and_does_not_spin(namespace: None) -> None:
    ring = PacketRing(find_interface("lo"), [PORT])
    ring._socket.close()

    with pytest.raises(SourceError, match="closed"):
        ring.frames(1_000)
    ring.close()


@pytest.mark.parametrize(
    ("tags", "vlan"), [(UNTAGGED, ()), (VLAN, (5,)), (QINQ, (7, 5))], ids=["untagged", "VLAN", "QinQ"]
)
def test_ring_of_all_interfaces_keeps_the_tags(veth: tuple[str, str], tags: bytes, vlan: tuple[int, ...]) -> None:
    """Each frame is seen twice; of the one that goes out the kernel keeps the inner tags to itself."""
    ring = PacketRing(ALL_INTERFACES, [PORT])
    send("v1", ethernet(tags, datagram(b"data")))
    decoder = Decoder()
    segments = [decoder.decode(number, *frame) for number, frame in enumerate(drain(ring))]

    assert not decoder.skipped
    assert [segment.payload for segment in segments if segment] == [b"data"] * 2
    assert vlan in [segment.vlan for segment in segments if segment]
    ring.close()
