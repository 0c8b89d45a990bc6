from tcpwatch.narration import step as module
from tcpwatch.narration.delivery import Proof
from tcpwatch.narration.step import NarratedSegments, corrected
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tracker import FlowTracker
from tests.builders import event
from tests.narration.traces import OPENING, segments_of
from tests.tcp.trace import segments


def test_segment_of_a_syn_finds_nothing_and_a_listener() -> None:
    first, *_ = segments_of(*OPENING)
    assert first.before == (State.CLOSED, State.LISTEN)
    assert first.after == (State.SYN_SENT, State.LISTEN)
    assert first.moves
    assert first.opened


def test_segment_finds_what_the_one_before_left_seen_from_its_own_sender() -> None:
    _, second, third = segments_of(*OPENING)
    assert second.before == (State.LISTEN, State.SYN_SENT)
    assert third.before == (State.ESTABLISHED, State.SYN_RECEIVED)


def test_segment_without_a_change_moves_nothing() -> None:
    assert not segments_of(*OPENING, "> P. 1:15(14) ack 1")[-1].moves


def test_segment_from_the_middle_knows_nothing_of_before() -> None:
    first, second = segments_of("> P. 1:15(14) ack 1", "< . 1:1(0) ack 15")
    assert (first.before, first.opened, first.moves) == (None, False, False)
    assert second.before == (State.ESTABLISHED, State.ESTABLISHED)


def test_segment_of_a_syn_ack_without_its_syn_knows_who_is_the_server() -> None:
    (only,) = segments_of("< S. 0:1(0) ack 1")
    assert (only.before, only.opened) == (None, True)


def test_segment_of_crossing_syns_has_no_client() -> None:
    first, second, third = segments_of("> S 0:1(0)", "< S 0:1(0)", "> S. 0:1(0) ack 1")
    assert [narrated.opened for narrated in (first, second, third)] == [True, False, False]


def test_segment_has_its_ends_initiator_first() -> None:
    first, second, _ = segments_of(*OPENING)
    assert first.ends == second.ends
    assert second.ends[1].port == 9999


def test_segment_again_is_a_retransmission() -> None:
    assert [narrated.again for narrated in segments_of("> S 0:1(0)", "+1000 > S 0:1(0)")] == [False, True]


def test_segments_keep_flows_apart() -> None:
    read = NarratedSegments()
    read.of(event(stream=0, src_state=State.FIN_WAIT_1, dst_state=State.CLOSE_WAIT))
    assert read.of(event(stream=1)).before is None
    assert read.of(event(stream=0, side=1)).before == (State.CLOSE_WAIT, State.FIN_WAIT_1)


def test_segments_forget_the_quietest_flow() -> None:
    read = NarratedSegments()
    for stream in range(module.FLOW_LIMIT):
        read.of(event(stream=stream))
    read.of(event(stream=0))
    read.of(event(stream=module.FLOW_LIMIT))
    assert read.of(event(stream=0)).before is not None
    assert read.of(event(stream=1)).before is None


def test_segment_of_a_syn_again_knows_that_its_sender_had_no_answer() -> None:
    again = segments_of("> S 0:1(0)", "< S. 0:1(0) ack 1", "+1000 > S 0:1(0)")[-1]
    assert again.after == (State.SYN_SENT, State.SYN_RECEIVED)
    assert again.proofs == (Proof(0, State.SYN_SENT),)


def test_segment_after_a_lost_answer_moves_its_receiver_once_more() -> None:
    answer = segments_of("> S 0:1(0)", "< S. 0:1(0) ack 1", "+1000 > S 0:1(0)", "< S. 0:1(0) ack 1")[-1]
    assert answer.before == (State.SYN_RECEIVED, State.SYN_SENT)
    assert answer.after == (State.SYN_RECEIVED, State.ESTABLISHED)


def test_segment_that_an_end_missed_leaves_it_where_it_was() -> None:
    syn_ack = segments_of(*OPENING)[1].not_received_by(0, State.SYN_SENT)
    assert syn_ack.lost
    assert syn_ack.after == (State.SYN_RECEIVED, State.SYN_SENT)


def test_corrected_holds_an_end_where_its_repetition_shows_it() -> None:
    *before, again = segments_of("> S 0:1(0)", "< S. 0:1(0) ack 1", "+1000 < S. 0:1(0) ack 1", "> S 0:1(0)")
    better = list(corrected(before, again))
    assert [narrated.state_of(0) for narrated in better] == [State.SYN_SENT] * 3
    assert [narrated.lost for narrated in better] == [False, True, True]
    assert [narrated.state_of(1) for narrated in better] == [State.LISTEN, State.SYN_RECEIVED, State.SYN_RECEIVED]


