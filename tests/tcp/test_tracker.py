from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpwatch.tcp.event import Event
from tcpwatch.tcp.flow import Flow
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.wire.segment import Segment, reversed_ends
from tests.builders import SERVER, ends, segment
from tests.tcp.trace import CLIENT_FIRST, START_NS, segments

HANDSHAKE = (
    "> S  0:0(0)         win 64240 <mss 1460,wscale 7>",
    "< S. 0:0(0)   ack 1 win 65160 <mss 1400,wscale 7>",
    "> .  1(0)     ack 1 win 502",
)


def tracked(*lines: str) -> tuple[FlowTracker, list[Event]]:
    tracker = FlowTracker()
    return tracker, [tracker.receive_segment(segment) for segment in segments(lines)]


def from_port(port: int, time_ns: int = 0) -> Segment:
    return segment(ends=ends(("127.0.0.1", port), SERVER), time_ns=time_ns)


def test_flow_lookup_from_either_end_has_the_side() -> None:
    tracker, _ = tracked(*HANDSHAKE)
    flow = tracker.flows()[0]
    assert tracker.flow(CLIENT_FIRST) == (flow, 0)
    assert tracker.flow(reversed_ends(CLIENT_FIRST)) == (flow, 1)
    assert flow.ends == CLIENT_FIRST


def test_flows_that_began_last_come_first() -> None:
    tracker = FlowTracker()
    for port in (1, 2, 3):
        tracker.receive_segment(from_port(port))
    assert [flow.stream for flow in tracker.newest(2)] == [2, 1]


def test_flow_between_strangers_is_none() -> None:
    assert FlowTracker().flow(CLIENT_FIRST) is None


def test_syn_ack_first_makes_its_sender_the_responder() -> None:
    tracker, events = tracked(*HANDSHAKE[1:])
    assert [event.side for event in events] == [1, 0]
    assert tracker.flow(CLIENT_FIRST) == (tracker.flows()[0], 0)


def test_new_isn_begins_a_new_flow_and_keeps_the_old() -> None:
    tracker, events = tracked(*HANDSHAKE, "> S 700:700(0)")
    assert [event.stream for event in events] == [0, 0, 0, 1]
    assert tracker.flow(CLIENT_FIRST) == (tracker.flows()[1], 0)
    assert events[-1].analysis == ("reused_ports",)


def test_new_isn_from_the_responder_makes_it_the_initiator() -> None:
    tracker, events = tracked(*HANDSHAKE, "< S 700:700(0)")
    assert events[-1].side == 0
    assert tracker.flows()[1].ends == reversed_ends(CLIENT_FIRST)


def test_same_isn_stays_the_same_flow() -> None:
    _, events = tracked(HANDSHAKE[0], HANDSHAKE[0])
    assert [(event.stream, event.analysis) for event in events] == [(0, ()), (0, ("retransmission",))]


def test_same_isn_after_an_rst_with_a_high_number_resets_expected() -> None:
    _, events = tracked(HANDSHAKE[0], "> R 90000(0)", "+1000 > S 0:0(0)", "> P. 1:11(10) ack 1")
    assert [event.analysis for event in events] == [(), (), ("retransmission",), ()]


def test_syn_ack_with_another_isn_counts_from_it() -> None:
    _, events = tracked(*HANDSHAKE, "< S. 700:700(0) ack 1")
    assert (events[-1].stream, events[-1].seq) == (0, 0)
    assert "reused_ports" in events[-1].analysis


def test_limit_evicts_the_quietest_flows_and_counts_them() -> None:
    tracker = FlowTracker(limit=32)
    for port in range(32):
        tracker.receive_segment(from_port(1_000 + port, time_ns=port))
    tracker.receive_segment(from_port(1_000, time_ns=99))
    tracker.receive_segment(from_port(2_000, time_ns=100))
    assert tracker.evicted == 3
    assert len(tracker.flows()) == 30
    assert tracker.flow(from_port(1_000).ends) is not None
    assert tracker.flow(from_port(1_001).ends) is None
    assert [flow.stream for flow in tracker.flows()] == [0, *range(4, 33)]


REFUSED = ("> S 0:0(0)", "< R. 0:0(0) ack 1")


def test_limit_evicts_closed_flows_before_idle_flows() -> None:
    tracker = FlowTracker(limit=3)
    tracker.receive_segment(from_port(1_000, time_ns=0))
    for line in segments(REFUSED):
        tracker.receive_segment(line)
    for port in (2_000, 2_001):
        tracker.receive_segment(from_port(port, time_ns=2 * START_NS))
    assert [flow.stream for flow in tracker.flows()] == [0, 2, 3]


def test_expire_forgets_closed_flows_without_on_evict() -> None:
    let_go: list[Flow] = []
    tracker = FlowTracker(on_evict=let_go.extend)
    tracker.receive_segment(from_port(1_000, time_ns=0))
    for line in segments(REFUSED):
        tracker.receive_segment(line)
    for living, before_ns in (
        ((), START_NS),
        ((CLIENT_FIRST,), 2 * START_NS),
        ((reversed_ends(CLIENT_FIRST),), 2 * START_NS),
    ):
        tracker.expire(before_ns, living)
        assert len(tracker.flows()) == 2
    tracker.expire(2 * START_NS)
    assert [flow.stream for flow in tracker.flows()] == [0]
    assert (tracker.flow(CLIENT_FIRST), tracker.evicted, let_go) == (None, 0, [])


