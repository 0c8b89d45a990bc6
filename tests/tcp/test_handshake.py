"""RSTs in every state, and what no scenario tells; tests/scenarios has the openings and the closings."""

import pytest

from tcpwatch.tcp.event import Event, Step
from tcpwatch.tcp.handshake import Closed, Opened
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tracker import FlowTracker
from tests.tcp.trace import segments

OPEN = ("> S 0:0(0) win 1000", "< S. 0:0(0) ack 1 win 1000", "> . 1(0) ack 1 win 1000")
FIRST_FIN = (*OPEN, "> F. 1(0) ack 1 win 1000")

# What the responder does before the initiator's RST at RCV.NXT, and the responder's state then.
BEFORE = {
    State.LISTEN: (OPEN[:1], "> R 1(0)", State.LISTEN),
    State.SYN_RECEIVED: (OPEN[:2], "> R 1(0)", State.LISTEN),
    State.ESTABLISHED: (OPEN, "> R 1(0)", State.CLOSED),
    State.CLOSE_WAIT: ((*FIRST_FIN, "< . 1(0) ack 2 win 1000"), "> R 2(0)", State.CLOSED),
    State.LAST_ACK: ((*FIRST_FIN, "< F. 1(0) ack 2 win 1000"), "> R 2(0)", State.CLOSED),
    State.FIN_WAIT_1: ((*OPEN, "< F. 1(0) ack 1 win 1000"), "> R 1(0)", State.CLOSED),
    State.FIN_WAIT_2: ((*OPEN, "< F. 1(0) ack 1 win 1000", "> . 1(0) ack 2"), "> R 1(0)", State.CLOSED),
    State.CLOSING: ((*FIRST_FIN, "< F. 1(0) ack 1 win 1000"), "> R 2(0)", State.CLOSED),
    State.TIME_WAIT: ((*OPEN, "< F. 1(0) ack 1", "> F. 1(0) ack 2", "< . 2(0) ack 2"), "> R 2(0)", State.CLOSED),
}


def followed(*lines: str) -> tuple[FlowTracker, list[Event]]:
    tracker = FlowTracker()
    return tracker, [tracker.receive_segment(segment) for segment in segments(lines)]


@pytest.mark.parametrize("state", BEFORE)
def test_rst_at_rcv_nxt_in_state(state: State) -> None:
    lines, rst, after = BEFORE[state]
    _, events = followed(*lines, rst)
    last, reset = events[-2:]
    assert state in (last.src_state, last.dst_state)
    assert (reset.step, reset.src_state, reset.dst_state) == (Step.RST, State.CLOSED, after)


@pytest.mark.parametrize("state", [state for state in BEFORE if state not in (State.LISTEN, State.SYN_RECEIVED)])
def test_rst_outside_the_window_in_state_changes_nothing(state: State) -> None:
    tracker, events = followed(*BEFORE[state][0], "> R 500000(0)")
    assert {events[-1].src_state, events[-1].dst_state} == {events[-2].src_state, events[-2].dst_state}
    assert events[-1].note == "RST outside the window: ignored"
    assert tracker.flows()[0].closed is not Closed.RESET


def test_rst_below_rcv_nxt_is_outside_the_window() -> None:
    _, events = followed(*OPEN, "> . 1:101(100) ack 1", "< . 1(0) ack 101 win 1000", "> R 100(0)")
    assert events[-1].note == "RST outside the window: ignored"


def test_rst_after_data_not_yet_acknowledged_is_exact() -> None:
    _, events = followed(*OPEN, "> . 1:101(100) ack 1", "> R 101(0)")
    assert (events[-1].dst_state, events[-1].note) == (State.CLOSED, "aborted")


def test_rst_to_an_end_that_never_spoke_is_taken() -> None:
    _, events = followed("> . 1:101(100) ack 1", "> R 7777(0)")
    assert events[-1].dst_state is State.CLOSED


def test_rst_window_of_unknown_scale_is_the_raw_field() -> None:
    lines = ("> . 1:101(100) ack 1", "< . 1(0) ack 101 win 50")
    assert "challenged" in (followed(*lines, "> R 150(0)")[1][-1].note or "")
    assert "outside" in (followed(*lines, "> R 151(0)")[1][-1].note or "")