def test_corrected_leaves_what_came_before_the_end_was_there() -> None:
    closing = ("> F. 1:2(0) ack 1", "< . 1:1(0) ack 2", "< F. 1:2(0) ack 2", "> . 2:2(0) ack 2")
    *before, again = segments_of(*OPENING, *closing, "+300 < F. 1:2(0) ack 2")
    better = list(corrected(before, again))
    assert better[:6] == before[:6]
    assert (better[6].lost, better[6].state_of(1)) == (True, State.LAST_ACK)


def test_segment_that_was_sent_once_proves_nothing() -> None:
    assert [narrated.proofs for narrated in segments_of(*OPENING)] == [()] * 3


def test_segment_of_the_last_fin_again_is_still_in_last_ack() -> None:
    closing = ("> F. 1:2(0) ack 1", "< . 1:1(0) ack 2", "< F. 1:2(0) ack 2", "> . 2:2(0) ack 2")
    *_, last, again, answer = segments_of(*OPENING, *closing, "+300 < F. 1:2(0) ack 2", "> . 2:2(0) ack 2")
    assert last.after == (State.TIME_WAIT, State.CLOSED)
    assert again.after == (State.LAST_ACK, State.TIME_WAIT)
    assert answer.before == (State.TIME_WAIT, State.LAST_ACK)


def test_segment_of_an_rst_without_ack_to_a_syn_ack_was_never_a_connection() -> None:
    *before, disowned = segments_of(*OPENING[:2], "> R 1:1(0)")
    aborted = segments_of(*OPENING[:2], "> R. 1:1(0) ack 1")[-1]
    assert (disowned.rejects_syn_ack, disowned.before) == (True, (State.CLOSED, State.SYN_RECEIVED))
    assert (aborted.denies_connection, aborted.before) == (False, (State.ESTABLISHED, State.SYN_RECEIVED))
    assert [narrated.state_of(0) for narrated in corrected(before, disowned)] == [State.CLOSED] * 2


def test_segment_of_an_rst_without_ack_to_data_had_no_connection_when_the_data_came() -> None:
    closing = ("> F. 1:2(0) ack 1", "< . 1:1(0) ack 2")
    *before, disowned = segments_of(*OPENING, *closing, "< P. 1:8(7) ack 2", "> R 2:2(0)")
    assert (disowned.denies_connection, disowned.rejects_syn_ack) == (True, False)
    assert disowned.before == (State.CLOSED, State.CLOSE_WAIT)
    better = corrected(before, disowned)
    assert better[:5] == before[:5]
    assert better[5].after == (State.CLOSE_WAIT, State.CLOSED)


def test_segment_of_a_refusal_shows_that_nobody_listened() -> None:
    *before, refusal = segments_of("> S 0:1(0)", "< R. 0:0(0) ack 1")
    assert corrected(before, refusal)[0].after == (State.SYN_SENT, State.CLOSED)


def test_segments_of_crossing_syns_begin_at_two_closed_ends_and_know_no_client() -> None:
    *before, crossing = segments_of("> S 0:1(0)", "< S 0:1(0)")
    assert crossing.before == (State.CLOSED, State.SYN_SENT)
    assert crossing.after[0] is State.SYN_SENT
    (first,) = corrected(before, crossing)
    assert (first.after, first.opened) == ((State.SYN_SENT, State.CLOSED), False)


def test_segments_of_a_fin_that_comes_again_without_an_answer_were_not_heard() -> None:
    fins = ("> F. 1:2(0) ack 1", "+300 > F. 1:2(0) ack 1", "+600 > F. 1:2(0) ack 1")
    *before, last = segments_of(*OPENING, *fins)
    assert last.before == (State.FIN_WAIT_1, State.ESTABLISHED)
    assert last.after == (State.FIN_WAIT_1, State.CLOSE_WAIT)
    better = corrected(before, last)
    assert [narrated.state_of(1) for narrated in better[2:]] == [State.ESTABLISHED] * 3
    assert [narrated.lost for narrated in better[2:]] == [False, True, True]


def test_segment_of_a_fin_that_comes_again_after_an_answer_shows_the_answer_lost() -> None:
    lines = ("> F. 1:2(0) ack 1", "< . 1:1(0) ack 2", "+300 > F. 1:2(0) ack 1")
    *before, again = segments_of(*OPENING, *lines)
    assert again.proofs == (Proof(0, State.FIN_WAIT_1),)
    assert (corrected(before, again)[-1].lost, again.state_of(1)) == (True, State.CLOSE_WAIT)


