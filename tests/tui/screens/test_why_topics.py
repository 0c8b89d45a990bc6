from dataclasses import replace

import pytest

from tcpwatch.monitor.snapshot import Detail
from tcpwatch.sockets.extras import Extensions, Memory
from tcpwatch.sockets.row import Backlog, NoOwner, Timer, TimerKind
from tcpwatch.tcp.event import Step
from tcpwatch.tcp.state import State
from tcpwatch.tui.connections.grouping import Heading
from tcpwatch.tui.detail.fields import MEASURES, VARIABLES
from tcpwatch.tui.detail.tabs.tcb import SEND_WINDOW
from tcpwatch.tui.screens.why_topics import Selected, topics_of
from tcpwatch.why.topics import find_topic
from tcpwatch.wire.segment import ACK, FIN, PSH, SYN
from tests.builders import Told
from tests.tui.canned import TIME_NS, Conversation, connection, details, server_end

ENDS = server_end(53412)


def keys(selected: Selected) -> list[str]:
    return [topic.key for topic in topics_of(selected)]


@pytest.mark.parametrize("label", [label for label, _ in (*VARIABLES, *MEASURES)] + list(SEND_WINDOW))
def test_every_field_of_the_detail_is_explained(label: str) -> None:
    assert find_topic(label)


def test_heading_is_its_state() -> None:
    leaking = connection(1, ENDS, State.CLOSE_WAIT, 1)
    assert keys(Heading(State.CLOSE_WAIT, 1, leaking, False, None)) == ["CLOSE-WAIT"]


def test_connection_is_its_state_timer_and_queues() -> None:
    timer = Timer(TimerKind.PERSIST, 100, 0)
    assert keys(connection(1, ENDS, State.ESTABLISHED, 1, "java")) == ["ESTABLISHED"]
    stuck = connection(1, ENDS, State.ESTABLISHED, 1, "java", timer=timer, recv_q=1, send_q=2)
    assert keys(stuck) == ["ESTABLISHED", "persist", "Recv-Q", "Send-Q"]


def test_connection_closed_by_its_program_is_an_orphan() -> None:
    assert keys(connection(1, ENDS, State.FIN_WAIT_2, 1)) == ["FIN-WAIT-2", "orphan"]
    assert keys(connection(1, ENDS, State.FIN_WAIT_2, 1, no_owner=NoOwner.NEEDS_ROOT)) == ["FIN-WAIT-2"]
    assert keys(connection(1, ENDS, State.TIME_WAIT, 1)) == ["TIME-WAIT"]


def test_listener_is_its_queues() -> None:
    listener = connection(1, ENDS, State.LISTEN, 1, "java", backlog=Backlog(0, 128))
    assert keys(listener) == ["LISTEN", "accept queue", "half-open queue"]


def test_segment_is_its_step_before_its_flags_and_the_states_after_it() -> None:
    [event] = Conversation(0, 1, TIME_NS).say(1, SYN | ACK, 0, 1, step=Step.SYN_ACK).events
    assert keys(event) == ["2/3 SYN-ACK", "SYN", "ACK", "SYN-RECEIVED", "ESTABLISHED"]


def test_segment_without_a_step_is_what_analysis_says_and_what_it_carries() -> None:
    [event] = (
        Conversation(0, 1, TIME_NS)
        .say(0, PSH | ACK, 1, 1, length=9, analysis=("retransmission",), app="TLS ClientHello example.org")
        .events
    )
    assert keys(event) == ["retransmission", "TLS", "PSH", "ACK", "ESTABLISHED"]


def test_segment_without_flags_has_its_states() -> None:
    [event] = Conversation(0, 1, TIME_NS).say(0, 0, 1, 1).events
    assert keys(event) == ["ESTABLISHED"]
    [event] = Conversation(0, 1, TIME_NS).say(0, FIN, 1, 1, app="GET / HTTP/1.1").events
    assert keys(event) == ["HTTP", "FIN", "ESTABLISHED"]


def test_detail_is_both_states_then_its_fields() -> None:
    [detail] = details().values()
    found = keys(detail)
    assert found[:3] == ["CLOSE-WAIT", "FIN-WAIT-2", "Recv-Q"]
    assert {"SND.UNA", "RTO", "MSS", "in flight", "usable", "Recv-Q"} <= set(found)
    assert len(set(found)) == len(found)


def test_detail_with_memory_and_congestion_control() -> None:
    extensions = Extensions(memory=Memory(), congestion="bbr")
    with_extensions = connection(1, ENDS, State.ESTABLISHED, 1, attributes=Told(extensions))
    assert keys(Detail(ENDS, with_extensions, None, (), (), None, None, None, ())) == [
        "ESTABLISHED",
        "memory",
        "congestion control",
    ]


def test_detail_of_one_socket_takes_the_peers_state_and_the_analysis_from_the_wire() -> None:
    [detail] = details().values()
    assert detail.flow
    seen = replace(detail.flow, there_state=State.TIME_WAIT, analysis={"zero_window": 1})
    assert keys(replace(detail, peer=None, flow=seen))[:2] == ["CLOSE-WAIT", "TIME-WAIT"]
    assert "zero_window" in keys(replace(detail, peer=None, flow=seen))


def test_detail_without_a_tcb_has_no_fields() -> None:
    bare = Detail(ENDS, connection(1, ENDS, State.TIME_WAIT, 1), None, (), (), None, None, None, ())
    assert keys(bare) == ["TIME-WAIT"]


def test_segment_with_a_note_is_what_the_note_says() -> None:
    [event] = Conversation(0, 1, TIME_NS).say(1, ACK, 0, 1, note="bad TCP checksum: a receiver drops it").events
    assert keys(event)[0] == "checksum"
