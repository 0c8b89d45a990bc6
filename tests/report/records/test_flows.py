import json
from typing import Any

from tcpwatch.report.records.flows import FLOWS
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.wire.segment import ACK, RST, SYN, Segment
from tests.builders import CLIENT, SERVER, ends, segment

FLOW_KEYS = (
    "stream initiator responder completeness opened closed closed_by handshake_rtt_ns first_ns last_ns analysis"
    " interface vlan"
)
END_KEYS = "ip port state isn bytes segs retrans_segs fin rst"


def flow(*segments: Segment) -> dict[str, Any]:
    tracker = FlowTracker()
    for each in segments:
        tracker.receive_segment(each)
    loaded: dict[str, Any] = json.loads(json.dumps(FLOWS.as_dict(tracker.flows()[0])))
    return loaded


def test_flow_has_the_promised_keys_in_order() -> None:
    found = flow(segment())
    assert list(found) == FLOW_KEYS.split()
    assert list(found["initiator"]) == list(found["responder"]) == END_KEYS.split()


def test_flow_that_was_refused() -> None:
    there, back = ends(CLIENT, SERVER), ends(SERVER, CLIENT)
    found = flow(
        segment(ends=there, flags=SYN, seq=1000, ack=0, time_ns=5),
        segment(ends=back, flags=RST | ACK, seq=0, ack=1001, time_ns=9),
    )
    assert (found["opened"], found["closed"], found["closed_by"]) == ("refused", "reset", "responder")
    assert (found["first_ns"], found["last_ns"]) == (5, 9)
    assert (found["initiator"]["port"], found["initiator"]["isn"], found["initiator"]["rst"]) == (53412, 1000, False)
    assert (found["responder"]["ip"], found["responder"]["isn"], found["responder"]["rst"]) == ("127.0.0.1", None, True)


def test_flow_counts_payload_and_analysis() -> None:
    found = flow(segment(length=10), segment(length=10), segment(seq=1010, length=5, window=0))
    assert (found["initiator"]["bytes"], found["initiator"]["segs"], found["initiator"]["retrans_segs"]) == (25, 3, 1)
    assert found["analysis"] == {"retransmission": 1, "zero_window": 1}
    assert (found["closed"], found["closed_by"]) == (None, None)


def test_flow_names_where_its_first_segment_was_captured() -> None:
    found = flow(segment(link=3, vlan=(100, 7)))
    assert (found["interface"], found["vlan"]) == (3, [100, 7])
    assert (flow(segment())["interface"], flow(segment(link=1 << 100))["interface"]) == (None, None)
