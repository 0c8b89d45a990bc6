"""Connections out of a log as ladders."""

from tcpwatch.cli.ladders import choose_ladders, ladder_between, remarks_of
from tcpwatch.diagnose.problem import Problem, Severity
from tcpwatch.monitor.snapshot import Connection
from tcpwatch.report.ladder import MOST_RUNGS
from tcpwatch.report.records.problems import ReportedProblem
from tcpwatch.tcp.event import Step
from tcpwatch.tcp.flow import Flow
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.wire.segment import endpoints, reversed_ends
from tests.builders import CLIENT, SERVER, connection, ends
from tests.narration.test_ladder import log_of, traced
from tests.narration.traces import OPENING
from tests.tcp.trace import segments

BOTH = ends(CLIENT, SERVER)


def test_ladder_has_states_and_labels_of_both_ends() -> None:
    events = traced(*OPENING)
    drawn = ladder_between(log_of(*events), events[0].segment.ends, str)
    assert drawn is not None
    assert drawn.names == ("the client", "the server")
    assert drawn.begins == (State.CLOSED, State.LISTEN)
    assert [rung.side for rung in drawn.rungs] == [0, 1, 0]
    assert drawn.rungs[1].states == (State.ESTABLISHED, State.SYN_RECEIVED)
    assert drawn.rungs[1].changed == (True, True)
    assert drawn.rungs[0].label.startswith(Step.SYN)
    assert drawn.left_out == 0


def test_connection_without_a_segment_has_no_ladder() -> None:
    assert ladder_between(log_of(), BOTH, str) is None


def test_long_connection_keeps_its_beginning_and_its_end() -> None:
    opening = traced(*OPENING)
    events = [*opening, *[opening[-1]] * 100]
    drawn = ladder_between(log_of(*events), opening[0].segment.ends, str)
    assert drawn is not None
    assert len(drawn.rungs) == MOST_RUNGS
    assert drawn.left_out == 103 - MOST_RUNGS
    assert drawn.rungs[drawn.gap - 1].label


def reported(*members: Connection) -> ReportedProblem:
    return ReportedProblem(Problem(Severity.WARN, "it leaks"), 0, members)


def flow_of(*lines: str) -> Flow:
    tracker = FlowTracker()
    for segment in segments(lines):
        tracker.receive_segment(segment)
    return next(iter(tracker.flows()))


def test_members_of_problems_are_drawn_where_they_were_captured() -> None:
    log = log_of(*traced(*OPENING))
    here, elsewhere = connection(ends=log.slice(0)[1][0].segment.ends), connection(ends=ends(SERVER, ("10.0.0.9", 1)))
    ladders, of_problems = choose_ladders(log, [reported(elsewhere), reported(elsewhere, here)], (), str)
    assert len(ladders) == 1
    assert of_problems == {1: [0]}


def test_both_ends_of_a_connection_are_drawn_once() -> None:
    log = log_of(*traced(*OPENING))
    first = log.slice(0)[1][0].segment.ends
    both = (connection(ends=first), connection(ends=reversed_ends(first)))
    ladders, of_problems = choose_ladders(log, [reported(*both)], (), str)
    assert len(ladders) == 1
    assert of_problems == {0: [0]}


def test_listener_is_drawn_by_who_came_to_it() -> None:
    log = log_of(*traced(*OPENING))
    server = endpoints(log.slice(0)[1][0].segment.ends)[1]
    ladders, of_problems = choose_ladders(
        log, [reported(connection(ends=ends(server, ("0.0.0.0", 0)), state=State.LISTEN))], (), str
    )
    assert len(ladders) == 1
    assert of_problems == {0: [0]}
    other = connection(ends=ends((server.ip, server.port + 1), ("0.0.0.0", 0)), state=State.LISTEN)
    assert choose_ladders(log, [reported(other)], (), str) == ([], {})


def test_other_connections_are_drawn_only_where_something_is_wrong_with_them_or_nothing_else_is() -> None:
    log = log_of(*traced(*OPENING))
    assert len(choose_ladders(log, [], [flow_of(*OPENING)], str)[0]) == 1
    assert choose_ladders(log, [reported()], [flow_of(*OPENING)], str)[0] == []
    lossy = flow_of(*OPENING)
    lossy.analysis["retransmission"] = 1
    assert remarks_of(lossy) == 1
    assert len(choose_ladders(log, [reported()], [lossy], str)[0]) == 1