def test_challenge_with_data_is_no_challenge_ack() -> None:
    _, events = followed(*OPEN, "< R 500(0)", "> . 1:11(10) ack 1")
    assert events[-1].note is None


def test_ack_of_a_fin_after_a_refused_rst_is_a_step() -> None:
    _, events = followed(*OPEN, "< F. 1(0) ack 1", "< R 500(0)", "> . 1(0) ack 2")
    assert (events[-1].step, events[-1].dst_state) == (Step.FIN_ACKED, State.FIN_WAIT_2)


def test_challenge_is_forgotten_after_one_segment() -> None:
    _, events = followed(*OPEN, "< R 500(0)", "> . 1(0) ack 1 win 1000", "> . 1(0) ack 1 win 1000")
    assert [event.note is not None for event in events[-2:]] == [True, False]


def test_challenge_answered_once_leaves_the_close_its_steps() -> None:
    _, events = followed(*OPEN, "< R 500(0)", "> . 1(0) ack 1 win 1000", "< F. 1(0) ack 1", "> . 1(0) ack 2")
    assert events[-1].step is Step.FIN_ACKED


def test_rst_in_syn_received_of_a_simultaneous_open_closes() -> None:
    _, events = followed("> S 0:0(0)", "< S 0:0(0)", "> S. 0:0(0) ack 1", "< R 1(0)")
    assert (events[-1].src_state, events[-1].dst_state) == (State.CLOSED, State.CLOSED)


def test_refused_twice_with_the_same_isn_is_refused() -> None:
    tracker, events = followed("> S 0:0(0)", "< R. -5000(0) ack 1", "+500 > S 0:0(0)", "< R. -5000(0) ack 1")
    assert [event.note for event in events] == [None, "refused", None, "refused"]
    assert tracker.flows()[0].opened is Opened.REFUSED


def test_accepted_after_a_refusal_with_the_same_isn_opens() -> None:
    tracker, events = followed("> S 0:0(0)", "< R. -5000(0) ack 1", "+500 > S 0:0(0)", *OPEN[1:])
    assert events[-1].step is Step.HANDSHAKE_ACK
    flow = tracker.flows()[0]
    assert (flow.state(0), flow.state(1)) == (State.ESTABLISHED, State.ESTABLISHED)
    assert (flow.opened, flow.closed, flow.closed_by) == (Opened.HANDSHAKE, None, None)


def test_data_that_completes_the_handshake_is_its_third_step() -> None:
    _, events = followed(*OPEN[:2], "> P. 1:11(10) ack 1")
    assert events[-1].step is Step.HANDSHAKE_ACK


def test_fin_without_ack_moves_nothing() -> None:
    _, events = followed(*OPEN, "> F 1(0)")
    assert (events[-1].step, events[-1].src_state) == (None, State.ESTABLISHED)


def test_data_that_acknowledges_the_fin_is_the_second_step() -> None:
    _, events = followed(*FIRST_FIN, "< P. 1:11(10) ack 2")
    assert (events[-1].step, events[-1].dst_state) == (Step.FIN_ACKED, State.FIN_WAIT_2)


def test_fin_of_an_end_that_goes_on_is_repeated_as_it_was() -> None:
    _, events = followed(*FIRST_FIN, "< F. 1(0) ack 2", "< F. 1(0) ack 2", "> . 2(0) ack 2")
    assert [event.step for event in events[-3:]] == [Step.FIN_ACK, Step.FIN_ACK, Step.PEER_FIN_ACKED]


def test_rst_forged_twice_at_one_number_is_still_outside_the_window() -> None:
    tracker, events = followed(*OPEN, "> R 500000(0)", "> R. 500000(0) ack 9000")
    assert [event.note for event in events[-2:]] == ["RST outside the window: ignored"] * 2
    assert (tracker.flows()[0].tcb(0).snd_nxt, tracker.flows()[0].tcb(1).snd_una) == (1_001, 5_001)
