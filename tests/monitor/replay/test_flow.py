"""One recorded connection at any moment: marks and ages by the file's clock, TCBs as the live tracker had them."""

from copy import deepcopy

import pytest

from tcpwatch.capture.frame import Frame
from tcpwatch.diagnose.half_close import HalfClose
from tcpwatch.monitor.history import MARK_NS
from tcpwatch.monitor.replay import flows
from tcpwatch.monitor.replay.flows import RecordedFlows
from tcpwatch.monitor.replay.spans import TWO_MSL_NS
from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.tcp.flow import Flow
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.wire.segment import ACK, FIN, PSH, RST, SYN
from tests.monitor.conversation import CLIENT_ENDS, CLIENT_ISN, HANDSHAKE, MS, SERVER_ISN, to_client, to_server
from tests.monitor.replaying import CONVERSATION, events_of

SECOND = 1000 * MS


class Alone(RecordedFlows):
    """The only connection of a file."""

    def rows(self, position: int, now_ns: int) -> tuple[Connection, ...]:
        return tuple(self.connections(position, now_ns))


def flow_of(*frames: Frame) -> tuple[Alone, list[Flow]]:
    """The connection, and the flow as the tracker had it after each event."""
    tracker = FlowTracker()
    live = []
    one = Alone()
    for event in events_of(frames, tracker):
        flow, _ = tracker.flow(CLIENT_ENDS) or (None, 0)
        assert flow is not None
        one.add(event)
        live.append(deepcopy(flow))
    return one, live


def marks(rows: tuple[Connection, ...]) -> list[tuple[State, Mark]]:
    return [(row.row.state, row.mark) for row in rows]


def test_rows_are_known_by_stream_and_side() -> None:
    one, _ = flow_of(*HANDSHAKE)
    client, server = one.rows(3, 2 * MS)
    assert (client.key, client.peer, server.key, server.peer) == (0, 1, 1, 0)
    assert client.row.ends == CLIENT_ENDS
    assert server.row.local == client.row.remote


def test_row_is_new_then_changed_then_unmarked() -> None:
    one, _ = flow_of(*HANDSHAKE)
    assert marks(one.rows(1, 0)) == [(State.SYN_SENT, Mark.NEW)]
    assert marks(one.rows(2, MS)) == [(State.ESTABLISHED, Mark.CHANGED), (State.SYN_RECEIVED, Mark.NEW)]
    assert marks(one.rows(3, MS + MARK_NS)) == [(State.ESTABLISHED, Mark.NONE), (State.ESTABLISHED, Mark.CHANGED)]
    assert marks(one.rows(3, 2 * MS + MARK_NS)) == [(State.ESTABLISHED, Mark.NONE)] * 2


def test_rows_that_settled_are_the_same_objects() -> None:
    one, _ = flow_of(*HANDSHAKE)
    earlier, later = one.rows(3, 10 * SECOND), one.rows(3, 20 * SECOND)
    assert all(row is same for row, same in zip(earlier, later, strict=True))


def test_closed_end_is_shown_as_gone_for_a_moment() -> None:
    one, _ = flow_of(*CONVERSATION)
    gone = one.rows(7, 10 * MS + MARK_NS - 1)[1]
    assert (gone.row.state, gone.mark, gone.since_ns) == (State.LAST_ACK, Mark.GONE, 9 * MS)
    assert marks(one.rows(7, 10 * MS + MARK_NS)) == [(State.TIME_WAIT, Mark.NONE)]


def test_peer_that_is_gone_is_no_peer() -> None:
    one, _ = flow_of(*CONVERSATION)
    assert [row.peer for row in one.rows(7, 10 * MS)] == [None, 0]


def test_age_counts_from_the_event_that_began_the_state() -> None:
    one, _ = flow_of(*CONVERSATION)
    assert [(row.since_ns, row.since_seen) for row in one.rows(5, 8 * MS)] == [(6 * MS, True), (5 * MS, True)]


