"""Many connections in columns: which is found, and what a long one looks like at each moment."""

from dataclasses import replace

from tcpwatch.monitor.replay.flows import CHECKPOINT_EVENTS, RecordedFlows
from tcpwatch.tcp.tracker import FAR, FlowTracker
from tcpwatch.wire.segment import ACK, PSH, SYN, reversed_ends
from tests.monitor.conversation import CLIENT_ENDS, CLIENT_ISN, HANDSHAKE, MS, SERVER_ISN, to_client, to_server
from tests.monitor.replaying import events_of

REUSE = (*HANDSHAKE, to_server(20 * MS, SYN, 5_000), to_server(21 * MS, SYN, 5_000))


def test_newest_connection_that_has_begun_is_found_in_either_order_of_its_ends() -> None:
    flows = RecordedFlows()
    for event in events_of(REUSE, FlowTracker()):
        flows.add(event)
    for ends in (CLIENT_ENDS, reversed_ends(CLIENT_ENDS)):
        assert [flows.find(ends, position) for position in range(6)] == [None, 0, 0, 0, 1, 1]
    assert flows.find(b"nobody's ends, so", 5) is None
    assert [flows.begun(position) for position in range(6)] == [0, 1, 1, 1, 2, 2]


def test_connection_on_another_link_replaces_none() -> None:
    flows, tracker = RecordedFlows(), FlowTracker()
    segments = [event.segment for event in events_of(HANDSHAKE, FlowTracker())]
    for link in (1, 2):
        for segment in segments:
            apart = replace(segment, link=link, seq=segment.seq + link * FAR)
            flows.add(tracker.receive_segment(replace(apart, ack=segment.ack + link * FAR if segment.ack else 0)))
    first, second = flows.streams
    assert [flows.find(CLIENT_ENDS, 6, stream) for stream in (first, second, None, 99)] == [0, 1, 1, 1]
    assert flows.find(CLIENT_ENDS, 3, second) == 0
    assert [connection.key >> 1 for connection in flows.connections(6, 9 * MS)] == [first, first, second, second]


def test_long_connection_is_at_each_moment_as_if_it_were_read_alone() -> None:
    """All of its events come from one batch, so the tracker is far ahead of each."""
    talk = []
    for number in range(CHECKPOINT_EVENTS):
        at = number * 4
        talk.append(to_server(number * MS, PSH | ACK, CLIENT_ISN + 1 + at, SERVER_ISN + 1, payload=b"ping"))
        talk.append(to_client(number * MS, ACK, SERVER_ISN + 1, CLIENT_ISN + 5 + at))
    flows = RecordedFlows()
    events = list(events_of((*HANDSHAKE, *talk), FlowTracker()))
    for event in events:
        flows.add(event)
    for position in (1, CHECKPOINT_EVENTS - 1, CHECKPOINT_EVENTS, CHECKPOINT_EVENTS + 1, len(events)):
        alone = FlowTracker()
        for event in events[:position]:
            alone.receive_segment(event.segment)
        flow, _ = alone.flow(CLIENT_ENDS) or (None, 0)
        held = flows.flow(0, position)
        assert flow is not None
        assert (held.analysis, held.tcb(0), held.tcb(1)) == (flow.analysis, flow.tcb(0), flow.tcb(1))
        assert [stream.segs for stream in held.streams] == [stream.segs for stream in flow.streams]
