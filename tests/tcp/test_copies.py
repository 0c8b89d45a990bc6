"""Frames that several interfaces have seen, and those that only look like it."""

from dataclasses import replace

import pytest

from tcpwatch.tcp.copies import CopyFilter
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.wire.segment import Segment
from tests.builders import segment
from tests.tcp.trace import segments

BRIDGE, PORT = 2, 3
MILLISECOND_NS = 1_000_000
STAMPED = b"\x01\x01\x08\x0a" + bytes(8)


def copies(*seen: tuple[int, float, dict[str, object]]) -> list[bool]:
    """Whether each of these is a copy: interface, milliseconds, facts of the segment."""
    copy_filter = CopyFilter()
    return [
        copy_filter.is_copy(segment(link=link, time_ns=round(ms * MILLISECOND_NS), **facts)) for link, ms, facts in seen
    ]


def test_frame_on_two_interfaces_is_one() -> None:
    assert copies((BRIDGE, 0, {}), (PORT, 0.002, {})) == [False, True]


def test_frame_twice_on_one_interface_is_sent_twice() -> None:
    assert copies((BRIDGE, 0, {}), (BRIDGE, 0.002, {})) == [False, False]


def test_what_is_sent_again_has_copies_of_its_own() -> None:
    data = {"length": 100}
    seen = [(BRIDGE, 0, data), (PORT, 0.1, data), (BRIDGE, 40, data), (PORT, 40.1, data)]
    assert copies(*seen) == [False, True, False, True]


def test_two_that_are_equal_and_wait_in_the_port_are_two() -> None:
    assert copies((BRIDGE, 0, {}), (BRIDGE, 1, {}), (PORT, 5, {}), (PORT, 6, {})) == [False, False, True, True]


def test_frame_lost_before_the_port_and_sent_again() -> None:
    assert copies((BRIDGE, 0, {}), (PORT, 0, {"seq": 1}), (BRIDGE, 50, {}), (PORT, 50, {})) == [
        *(False, False),
        *(False, True),
    ]


@pytest.mark.parametrize(("options", "ms", "copy"), [(b"", 60, True), (b"", 250, False), (STAMPED, 250, True)])
def test_copy_that_waited_in_a_queue(options: bytes, ms: float, copy: bool) -> None:
    facts = {"option_bytes": options, "length": 10}
    assert copies((BRIDGE, 0, facts), (PORT, ms, facts)) == [False, copy]


@pytest.mark.parametrize("facts", [{"ack": 1}, {"window": 1}, {"option_bytes": STAMPED}, {"flags": 1}])
def test_frame_that_differs_is_another(facts: dict[str, object]) -> None:
    assert copies((BRIDGE, 0, {}), (PORT, 0, facts)) == [False, False]


def test_parts_that_offload_makes_are_copies() -> None:
    whole = (BRIDGE, 0.0, {"length": 3_000})
    parts = [(PORT, 0.1, {"seq": 1_000 + at, "length": 1_000}) for at in (0, 1_000, 2_000)]
    assert copies(whole, *parts) == [False, True, True, True]
    assert copies(*((PORT, ms, facts) for _, ms, facts in parts), (BRIDGE, 0.2, {"length": 3_000})) == [
        *(False, False, False),
        True,
    ]


def test_part_that_is_sent_again_is_no_copy() -> None:
    again = {"seq": 2_000, "length": 1_000}
    whole = [(BRIDGE, 0, {"length": 3_000}), (PORT, 0.1, {"length": 3_000})]
    assert copies(*whole, (BRIDGE, 40, again), (PORT, 40, again)) == [False, True, False, True]


def test_segment_whose_interface_is_not_known_is_no_copy() -> None:
    tracker = FlowTracker()
    assert len(tracker.receive_segments([segment(), segment(), None])) == 2
    assert tracker.copies == 0


def test_connection_over_a_bridge_has_no_retransmission() -> None:
    lines = ("> S 0:0(0)", "< S. 0:0(0) ack 1", "> . 1(0) ack 1", "> P. 1:101(100) ack 1", "< . 1(0) ack 101")
    seen: list[Segment] = []
    for line in segments(lines):
        seen += [replace(line, link=BRIDGE), replace(line, link=PORT, time_ns=line.time_ns + 900)]
    tracker = FlowTracker()
    events = tracker.receive_segments(seen)
    assert [event.analysis for event in events] == [()] * len(lines)
    assert tracker.copies == len(lines)


def test_many_contents_are_forgotten_in_time() -> None:
    copy_filter = CopyFilter()
    for number in range(70_000):
        for link in (BRIDGE, PORT):
            assert copy_filter.is_copy(segment(link=link, seq=number)) == (link == PORT)
    assert copy_filter.count == 70_000
