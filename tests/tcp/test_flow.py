from dataclasses import replace

import pytest

from tcpwatch.tcp.event import Event
from tcpwatch.tcp.flow import Flow
from tcpwatch.tcp.reset_origin import ResetOrigin, ResetSender
from tcpwatch.tcp.tcb import Source, Tcb
from tcpwatch.tcp.tracker import FlowTracker
from tests.tcp.trace import MILLISECOND, START_NS, segments

HANDSHAKE = (
    "    > S  0:0(0)         win 64240 <mss 1460,wscale 7,sackOK>",
    "+10 < S. 0:0(0)   ack 1 win 65160 <mss 1400,wscale 8,sackOK>",
    "+20 > .  1(0)     ack 1 win 502",
)


def flow_of(*lines: str, isns: tuple[int, int] = (1_000, 5_000)) -> tuple[Flow, list[Event]]:
    tracker = FlowTracker()
    events = [tracker.receive_segment(segment) for segment in segments(lines, isns)]
    return tracker.flows()[0], events


def test_tcb_of_both_ends_after_data() -> None:
    flow, _ = flow_of(
        *HANDSHAKE, "> P. 1:101(100) ack 1 win 500", "< . 1(0) ack 101 win 256", "> P. 101:151(50) ack 1 win 500"
    )
    assert flow.tcb(0) == Tcb(
        Source.WIRE,
        iss=1_000,
        irs=5_000,
        snd_una=1_101,
        snd_nxt=1_151,
        snd_wnd=256 << 8,
        snd_wscale=8,
        rcv_nxt=5_001,
        rcv_wnd=500 << 7,
        rcv_wscale=7,
        mss=1_400,
        initiated=True,
    )
    assert flow.tcb(1) == Tcb(
        Source.WIRE,
        iss=5_000,
        irs=1_000,
        snd_una=5_001,
        snd_nxt=5_001,
        snd_wnd=500 << 7,
        snd_wscale=7,
        rcv_nxt=1_101,
        rcv_wnd=256 << 8,
        rcv_wscale=8,
        mss=1_460,
        initiated=False,
    )


def test_tcb_midstream_has_raw_windows_and_no_initial_numbers() -> None:
    flow, _ = flow_of("> P. 1:101(100) ack 1 win 500")
    assert flow.inferred
    assert flow.tcb(0) == Tcb(Source.WIRE, snd_nxt=1_101, rcv_nxt=5_001, rcv_wnd=500)
    assert flow.tcb(1) == Tcb(Source.WIRE, snd_una=5_001, snd_nxt=5_001, snd_wnd=500)


def test_tcb_after_a_wrap_is_in_wire_numbers() -> None:
    flow, events = flow_of(*HANDSHAKE, "> P. 1:101(100) ack 1", "< . 1(0) ack 101", isns=(2**32 - 50, 2**32 - 1))
    assert (flow.tcb(0).snd_una, flow.tcb(0).snd_nxt, flow.tcb(0).rcv_nxt) == (51, 51, 0)
    assert (events[-1].seq, events[-1].ack) == (1, 101)


def test_window_of_a_syn_is_never_scaled() -> None:
    _, events = flow_of(*HANDSHAKE)
    assert [(event.window, event.scaled) for event in events] == [(64_240, True), (65_160, True), (502 << 7, True)]


def test_window_is_raw_while_the_scale_is_unknown() -> None:
    _, events = flow_of("> . 1(0) ack 1 win 502")
    assert (events[0].window, events[0].scaled) == (502, False)


def test_handshake_rtt_runs_from_the_last_syn_to_the_ack() -> None:
    flow, _ = flow_of("> S 0:0(0)", "+1000 > S 0:0(0)", *HANDSHAKE[1:])
    assert flow.handshake_rtt_ns == 30 * MILLISECOND
    assert (flow.first_ns, flow.last_ns) == (START_NS + MILLISECOND, START_NS + 1_031 * MILLISECOND)


def test_handshake_rtt_of_a_midstream_flow_is_unknown() -> None:
    flow, _ = flow_of("> P. 1:101(100) ack 1", "< . 1(0) ack 101")
    assert flow.handshake_rtt_ns is None


def test_rtt_is_that_of_the_segment_acknowledged_to_its_end() -> None:
    _, events = flow_of(
        *HANDSHAKE, "> . 1:101(100) ack 1", "> . 101:201(100) ack 1", "+30 < . 1(0) ack 201", "< . 1(0) ack 201"
    )
    assert [event.rtt_ns for event in events[3:]] == [None, None, 30 * MILLISECOND, None]


