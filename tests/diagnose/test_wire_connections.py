"""The connections of a capture while it is read."""

from tcpwatch.diagnose.wire_connections import WatchedConnections
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.wire.icmp import IcmpError
from tests.diagnose.wire.traces import OPEN
from tests.tcp.trace import CLIENT_FIRST, segments


def test_flow_that_is_let_go_of_is_judged_once_its_last_events_have_come() -> None:
    tracker = FlowTracker()
    connections = WatchedConnections(tracker.stream)
    events = [tracker.receive_segment(one) for one in segments([*OPEN, "< R. 1(0) ack 1"])]
    connections.watch(events[:3])
    assert list(connections.leave(tracker.flows())) == []
    connections.watch(events[3:])
    assert [key for key, _ in connections.finish(())] == [1]
    assert [one.rule for one in connections.problems.problems()] == ["reset-by-peer"]


def test_router_that_asks_for_smaller_segments_names_what_fits() -> None:
    tracker = FlowTracker()
    connections = WatchedConnections(tracker.stream)
    connections.watch(map(tracker.receive_segment, segments(OPEN)))
    connections.icmp_error(IcmpError(0, 3, 4, "10.0.0.254", CLIENT_FIRST, 1, 1_400), 9, 0, 0)
    assert [key for key, _ in connections.finish(tracker.flows())] == [0]
    [problem] = connections.problems.problems()
    assert problem.frames == (9,)
    assert (problem.rule, str(problem.evidence[0])) == ("path-mtu", "a router asks for 1,400 bytes at most (ICMP)")


def test_error_that_comes_before_the_events_of_its_batch_is_kept_for_them() -> None:
    tracker = FlowTracker()
    connections = WatchedConnections(tracker.stream)
    events = [tracker.receive_segment(one) for one in segments(OPEN)]
    connections.icmp_error(IcmpError(0, 3, 4, "10.0.0.254", CLIENT_FIRST, 1, 1_400), 9, 0, 0)
    connections.watch(events)
    assert [key for key, _ in connections.finish(tracker.flows())] == [0]
