"""Lives as they grow: told exactly, inferred from readings, or both."""

from tcpwatch.sockets.timeline import LIMIT, Occurrence, OccurrenceKind, Precision, Timeline
from tcpwatch.tcp.state import State

OPEN = Timeline().entering(State.ESTABLISHED, 10, Precision.EXACT)


def course(timeline: Timeline) -> list[tuple[State, int, Precision]]:
    return [(interval.state, interval.since_ns, interval.precision) for interval in timeline.intervals]


def test_entering_a_state_keeps_those_before() -> None:
    timeline = OPEN.entering(State.CLOSE_WAIT, 20, Precision.EXACT, State.ESTABLISHED)
    assert course(timeline) == [(State.ESTABLISHED, 10, Precision.EXACT), (State.CLOSE_WAIT, 20, Precision.EXACT)]


def test_entering_the_state_it_is_in_changes_nothing() -> None:
    assert OPEN.entering(State.ESTABLISHED, 20, Precision.BETWEEN) == OPEN


def test_first_change_tells_the_state_before_too() -> None:
    timeline = Timeline().entering(State.ESTABLISHED, 10, Precision.EXACT, State.SYN_RECEIVED)
    assert course(timeline) == [(State.SYN_RECEIVED, 10, Precision.AT_LEAST), (State.ESTABLISHED, 10, Precision.EXACT)]


def test_change_out_of_nothing_has_no_state_before() -> None:
    assert len(Timeline().entering(State.SYN_SENT, 10, Precision.EXACT, State.CLOSED).intervals) == 1


def test_inferred_state_gives_way_to_what_is_told_of_the_time_before_it() -> None:
    """The dump was quicker than the events: these come later and tell how it came there."""
    ahead = OPEN.entering(State.TIME_WAIT, 50, Precision.BETWEEN)
    timeline = ahead.entering(State.FIN_WAIT_1, 40, Precision.EXACT, State.ESTABLISHED)
    assert course(timeline) == [(State.ESTABLISHED, 10, Precision.EXACT), (State.FIN_WAIT_1, 40, Precision.EXACT)]


def test_inferred_state_that_the_told_one_follows_stays() -> None:
    timeline = (
        Timeline()
        .entering(State.ESTABLISHED, 10, Precision.BETWEEN)
        .entering(State.CLOSE_WAIT, 20, Precision.EXACT, State.ESTABLISHED)
    )
    assert course(timeline) == [(State.ESTABLISHED, 10, Precision.BETWEEN), (State.CLOSE_WAIT, 20, Precision.EXACT)]


def test_state_seen_before_anybody_looked_is_no_guess() -> None:
    timeline = (
        Timeline()
        .entering(State.CLOSE_WAIT, 10, Precision.AT_LEAST)
        .entering(State.CLOSED, 20, Precision.EXACT, State.LAST_ACK)
    )
    assert course(timeline)[0] == (State.CLOSE_WAIT, 10, Precision.AT_LEAST)


def test_oldest_states_fall_out_and_are_counted() -> None:
    timeline = Timeline()
    for number in range(LIMIT + 3):
        timeline = timeline.entering((State.SYN_SENT, State.CLOSED)[number % 2], number, Precision.EXACT)
    assert (len(timeline.intervals), timeline.left_out, timeline.intervals[0].since_ns) == (LIMIT, 3, 3)


def test_retransmissions_are_counted_in_their_state() -> None:
    timeline = OPEN.noting(OccurrenceKind.RETRANSMISSION, 12).noting(OccurrenceKind.RETRANSMISSION, 15)
    assert timeline.intervals[0].occurrences == (Occurrence(OccurrenceKind.RETRANSMISSION, 2, 12, 15),)
    assert timeline.occurrences == {OccurrenceKind.RETRANSMISSION}


def test_happening_before_the_last_change_belongs_to_the_state_before() -> None:
    timeline = OPEN.entering(State.CLOSED, 20, Precision.EXACT).noting(OccurrenceKind.RESET_RECEIVED, 19)
    assert [bool(interval.occurrences) for interval in timeline.intervals] == [True, False]


def test_happening_in_no_state_is_left_out() -> None:
    assert Timeline().noting(OccurrenceKind.RETRANSMISSION, 12) == Timeline()


def test_end_that_was_none_is_taken_back() -> None:
    assert OPEN.entering(State.CLOSED, 20, Precision.BETWEEN).unended == OPEN
    assert OPEN.unended == OPEN


def test_end_that_was_the_way_into_time_wait() -> None:
    timeline = OPEN.entering(State.CLOSED, 20, Precision.EXACT).ending_as(State.TIME_WAIT)
    assert course(timeline)[-1] == (State.TIME_WAIT, 20, Precision.EXACT)


def test_end_of_the_whole_socket_in_fin_wait_2_goes_on_cut_down() -> None:
    waiting = OPEN.entering(State.FIN_WAIT_2, 20, Precision.EXACT)
    assert waiting.entering(State.CLOSED, 30, Precision.EXACT).ending_as(State.FIN_WAIT_2) == waiting