def test_rtt_of_a_segment_sent_twice_is_unknown() -> None:
    _, events = flow_of(*HANDSHAKE, "> . 1:101(100) ack 1", "+200 > . 1:101(100) ack 1", "+30 < . 1(0) ack 101")
    assert events[-1].rtt_ns is None


def test_in_flight_counts_unacknowledged_bytes() -> None:
    _, events = flow_of(
        *HANDSHAKE, "> . 1:101(100) ack 1", "> . 101:201(100) ack 1", "< . 1(0) ack 101", "> . 201:301(100) ack 1"
    )
    assert [event.in_flight for event in events[3:]] == [100, 200, None, 200]


def test_completeness_of_a_lone_segment_is_that_of_its_syn() -> None:
    assert flow_of("> P. 1:101(100) ack 1")[0].completeness == 0
    assert flow_of("> S 0:0(0)")[0].completeness == 1
    assert flow_of("> S 0:10(10)")[0].completeness == 9


def test_completeness_counts_the_first_segment_with_the_second() -> None:
    assert flow_of("> P. 1:101(100) ack 1", "< . 1(0) ack 101")[0].completeness == 12


def test_completeness_of_a_reused_four_tuple_begins_with_its_syn() -> None:
    tracker = FlowTracker()
    for segment in segments(["> S 0:0(0)", "> S 700:710(10)"]):
        tracker.receive_segment(segment)
    assert [flow.completeness for flow in tracker.flows()] == [1, 1]


def test_analysis_counts_the_words() -> None:
    flow, _ = flow_of(*HANDSHAKE, "> . 1:101(100) ack 1", "+200 > . 1:101(100) ack 1", "+400 > . 1:101(100) ack 1")
    assert flow.analysis == {"retransmission": 2}
    assert [stream.retrans_segs for stream in flow.streams] == [2, 0]


def test_ack_field_of_zero_acknowledges_nothing() -> None:
    lines = (*HANDSHAKE, "> P. 1:101(100) ack 1", "> . 101(0) ack -3000000000")
    flow, events = flow_of(*lines, isns=(1_000, 3_000_000_000))
    assert events[-1].segment.ack == 0
    assert flow.tcb(1).snd_una == 3_000_000_001


def test_rst_is_recorded_for_its_sender() -> None:
    flow, _ = flow_of(*HANDSHAKE, "> R. 1(0) ack 1")
    assert [stream.rst for stream in flow.streams] == [True, False]


def test_reset_origin_is_told_by_the_segments_of_its_own_direction() -> None:
    tracker = FlowTracker()
    ways = ((64, 9), (57, 1), (64, 10), (57, 2), (64, 11), (57, 3), (61, 0))
    lines = (*HANDSHAKE, "< P. 1:11(10) ack 1", "> . 1(0) ack 11", "< P. 11:21(10) ack 1", "+240000 < R. 21(0) ack 1")
    for segment, way in zip(segments(lines), ways, strict=True):
        tracker.receive_segment(replace(segment, way=way))
    streams = tracker.flows()[0].streams
    assert streams[1].reset_origin == ResetOrigin(
        ResetSender.IN_BETWEEN, True, 61, (57, 57), 0, 3, silent_ns=240_000 * MILLISECOND
    )
    assert streams[0].reset_origin is None


def test_reset_origin_of_a_first_segment() -> None:
    [first] = segments(["> R 1(0)"])
    tracker = FlowTracker()
    tracker.receive_segment(replace(first, way=(64, 0)))
    found = tracker.flows()[0].streams[0].reset_origin
    assert found is not None
    assert (found.sender, found.silent_ns) == (ResetSender.UNKNOWN, None)


def test_reset_origin_is_that_of_the_first_reset() -> None:
    tracker = FlowTracker()
    for segment, ttl in zip(
        segments((*HANDSHAKE, "< R. 1(0) ack 1", "< R. 1(0) ack 1")), (64, 57, 64, 61, 57), strict=True
    ):
        tracker.receive_segment(replace(segment, way=(ttl, 0)))
    found = tracker.flows()[0].streams[1].reset_origin
    assert found is not None
    assert found.ttl == 61


def test_ordinary_segment_reaches_no_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    tracker = FlowTracker()
    trace = list(segments((*HANDSHAKE, "> P. 1:101(100) ack 1", "< . 1(0) ack 101")))
    for segment in trace[:3]:
        tracker.receive_segment(segment)
    monkeypatch.setattr("tcpwatch.tcp.flow.analyse", None)
    assert [tracker.receive_segment(segment).analysis for segment in trace[3:]] == [(), ()]
