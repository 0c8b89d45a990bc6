from tcpwatch.tcp.state import State
from tcpwatch.why import turns as module
from tcpwatch.why.turns import Turns, corrected
from tests.builders import event
from tests.why.told import OPENING, turns


def test_turn_of_a_syn_finds_nothing_and_a_listener() -> None:
    first, *_ = turns(*OPENING)
    assert first.before == (State.CLOSED, State.LISTEN)
    assert first.after == (State.SYN_SENT, State.LISTEN)
    assert first.moves
    assert first.opened


def test_turn_finds_what_the_one_before_left_seen_from_its_own_sender() -> None:
    _, second, third = turns(*OPENING)
    assert second.before == (State.LISTEN, State.SYN_SENT)
    assert third.before == (State.ESTABLISHED, State.SYN_RECEIVED)


def test_turn_without_a_change_moves_nothing() -> None:
    assert not turns(*OPENING, "> P. 1:15(14) ack 1")[-1].moves


def test_turn_from_the_middle_knows_nothing_of_before() -> None:
    first, second = turns("> P. 1:15(14) ack 1", "< . 1:1(0) ack 15")
    assert (first.before, first.opened, first.moves) == (None, False, False)
    assert second.before == (State.ESTABLISHED, State.ESTABLISHED)


def test_turn_of_a_syn_ack_without_its_syn_knows_who_is_the_server() -> None:
    (only,) = turns("< S. 0:1(0) ack 1")
    assert (only.before, only.opened) == (None, True)


def test_turn_of_crossing_syns_has_no_client() -> None:
    first, second, third = turns("> S 0:1(0)", "< S 0:1(0)", "> S. 0:1(0) ack 1")
    assert [turn.opened for turn in (first, second, third)] == [True, False, False]


def test_turn_has_its_ends_initiator_first() -> None:
    first, second, _ = turns(*OPENING)
    assert first.ends == second.ends
    assert second.ends[1].port == 9999


def test_turn_again_is_a_retransmission() -> None:
    assert [turn.again for turn in turns("> S 0:1(0)", "+1000 > S 0:1(0)")] == [False, True]


def test_turns_keep_flows_apart() -> None:
    read = Turns()
    read.of(event(stream=0, src_state=State.FIN_WAIT_1, dst_state=State.CLOSE_WAIT))
    assert read.of(event(stream=1)).before is None
    assert read.of(event(stream=0, side=1)).before == (State.CLOSE_WAIT, State.FIN_WAIT_1)


def test_turns_forget_the_quietest_flow() -> None:
    read = Turns()
    for stream in range(module.FLOWS):
        read.of(event(stream=stream))
    read.of(event(stream=0))
    read.of(event(stream=module.FLOWS))
    assert read.of(event(stream=0)).before is not None
    assert read.of(event(stream=1)).before is None


def test_turn_of_a_syn_again_knows_that_its_sender_had_no_answer() -> None:
    again = turns("> S 0:1(0)", "< S. 0:1(0) ack 1", "+1000 > S 0:1(0)")[-1]
    assert again.after == (State.SYN_SENT, State.SYN_RECEIVED)
    assert again.still is State.SYN_SENT


def test_turn_after_a_lost_answer_moves_its_receiver_once_more() -> None:
    answer = turns("> S 0:1(0)", "< S. 0:1(0) ack 1", "+1000 > S 0:1(0)", "< S. 0:1(0) ack 1")[-1]
    assert answer.before == (State.SYN_RECEIVED, State.SYN_SENT)
    assert answer.after == (State.SYN_RECEIVED, State.ESTABLISHED)


def test_turn_that_an_end_missed_leaves_it_where_it_was() -> None:
    syn_ack = turns(*OPENING)[1].missed(0, State.SYN_SENT)
    assert syn_ack.lost
    assert syn_ack.after == (State.SYN_RECEIVED, State.SYN_SENT)


def test_corrected_holds_an_end_where_its_repetition_shows_it() -> None:
    *before, again = turns("> S 0:1(0)", "< S. 0:1(0) ack 1", "+1000 < S. 0:1(0) ack 1", "> S 0:1(0)")
    better = list(corrected(before, again))
    assert [turn.state_of(0) for turn in better] == [State.SYN_SENT] * 3
    assert [turn.lost for turn in better] == [False, True, True]
    assert [turn.state_of(1) for turn in better] == [State.LISTEN, State.SYN_RECEIVED, State.SYN_RECEIVED]


def test_corrected_leaves_what_came_before_the_end_was_there() -> None:
    closing = ("> F. 1:2(0) ack 1", "< . 1:1(0) ack 2", "< F. 1:2(0) ack 2", "> . 2:2(0) ack 2")
    *before, again = turns(*OPENING, *closing, "+300 < F. 1:2(0) ack 2")
    better = list(corrected(before, again))
    assert better[:6] == before[:6]
    assert (better[6].lost, better[6].state_of(1)) == (True, State.LAST_ACK)


def test_turn_that_was_sent_once_proves_nothing() -> None:
    assert [turn.still for turn in turns(*OPENING)] == [None] * 3


def test_turn_of_the_last_fin_again_is_still_in_last_ack() -> None:
    closing = ("> F. 1:2(0) ack 1", "< . 1:1(0) ack 2", "< F. 1:2(0) ack 2", "> . 2:2(0) ack 2")
    *_, last, again, answer = turns(*OPENING, *closing, "+300 < F. 1:2(0) ack 2", "> . 2:2(0) ack 2")
    assert last.after == (State.TIME_WAIT, State.CLOSED)
    assert again.after == (State.LAST_ACK, State.TIME_WAIT)
    assert answer.before == (State.TIME_WAIT, State.LAST_ACK)


def test_turn_of_an_rst_without_ack_to_a_syn_ack_was_never_a_connection() -> None:
    disowned, aborted = (turns(*OPENING[:2], line)[-1] for line in ("> R 1:1(0)", "> R. 1:1(0) ack 1"))
    assert (disowned.disowns, disowned.before) == (True, (State.CLOSED, State.SYN_RECEIVED))
    assert (aborted.disowns, aborted.before) == (False, (State.ESTABLISHED, State.SYN_RECEIVED))
