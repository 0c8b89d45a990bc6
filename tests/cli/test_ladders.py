"""Connections out of a log as ladders."""

from tcpwatch.cli.ladders import ladder_between
from tcpwatch.report.ladder import MOST_RUNGS
from tcpwatch.tcp.event import Step
from tcpwatch.tcp.state import State
from tests.builders import CLIENT, SERVER, ends
from tests.narration.test_ladder import log_of, traced
from tests.narration.traces import OPENING

BOTH = ends(CLIENT, SERVER)
EMPTY_ACK = "C S . 1:1(0) ack 1"


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