def test_limit_evicts_an_older_flow_but_not_its_successor() -> None:
    tracker = FlowTracker(limit=2)
    for line in (*segments(HANDSHAKE[:1]), *segments(["> S 700:700(0)"], start_ns=START_NS + 9)):
        tracker.receive_segment(line)
    tracker.receive_segment(from_port(2_000, time_ns=2 * START_NS))
    assert [flow.stream for flow in tracker.flows()] == [1, 2]
    assert tracker.flow(CLIENT_FIRST) == (tracker.flows()[0], 0)


def test_connection_with_itself_has_one_flow() -> None:
    tracker = FlowTracker()
    both = ends(SERVER, SERVER)
    for line in segments(["> S 0:0(0)", "> S. 0:0(0) ack 1"]):
        event = tracker.receive_segment(replace(line, ends=both))
    assert (len(tracker.flows()), event.side) == (1, 0)


def test_limit_evicts_a_connection_with_itself() -> None:
    tracker = FlowTracker(limit=1)
    tracker.receive_segment(segment(ends=ends(SERVER, SERVER)))
    tracker.receive_segment(from_port(2_000, time_ns=1))
    assert (tracker.evicted, tracker.flow(ends(SERVER, SERVER))) == (1, None)


def test_limit_evicts_both_flows_of_a_four_tuple_where_time_goes_back() -> None:
    tracker = FlowTracker(limit=17)
    for line in (*segments(HANDSHAKE[:1]), *segments(["> S 700:700(0)"], start_ns=0)):
        tracker.receive_segment(line)
    for port in range(16):
        tracker.receive_segment(from_port(2_000 + port, time_ns=2 * START_NS))
    assert (tracker.evicted, tracker.flow(CLIENT_FIRST)) == (2, None)


def test_limit_evicts_a_flood_before_a_quiet_connection() -> None:
    tracker = FlowTracker(limit=32)
    for line in segments((*HANDSHAKE, "< . 1(0) ack 1")):
        tracker.receive_segment(line)
    for port in range(200):
        tracker.receive_segment(from_port(2_000 + port, time_ns=2 * START_NS + port))
    assert tracker.flow(CLIENT_FIRST) == (tracker.flows()[0], 0)
    assert tracker.evicted == tracker.evicted_open > 0


def test_limit_evicts_open_connections_where_there_is_nothing_else() -> None:
    tracker = FlowTracker(limit=2)
    for port in range(4):
        for line in segments(HANDSHAKE, start_ns=START_NS * (port + 1)):
            back = line.ends[0:4] == line.ends[4:8] and line.ends[8:10] == b"\x27\x0f"
            own = port.to_bytes(2)
            ends_of_port = line.ends[:10] + own if back else line.ends[:8] + own + line.ends[10:]
            tracker.receive_segment(replace(line, ends=ends_of_port))
    assert (tracker.evicted, tracker.evicted_open) == (2, 2)
    assert [flow.stream for flow in tracker.flows()] == [2, 3]


def test_limit_calls_on_evict_before_eviction() -> None:
    let_go: list[int] = []
    tracker = FlowTracker(limit=2, on_evict=lambda flows: let_go.extend(flow.stream for flow in flows))
    for port in range(3):
        tracker.receive_segment(from_port(1_000 + port, time_ns=port))
    assert let_go == [0]


fields = st.integers(min_value=0, max_value=2**32 - 1) | st.integers(min_value=990, max_value=1_010)
wild_segments = st.builds(
    segment,
    time_ns=st.integers(min_value=0, max_value=10**9),
    ends=st.sampled_from([CLIENT_FIRST, reversed_ends(CLIENT_FIRST)]),
    seq=fields,
    ack=fields,
    flags=st.integers(min_value=0, max_value=0x1FF),
    window=st.integers(min_value=0, max_value=0xFFFF),
    length=st.integers(min_value=0, max_value=3_000),
    option_bytes=st.binary(max_size=40),
)


@given(st.lists(wild_segments, max_size=30))
def test_any_segments_replayed_give_the_same_events(wild: list[Segment]) -> None:
    live, replay = FlowTracker(), FlowTracker()
    events = [live.receive_segment(one) for one in wild]
    assert [replay.receive_segment(replace(one)) for one in wild] == events
    for event in events:
        assert 0 <= event.seq < 2**32
        assert 0 <= event.ack < 2**32
        assert isinstance(event.src_state, State)
    for flow in live.flows():
        for side in (0, 1):
            tcb = flow.tcb(side)
            numbers = (tcb.iss, tcb.irs, tcb.snd_una, tcb.snd_nxt, tcb.rcv_nxt)
            assert all(number is None or 0 <= number < 2**32 for number in numbers)


