"""A flow, frozen and seen from either end."""

from tcpwatch.tcp.flow import Flow
from tcpwatch.tcp.flow_facts import FlowFacts
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import SYN
from tests.builders import CLIENT, SERVER, ends, segment


def test_flow_is_seen_from_either_end() -> None:
    syn = segment(flags=SYN, ack=0, ends=ends(CLIENT, SERVER))
    flow = Flow(7, syn.ends, syn)
    flow.receive(syn, 0)
    here, there = FlowFacts.of(flow, 0), FlowFacts.of(flow, 1)
    assert (here.stream, here.initiator_is_here, there.initiator_is_here) == (7, True, False)
    assert (here.segs, there.segs) == ((1, 0), (0, 1))
    assert (here.here_state, there.there_state) == (State.SYN_SENT, State.SYN_SENT)
    flow.analysis["zero_window"] = 1
    assert "zero_window" not in here.analysis