def test_segments_of_crossing_fins_move_each_end_by_what_it_has_had() -> None:
    lines = ("> F. 1:2(0) ack 1", "< F. 1:2(0) ack 1", "> . 2:2(0) ack 2", "+300 < F. 1:2(0) ack 1")
    *before, again = segments_of(*OPENING, *lines)
    fin, crossing, ack = corrected(corrected(before[:4], before[4])[:4] + before[4:], again)[3:]
    assert (fin.lost, fin.state_of(1)) == (True, State.ESTABLISHED)
    assert crossing.before == (State.ESTABLISHED, State.FIN_WAIT_1)
    assert crossing.after == (State.FIN_WAIT_1, State.CLOSING)
    assert (ack.lost, ack.state_of(1)) == (True, State.FIN_WAIT_1)
    assert again.after == (State.FIN_WAIT_1, State.CLOSING)


def test_segment_of_a_fin_again_that_acknowledges_the_other_is_closing() -> None:
    again = segments_of(*OPENING, "> F. 1:2(0) ack 1", "< F. 1:2(0) ack 1", "+300 > F. 1:2(0) ack 2")[-1]
    assert again.after[0] is State.CLOSING


def test_segment_of_an_end_whose_fin_crossed_leaves_it_where_it_is_until_it_has_the_other() -> None:
    lines = (*OPENING, "> F. 1:2(0) ack 1", "< F. 1:2(0) ack 1")
    assert segments_of(*lines, "< . 2:2(0) ack 1")[-1].after[0] is State.FIN_WAIT_1
    assert segments_of(*lines, "< . 2:2(0) ack 2")[-1].after[0] is State.CLOSING
    assert segments_of(*lines, "< R. 2:2(0) ack 1")[-1].after[0] is State.CLOSED


def test_segment_of_a_fin_again_shows_the_other_end_where_its_own_fin_left_it() -> None:
    again = segments_of(*OPENING, "> F. 1:2(0) ack 1", "< F. 1:2(0) ack 1", "+300 > F. 1:2(0) ack 1")[-1]
    assert again.proofs == (Proof(0, State.FIN_WAIT_1), Proof(1, State.FIN_WAIT_1))


def test_segment_of_a_syn_ack_again_after_every_syn_was_answered_proves_that_it_was_not_heard() -> None:
    lines = (*OPENING[:2], "+1000 > S 0:1(0)", "< S. 0:1(0) ack 1", "+1000 < S. 0:1(0) ack 1")
    *_, answer, again = segments_of(*lines)
    assert (answer.answers, again.answers) == (True, False)
    assert again.proofs == (Proof(1, State.SYN_RECEIVED),)


def test_segment_of_a_syn_ack_that_answers_a_syn_again_proves_nothing() -> None:
    again = segments_of(*OPENING[:2], "+1000 > S 0:1(0)", "> . 1:1(0) ack 1", "< S. 0:1(0) ack 1")[-1]
    assert (again.answers, again.proofs) == (True, ())
    assert again.state_of(1) is State.ESTABLISHED


def test_segment_of_a_bare_ack_leaves_an_end_in_syn_sent() -> None:
    lines = ("> S 0:1(0)", "< S. 0:1(0) ack 1", "+1000 > S 0:1(0)", "< . 1:1(0) ack 1", "< S. 0:1(0) ack 1")
    *_, bare, answer = segments_of(*lines)
    assert (bare.state_of(0), answer.state_of(0)) == (State.SYN_SENT, State.ESTABLISHED)


def test_segment_of_an_rst_after_probes_without_an_answer_may_not_be_heard() -> None:
    probe = "+1000 > . 14:14(0) ack 1"
    data = (*OPENING, "> P. 1:15(14) ack 1", "< . 1:1(0) ack 15")
    given_up = segments_of(*data, probe, "> R. 15:15(0) ack 1")[-1]
    assert (given_up.gives_up, given_up.after) == (True, (State.CLOSED, State.ESTABLISHED))
    answered = segments_of(*data, probe, "< . 1:1(0) ack 15", "> R. 15:15(0) ack 1")[-1]
    assert (answered.gives_up, answered.after) == (False, (State.CLOSED, State.CLOSED))


def test_segment_of_an_end_by_hand_has_no_socket_there() -> None:
    read, tracker = NarratedSegments(by_hand=[53412]), FlowTracker()
    read_by_hand = [read.of(tracker.receive_segment(one)) for one in segments(OPENING)]
    assert [narrated.by_hand for narrated in read_by_hand] == [0] * 3
    assert [narrated.state_of(0) for narrated in read_by_hand] == [State.CLOSED] * 3
    assert [narrated.state_of(1) for narrated in read_by_hand] == [State.LISTEN, State.SYN_RECEIVED, State.ESTABLISHED]