def test_flow_that_is_held_goes_on_where_another_tracker_left_it() -> None:
    whole, events = tracked(*HANDSHAKE)
    begun, _ = tracked(*HANDSHAKE[:2])
    tracker = FlowTracker()
    tracker.register(begun.flows()[0])
    assert tracker.receive_segment(events[2].segment) == events[2]
    assert tracker.flows()[0].states == whole.flows()[0].states
    assert tracker.flow(CLIENT_FIRST) == (begun.flows()[0], 0)
    assert tracker.flow(reversed_ends(CLIENT_FIRST)) == (begun.flows()[0], 1)


def on(where: dict[str, object], *lines: str, isns: tuple[int, int]) -> list[Segment]:
    return [replace(line, **where) for line in segments(lines, isns)]


@pytest.mark.parametrize("ways", [({"link": 2}, {"link": 3}), ({"vlan": (10,)}, {"vlan": (20,)})])
def test_two_links_with_the_same_ends_have_a_flow_each(ways: tuple[dict[str, object], dict[str, object]]) -> None:
    lines = (*HANDSHAKE, "> P. 1:101(100) ack 1", "< . 1(0) ack 101")
    first = on(ways[0], *lines, isns=(1_000, 5_000))
    second = on(ways[1], *lines, isns=(70_000_000, 90_000_000))
    tracker = FlowTracker()
    events = [tracker.receive_segment(one) for both in zip(first, second, strict=True) for one in both]
    assert [event.stream for event in events] == [0, 1] * len(lines)
    assert [event.analysis for event in events] == [()] * len(events)
    assert [flow.opened for flow in tracker.flows()] == ["handshake"] * 2
    if link := ways[0].get("link"):
        assert tracker.flow(CLIENT_FIRST, 2) == (tracker.flows()[0], 0)
        assert tracker.flow(reversed_ends(CLIENT_FIRST), 3) == (tracker.flows()[1], 1)
        assert link == tracker.flows()[0].link
    tracker._forget([tracker.flows()[1]])
    assert tracker.flow(CLIENT_FIRST) == (tracker.flows()[0], 0)
    assert not tracker._apart


def test_four_tuple_used_again_on_one_link_is_no_other_link() -> None:
    again = on({"link": 2}, "> S 0:0(0)", isns=(70_000_000, 1))
    tracker = FlowTracker()
    for one in on({"link": 2}, *HANDSHAKE, isns=(1_000, 5_000)):
        tracker.receive_segment(one)
    assert tracker.receive_segment(again[0]).analysis == ("reused_ports",)


def test_answers_that_come_another_way_are_of_the_same_flow() -> None:
    tracker = FlowTracker()
    for one in segments(HANDSHAKE):
        event = tracker.receive_segment(replace(one, link=2 if one.ends == CLIENT_FIRST else 3))
    assert (event.stream, len(tracker.flows())) == (0, 1)


def test_four_tuple_used_again_on_one_of_two_links() -> None:
    tracker = FlowTracker()
    for where, isns in (({"link": 2}, (1_000, 5_000)), ({"link": 3}, (70_000_000, 90_000_000))):
        for one in on(where, *HANDSHAKE, isns=isns):
            tracker.receive_segment(one)
    events = [tracker.receive_segment(one) for one in on({"link": 3}, *HANDSHAKE, isns=(900_000_000, 1_900_000_000))]
    assert [event.stream for event in events] == [2, 2, 2]
    assert events[0].analysis == ("reused_ports",)
    (late,) = on({"link": 2}, "> P. 1:101(100) ack 1", isns=(1_000, 5_000))
    assert tracker.receive_segment(late).stream == 0


@pytest.mark.parametrize("ways", [({"link": 2}, {"link": 3}), ({"vlan": (10,)}, {"vlan": (20,)})])
@pytest.mark.parametrize("answer_first", [False, True])
def test_two_links_whose_syns_were_not_seen_have_a_flow_each(
    ways: tuple[dict[str, object], dict[str, object]], answer_first: bool
) -> None:
    lines = ["> P. 1:101(100) ack 1", "< . 1(0) ack 101", "> P. 101:201(100) ack 1"]
    first = on(ways[0], *lines, isns=(1_000, 5_000))
    second = on(ways[1], *lines[answer_first:], isns=(1_070_000_000, 2_090_000_000))
    tracker = FlowTracker()
    events = [tracker.receive_segment(one) for one in (*first, *second, first[1])]
    assert [event.stream for event in events] == [0] * len(first) + [1] * len(second) + [0]
    assert all(not event.analysis for event in events[:-1])


def test_connection_that_moves_to_another_link_is_one_flow() -> None:
    tracker = FlowTracker()
    for one in on({"link": 2}, *HANDSHAKE, "> P. 1:101(100) ack 1", isns=(1_000, 5_000)):
        tracker.receive_segment(one)
    far = "> P. 900000001:900000101(100) ack 1"  # the capture lost much of one direction
    assert [tracker.receive_segment(one).stream for one in on({"link": 3}, far, isns=(1_000, 5_000))] == [0]
