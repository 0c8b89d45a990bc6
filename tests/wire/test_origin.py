"""The interface of a frame, from its cooked header or its file."""

import pytest

from tcpwatch.wire.files.record import InterfaceRecords, Records, one_by_one
from tcpwatch.wire.link import LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2
from tcpwatch.wire.origin import mark_links
from tcpwatch.wire.segment import INVALID_TIME, TCP_CHECKSUM
from tests.builders import segment

ETHERNET, LOOPBACK = 1, 772


def sll2(ifindex: int, hardware: int = ETHERNET) -> bytes:
    return b"\x08\x00\x00\x00" + ifindex.to_bytes(4) + hardware.to_bytes(2) + bytes(10)


def sll(packet_type: int, hardware: int = ETHERNET) -> bytes:
    return packet_type.to_bytes(2) + hardware.to_bytes(2) + bytes(10) + b"\x08\x00"


def links(*frames: tuple[int, bytes], interfaces: tuple[int, ...] = ()) -> list[int]:
    records = [(0, link_type, data, len(data)) for link_type, data in frames]
    segments = [segment() for _ in records]
    mark_links(InterfaceRecords(records, interfaces) if interfaces else records, segments)
    return [one.link for one in segments]


def test_second_cooked_header_has_the_interface() -> None:
    assert links((LINKTYPE_LINUX_SLL2, sll2(7)), (LINKTYPE_LINUX_SLL2, sll2(8))) == [7, 8]


@pytest.mark.parametrize("frame", [(LINKTYPE_LINUX_SLL2, sll2(1, LOOPBACK)), (LINKTYPE_LINUX_SLL, sll(0, LOOPBACK))])
def test_loopback_has_no_number(frame: tuple[int, bytes]) -> None:
    assert links(frame) == [0]


def test_first_cooked_header_differs_where_the_way_does() -> None:
    first, second, third = links(
        (LINKTYPE_LINUX_SLL, sll(0)), (LINKTYPE_LINUX_SLL, sll(0)), (LINKTYPE_LINUX_SLL, sll(3))
    )
    assert first == second != third


def test_ethernet_frame_tells_no_interface() -> None:
    assert links((LINKTYPE_ETHERNET, bytes(14))) == [0]


def test_file_of_several_interfaces_tells_it() -> None:
    assert links((LINKTYPE_ETHERNET, b""), (LINKTYPE_ETHERNET, b""), interfaces=(0, 1)) == [1, 2]
    one, other = links((LINKTYPE_LINUX_SLL2, sll2(7)), (LINKTYPE_LINUX_SLL2, sll2(7)), interfaces=(0, 1))
    assert one != other


def test_records_one_by_one_keep_their_interface() -> None:
    record = (0, LINKTYPE_ETHERNET, b"", 0)
    (first, second) = one_by_one(InterfaceRecords([record, record], (4, 5)))
    assert isinstance(first, InterfaceRecords)
    assert isinstance(second, InterfaceRecords)
    assert (*first.interfaces, *second.interfaces) == (4, 5)
    assert list(one_by_one([record])) == [[record]]


@pytest.mark.parametrize("interfaces", [(), (4, 5, 6)])
def test_segment_without_a_valid_time_is_marked(interfaces: tuple[int, ...]) -> None:
    record = (0, LINKTYPE_ETHERNET, b"", 0)
    records = InterfaceRecords([record] * 3, interfaces, (0, 2)) if interfaces else Records([record] * 3, (0, 2))
    segments = [segment(faults=(TCP_CHECKSUM,)), segment(), None]
    mark_links(records, segments)
    assert segments[0].faults == (TCP_CHECKSUM, INVALID_TIME)  # type: ignore[union-attr]
    assert segments[1].faults == ()  # type: ignore[union-attr]
    alone = [getattr(one, "undated", ()) for one in one_by_one(records)]
    assert [bool(undated) for undated in alone] == [True, False, True]
