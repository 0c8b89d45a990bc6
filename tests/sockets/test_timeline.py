"""Lives as they grow: told exactly, inferred from readings, or both."""

from tcpwatch.sockets.timeline import LIMIT, Happened, Happening, Known, Life
from tcpwatch.tcp.state import State

OPEN = Life().entering(State.ESTABLISHED, 10, Known.EXACT)


def course(life: Life) -> list[tuple[State, int, Known]]:
    return [(dwell.state, dwell.since_ns, dwell.known) for dwell in life.dwells]


def test_entering_a_state_keeps_those_before() -> None:
    life = OPEN.entering(State.CLOSE_WAIT, 20, Known.EXACT, State.ESTABLISHED)
    assert course(life) == [(State.ESTABLISHED, 10, Known.EXACT), (State.CLOSE_WAIT, 20, Known.EXACT)]


def test_entering_the_state_it_is_in_changes_nothing() -> None:
    assert OPEN.entering(State.ESTABLISHED, 20, Known.BETWEEN) == OPEN


def test_first_change_tells_the_state_before_too() -> None:
    life = Life().entering(State.ESTABLISHED, 10, Known.EXACT, State.SYN_RECEIVED)
    assert course(life) == [(State.SYN_RECEIVED, 10, Known.AT_LEAST), (State.ESTABLISHED, 10, Known.EXACT)]


def test_change_out_of_nothing_has_no_state_before() -> None:
    assert len(Life().entering(State.SYN_SENT, 10, Known.EXACT, State.CLOSED).dwells) == 1


def test_inferred_state_gives_way_to_what_is_told_of_the_time_before_it() -> None:
    """The dump was quicker than the events: these come later and tell how it came there."""
    ahead = OPEN.entering(State.TIME_WAIT, 50, Known.BETWEEN)
    life = ahead.entering(State.FIN_WAIT_1, 40, Known.EXACT, State.ESTABLISHED)
    assert course(life) == [(State.ESTABLISHED, 10, Known.EXACT), (State.FIN_WAIT_1, 40, Known.EXACT)]


def test_inferred_state_that_the_told_one_follows_stays() -> None:
    life = (
        Life()
        .entering(State.ESTABLISHED, 10, Known.BETWEEN)
        .entering(State.CLOSE_WAIT, 20, Known.EXACT, State.ESTABLISHED)
    )
    assert course(life) == [(State.ESTABLISHED, 10, Known.BETWEEN), (State.CLOSE_WAIT, 20, Known.EXACT)]


def test_state_seen_before_anybody_looked_is_no_guess() -> None:
    life = Life().entering(State.CLOSE_WAIT, 10, Known.AT_LEAST).entering(State.CLOSED, 20, Known.EXACT, State.LAST_ACK)
    assert course(life)[0] == (State.CLOSE_WAIT, 10, Known.AT_LEAST)


def test_oldest_states_fall_out_and_are_counted() -> None:
    life = Life()
    for number in range(LIMIT + 3):
        life = life.entering((State.SYN_SENT, State.CLOSED)[number % 2], number, Known.EXACT)
    assert (len(life.dwells), life.left_out, life.dwells[0].since_ns) == (LIMIT, 3, 3)


def test_retransmissions_are_counted_in_their_state() -> None:
    life = OPEN.noting(Happening.RETRANSMISSION, 12).noting(Happening.RETRANSMISSION, 15)
    assert life.dwells[0].happened == (Happened(Happening.RETRANSMISSION, 2, 12, 15),)
    assert life.happened == {Happening.RETRANSMISSION}


def test_happening_before_the_last_change_belongs_to_the_state_before() -> None:
    life = OPEN.entering(State.CLOSED, 20, Known.EXACT).noting(Happening.RESET_RECEIVED, 19)
    assert [bool(dwell.happened) for dwell in life.dwells] == [True, False]


def test_happening_in_no_state_is_left_out() -> None:
    assert Life().noting(Happening.RETRANSMISSION, 12) == Life()


def test_end_that_was_none_is_taken_back() -> None:
    assert OPEN.entering(State.CLOSED, 20, Known.BETWEEN).unended == OPEN
    assert OPEN.unended == OPEN


def test_end_that_was_the_way_into_time_wait() -> None:
    life = OPEN.entering(State.CLOSED, 20, Known.EXACT).ending_as(State.TIME_WAIT)
    assert course(life)[-1] == (State.TIME_WAIT, 20, Known.EXACT)


def test_end_of_the_whole_socket_in_fin_wait_2_goes_on_cut_down() -> None:
    waiting = OPEN.entering(State.FIN_WAIT_2, 20, Known.EXACT)
    assert waiting.entering(State.CLOSED, 30, Known.EXACT).ending_as(State.FIN_WAIT_2) == waiting
