"""The table in groups."""

from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.sockets.row import Timer, TimerKind
from tcpwatch.tcp.state import State
from tcpwatch.tui.connections.grouping import FOLDED_ABOVE, ORDERS, Heading, View, arrange, by_state, rows_of
from tests.tui.canned import MONO_NS, connection, server_end

TIME, OWNER, QUEUES, REMOTE = ORDERS


def some() -> list[Connection]:
    return [
        connection(1, server_end(3), State.ESTABLISHED, 5, "b", 1),
        connection(2, server_end(2), State.ESTABLISHED, 9, recv_q=7),
        connection(3, server_end(1), State.CLOSE_WAIT, 3),
        connection(4, server_end(4), State.ESTABLISHED, 1, "a", 2),
    ]


def keys(order: object = TIME, folded: dict[State, bool] | None = None) -> list[object]:
    return [row.key for row in rows_of(by_state(some()), order, folded or {})]  # type: ignore[arg-type]


def test_groups_stand_in_the_order_of_trouble() -> None:
    assert keys() == [State.CLOSE_WAIT, 3, State.ESTABLISHED, 2, 1, 4]


def test_orders() -> None:
    assert keys(OWNER)[3:] == [4, 1, 2]
    assert keys(QUEUES)[3:] == [2, 1, 4]
    assert keys(REMOTE)[3:] == [2, 1, 4]


def test_folded_group_keeps_its_heading() -> None:
    assert keys(folded={State.ESTABLISHED: True}) == [State.CLOSE_WAIT, 3, State.ESTABLISHED]


def test_arrange_shows_what_passes_and_counts_it() -> None:
    table = arrange(some(), View(shown=lambda one: one.row.state is State.ESTABLISHED, order=OWNER))
    assert ([row.key for row in table.rows], table.count) == ([State.ESTABLISHED, 4, 1, 2], 3)


def test_arrange_folds_a_crowd_that_nobody_has_unfolded() -> None:
    crowd = [connection(n, server_end(n), State.TIME_WAIT, n) for n in range(FOLDED_ABOVE[State.TIME_WAIT] + 1)]
    assert arrange(crowd[1:], View()).crowds == frozenset()
    folded = arrange(crowd, View())
    assert ([row.key for row in folded.rows], folded.crowds) == ([State.TIME_WAIT], {State.TIME_WAIT})
    unfolded = arrange(crowd, View().with_group(State.TIME_WAIT, False))
    assert (len(unfolded.rows), unfolded.crowds) == (len(crowd) + 1, frozenset())


def heading_of(members: list[Connection]) -> Heading:
    heading = rows_of(by_state(members), TIME, {})[0]
    assert isinstance(heading, Heading)
    return heading


def test_heading_counts_the_living_and_knows_the_oldest() -> None:
    old = connection(1, server_end(1), State.ESTABLISHED, 90, mark=Mark.GONE)
    heading = heading_of([old, *some()[:2]])
    assert (heading.count, heading.oldest.key) == (2, 2)


def test_heading_of_a_group_that_is_all_gone() -> None:
    assert heading_of([connection(1, server_end(1), State.CLOSED, 1, mark=Mark.GONE)]).count == 0


def test_heading_of_time_wait_tells_who_goes_next() -> None:
    waiting = [
        connection(n, server_end(n), State.TIME_WAIT, 1, timer=Timer(TimerKind.TIME_WAIT, n * 1000, 0, MONO_NS))
        for n in (12, 43)
    ]
    assert heading_of(waiting).next_gone is waiting[0].row.timer
    assert heading_of(some()).next_gone is None


def ended(key: int, **facts: object) -> Connection:
    return connection(key, server_end(key), State.CLOSED, key, **facts)


def test_closed_connections_come_last_and_are_folded_until_somebody_looks() -> None:
    table = arrange(some(), View(), [ended(9), ended(8)], left_out=3)
    heading = table.rows[-1]
    assert isinstance(heading, Heading)
    assert (heading.key, heading.count, heading.left_out, table.count) == (State.CLOSED, 2, 3, 4)
    unfolded = arrange(some(), View().with_group(State.CLOSED, False), [ended(9), ended(8)])
    assert [row.key for row in unfolded.rows[-3:]] == [State.CLOSED, 9, 8]


def test_closed_connections_are_narrowed_like_others() -> None:
    view = View(shown=lambda one: one.key == 8)
    assert [row.key for row in arrange((), view, [ended(9)]).rows] == []
    assert arrange((), view, [ended(9), ended(8)]).rows[0].count == 1  # type: ignore[union-attr]
