"""Remarks on segments, each beside the ordinary segment that looks like it."""

from dataclasses import replace

import pytest

from tcpwatch.tcp.event import Event
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.wire.segment import INVALID_TIME
from tests.tcp.trace import segments

OPEN = ("> S 0:0(0) <mss 1460>", "< S. 0:0(0) ack 1 <mss 1460>", "> . 1(0) ack 1")
PAWS = "TSval goes back: PAWS drops it"
SECOND_NS = 1_000_000_000


def last(*lines: str, by_ns: int = 0) -> Event:
    """What is said of the last segment, whose time is moved by `by_ns`."""
    tracker = FlowTracker()
    *before, final = segments(lines)
    for line in before:
        tracker.receive_segment(line)
    return tracker.receive_segment(replace(final, time_ns=final.time_ns + by_ns))


@pytest.mark.parametrize(
    ("options", "note"),
    [
        ("ts 99 5", PAWS),
        ("ts 199 5", None),  # one tick is allowed
        ("ts 200 5", None),
        ("ts 201 5", None),
        ("mss 1460", None),  # no timestamp at all
    ],
)
def test_tsval_of_the_next_data(options: str, note: str | None) -> None:
    assert last(*OPEN, "> . 1:101(100) ack 1 <ts 200 5>", f"> . 101:201(100) ack 1 <{options}>").note == note


def test_tsval_that_wraps_does_not_go_back() -> None:
    lines = (*OPEN, "> . 1:101(100) ack 1 <ts 4294967295 5>", "> . 101:201(100) ack 1 <ts 3 5>")
    assert last(*lines).note is None


def test_tsval_of_an_overtaken_segment_is_in_order() -> None:
    lines = (*OPEN, "> . 1:101(100) ack 1 <ts 200 5>", "> . 201:301(100) ack 1 <ts 202 5>")
    event = last(*lines, "> . 101:201(100) ack 1 <ts 199 5>")
    assert "out_of_order" in event.analysis or "retransmission" in event.analysis
    assert event.note != PAWS


def test_tsval_of_an_overtaken_ack_is_in_order() -> None:
    data = ("< . 1:101(100) ack 1", "< . 101:201(100) ack 1")
    assert last(*OPEN, *data, "> . 1(0) ack 201 <ts 200 5>", "> . 1(0) ack 101 <ts 190 5>").note is None
    assert last(*OPEN, *data, "> . 1(0) ack 101 <ts 200 5>", "> . 1(0) ack 201 <ts 190 5>").note == PAWS


def test_time_that_goes_back_gives_no_rtt() -> None:
    event = last(*OPEN, "> . 1:101(100) ack 1", "< . 1(0) ack 101", by_ns=-90 * SECOND_NS)
    assert (event.note, event.rtt_ns) == ("time goes back", None)


def test_time_that_goes_back_in_the_handshake_gives_no_rtt() -> None:
    tracker = FlowTracker()
    for line, by_ns in zip(segments((*OPEN, "< . 1(0) ack 1")), (0, 1, -90 * SECOND_NS, SECOND_NS), strict=True):
        event = tracker.receive_segment(replace(line, time_ns=line.time_ns + by_ns))
    assert tracker.flows()[0].handshake_rtt_ns is None
    assert event.note is None


def test_handshake_without_a_moment_between_is_measured_once() -> None:
    tracker = FlowTracker()
    for line in segments(("+0 > S 0:0(0)", "+0 < S. 0:0(0) ack 1", "+0 > . 1(0) ack 1", "+9 < . 1(0) ack 1")):
        tracker.receive_segment(line)
    assert tracker.flows()[0].handshake_rtt_ns == 0


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ("> . 1:1461(1460) ack 1", None),
        ("> . 1:2921(2920) ack 1", "GSO/GRO: about 2 × MSS in one"),
        ("> . 1:2921(2920) ack 1 <ts 1 1>", "GSO/GRO: about 3 × MSS in one"),
        ("> F. 1:2921(2920) ack 1", "GSO/GRO: about 2 × MSS in one"),
    ],
)
def test_segment_longer_than_the_mss_is_an_aggregate(line: str, note: str | None) -> None:
    assert last(*OPEN, line).note == note


def test_segment_whose_mss_was_not_seen_is_no_aggregate() -> None:
    assert last("> . 1:60001(60000) ack 1").note is None


def test_time_that_cannot_be_is_named() -> None:
    tracker = FlowTracker()
    *opening, data, ack = segments((*OPEN, "> . 1:101(100) ack 1", "< . 1(0) ack 101"))
    assert [tracker.receive_segment(one).note for one in opening] == [None] * 3
    invalid = tracker.receive_segment(replace(data, faults=(INVALID_TIME,)))
    assert (invalid.note, invalid.analysis, invalid.in_flight) == ("no valid time in the file", (), 100)
    assert tracker.receive_segment(ack).rtt_ns is None


def test_handshake_with_a_time_that_cannot_be_is_not_measured() -> None:
    for invalid in range(3):
        tracker = FlowTracker()
        for place, one in enumerate(segments((*OPEN, "> . 1:101(100) ack 1"))):
            tracker.receive_segment(replace(one, faults=(INVALID_TIME,) if place == invalid else ()))
        assert (tracker.flows()[0].handshake_rtt_ns is None) == (invalid != 1)
