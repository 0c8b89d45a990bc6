"""What of the wire passes a filter."""

from collections.abc import Mapping

import pytest

from tcpwatch.monitor.filter.language import compile_filter
from tcpwatch.monitor.filter.segments import WireFilter
from tcpwatch.monitor.snapshot import Connection, Snapshot
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.wire.segment import SYN
from tests.builders import CLIENT, SERVER, connection, ends, event, segment

FROM_CLIENT, FROM_SERVER = ends(CLIENT, SERVER), ends(SERVER, CLIENT)
ELSEWHERE = ends(("10.0.0.1", 40_000), ("10.0.0.2", 80))
WAITING = event(ends=FROM_CLIENT, stream=3, src_state=State.FIN_WAIT_2, dst_state=State.CLOSE_WAIT)


def wire_filter(text: str) -> WireFilter:
    return WireFilter(compile_filter(text))


def picture(by_ends: Mapping[bytes, Connection]) -> Snapshot:
    return Snapshot(0, 0, tuple(by_ends.values()), {}, by_ends, (), 0, 0)


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("port:9999", True),
        ("port:53412", True),
        ("host:127.0.0.1", True),
        ("state:close-wait", True),
        ("state:fin-wait-2", True),
        ("state:established", False),
        ("port:9998", False),
        ("proc:java", False),
        ("recvq>0", False),
        ("age>60s", False),
        ("age<60s", False),
        ("", True),
    ],
)
def test_segment_passes_by_what_the_wire_tells_of_either_end(text: str, passes: bool) -> None:
    assert wire_filter(text).passes(WAITING) is passes


def test_flow_passes_by_the_states_that_it_has_come_to() -> None:
    tracker = FlowTracker()
    tracker.receive_segment(segment(flags=SYN))
    [flow] = tracker.flows()
    assert wire_filter("state:syn-sent port:9999").passes_flow(flow)
    assert not wire_filter("state:established").passes_flow(flow)


def test_stream_passes_by_its_socket_at_either_end() -> None:
    owned = picture({FROM_SERVER: connection(ends=FROM_SERVER)})
    events = [WAITING, event(ends=ELSEWHERE, stream=4)]
    assert wire_filter("proc:java").streams(events, owned) == {3}
    assert wire_filter("state:close-wait").streams(events, owned) == set()  # the socket is ESTABLISHED by now
    assert wire_filter("not proc:java").streams(events, owned) == {4}


def test_stream_without_a_socket_passes_by_its_newest_segment() -> None:
    opening = event(ends=FROM_CLIENT, stream=3, src_state=State.SYN_SENT, dst_state=State.LISTEN)
    assert wire_filter("state:syn-sent").streams([opening], picture({})) == {3}
    assert wire_filter("state:syn-sent").streams([opening, WAITING], picture({})) == set()