def test_time_wait_is_over_after_two_maximum_segment_lifetimes() -> None:
    one, _ = flow_of(*CONVERSATION)
    assert len(one.rows(7, 9 * MS + TWO_MSL_NS - 1)) == 1
    assert one.rows(7, 9 * MS + TWO_MSL_NS) == ()


def test_connection_from_the_middle_has_an_age_of_at_least() -> None:
    one, _ = flow_of(
        to_server(5 * MS, PSH | ACK, 100, 200),
        to_client(6 * MS, ACK, 200, 100),
        to_server(7 * MS, FIN | ACK, 100, 200),
    )
    assert marks(one.rows(2, 6 * MS)) == [(State.ESTABLISHED, Mark.NONE)] * 2
    assert [(row.since_ns, row.since_seen) for row in one.rows(2, 6 * MS)] == [(5 * MS, False)] * 2
    assert [(row.since_ns, row.since_seen) for row in one.rows(3, 7 * MS)] == [(7 * MS, True)] * 2


def test_refused_connection_has_one_row_that_is_gone() -> None:
    one, _ = flow_of(to_server(0, SYN, CLIENT_ISN), to_client(MS, RST | ACK, 0, CLIENT_ISN + 1))
    assert marks(one.rows(2, MS)) == [(State.SYN_SENT, Mark.GONE)]
    client, server = one.ends_at(0, 2).both(0)
    assert client is not None
    assert server is not None
    assert (client.row.state, server.row.state) == (State.CLOSED, State.CLOSED)


def test_rows_end_where_another_connection_takes_the_four_tuple() -> None:
    again = to_server(11 * MS, SYN, CLIENT_ISN + 5_000)
    one, _ = flow_of(*CONVERSATION, again)
    assert [row.key for row in one.rows(7, 11 * MS)] == [0, 1]
    assert [row.key for row in one.rows(8, 11 * MS)] == [2]


def facts(flow: Flow) -> object:
    return (
        flow.stream, flow.tcb(0), flow.tcb(1), flow.opened, flow.closed, flow.closed_by, flow.handshake_rtt_ns,
        flow.completeness, flow.analysis, flow.last_ns, [(stream.segs, stream.retrans_segs) for stream in flow.streams],
    )  # fmt: skip


@pytest.mark.parametrize("every", [1, 2, 3, 1_024])
def test_flow_at_each_moment_equals_the_live_one(every: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows, "CHECKPOINT_EVENTS", every)
    again = to_client(9 * MS, FIN | ACK, SERVER_ISN + 1, CLIENT_ISN + 2)
    one, live = flow_of(*CONVERSATION[:6], again, CONVERSATION[6])
    for position in range(1, 9):
        assert facts(one.flow(0, position)) == facts(live[position - 1]), position


def test_flow_that_is_looked_at_leaves_the_checkpoint_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows, "CHECKPOINT_EVENTS", 2)
    one, _ = flow_of(*CONVERSATION)
    before = facts(one.flow(0, 3))
    one.flow(0, 7)
    assert facts(one.flow(0, 3)) == before


def test_close_wait_is_ordinary_while_it_is_new_or_sends() -> None:
    one, _ = flow_of(
        to_server(0, PSH | ACK, 100, 200, payload=b"ask"),
        to_server(MS, FIN | ACK, 103, 200),
        to_client(2 * MS, ACK, 200, 104),
        to_client(5 * SECOND, PSH | ACK, 200, 104, payload=b"answer"),
    )
    states = {now_ns: [row.half_close for row in one.rows(4, now_ns)][1] for now_ns in (6 * SECOND, 20 * SECOND)}
    assert states == {6 * SECOND: HalfClose(True, SECOND), 20 * SECOND: None}
    assert [row.half_close for row in one.rows(3, SECOND)] == [None, HalfClose(False)]
    assert [row.half_close for row in one.rows(3, 4 * SECOND)] == [None, None]
