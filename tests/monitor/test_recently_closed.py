"""Connections that ended: which are kept, for how long, and what is known of them."""

from dataclasses import replace

from tcpwatch.kernel.events import Transition
from tcpwatch.monitor.recently_closed import KEPT_NS, LIMIT, Closed, came_and_went, end_of, ended
from tcpwatch.monitor.snapshot import Connection
from tcpwatch.sockets.row import NoOwner, Owner
from tcpwatch.sockets.timeline import OccurrenceKind, Precision, Timeline
from tcpwatch.tcp.state import State
from tests.builders import CLIENT, SERVER, connection, ends, owner, row

WGET = Owner(77, 1, "wget", None, gone=True)
HERE = ends(CLIENT, SERVER)


def told(time_ns: int, old: State | None, new: State | None, **facts: object) -> Transition:
    event = Transition(time_ns, 9, HERE, OccurrenceKind.STATE, old, new)
    return event._replace(**facts)  # type: ignore[arg-type]


OPENED = told(10, State.CLOSED, State.SYN_SENT, owner=WGET)
ENDED = told(20, State.SYN_SENT, State.CLOSED)


def gone(cookie: int, since_ns: int = 0, **facts: object) -> Connection:
    return connection(cookie=cookie, state=State.CLOSED, since_ns=since_ns, **facts)


def test_kept_for_a_while() -> None:
    closed = Closed()
    closed.add([gone(1, 0), gone(2, 5)])
    assert [one.key for one in closed.current({}, KEPT_NS)] == [2]
    assert closed.current({}, KEPT_NS + 5) == ()
    assert closed.left_out == 0


def test_oldest_go_first_and_are_counted() -> None:
    closed = Closed()
    closed.add([gone(cookie) for cookie in range(LIMIT)])
    closed.add([gone(LIMIT), gone(LIMIT + 1)])
    kept = closed.current({}, 1)
    assert (kept[0].key, kept[-1].key, len(kept), closed.left_out) == (2, LIMIT + 1, LIMIT, 2)


def test_more_at_once_than_there_is_room_for() -> None:
    closed = Closed()
    closed.add([gone(cookie) for cookie in range(LIMIT + 7)])
    assert (len(closed.current({}, 1)), closed.left_out) == (LIMIT, 7)


def test_other_end_is_found_among_the_living_and_the_closed() -> None:
    here, there = gone(1, ends=ends(SERVER, CLIENT)), gone(2, ends=HERE)
    closed = Closed()
    closed.add([here, there])
    assert [one.peer for one in closed.current({}, 1)] == [2, 1]
    assert closed.current({HERE: 5}, 1)[0].peer == 5
    assert closed.current({}, 1)[0] is closed.current({}, 1)[0]


def test_socket_connected_to_itself_has_no_peer() -> None:
    closed = Closed()
    closed.add([gone(1, ends=ends(SERVER, SERVER))])
    assert closed.current({}, 1)[0].peer is None


def test_end_is_told_by_the_last_change_of_state() -> None:
    reset = told(21, None, None, kind=OccurrenceKind.RESET_SENT)
    assert end_of([OPENED, ENDED, reset]) is ENDED
    assert end_of([OPENED]) is None
    assert end_of([reset]) is None


def test_end_of_a_socket_that_was_never_connected_is_none() -> None:
    assert end_of([ENDED._replace(ends=ends(SERVER, ("0.0.0.0", 0)))]) is None


def test_short_connection_has_the_owner_that_was_told_of() -> None:
    timeline = Timeline().entering(State.SYN_SENT, 10, Precision.EXACT).entering(State.CLOSED, 20, Precision.EXACT)
    short = came_and_went(ENDED, [OPENED, ENDED], timeline)
    assert (short.row.state, short.row.ends, short.key, short.since_ns) == (State.CLOSED, HERE, 9, 20)
    assert (short.owners, short.no_owner, short.timeline) == ((WGET,), None, timeline)


def test_short_connection_of_which_only_the_end_is_told() -> None:
    """As the socket was then, and with no owner."""
    last = row(cookie=9, ends=HERE, state=State.CLOSED, info_bytes=b"measured")
    end = told(20, None, State.CLOSED, precision=Precision.BETWEEN, row=last)
    short = came_and_went(end, [end], Timeline().entering(State.CLOSED, 20, Precision.BETWEEN))
    assert (short.row, short.owners, short.no_owner) == (last, (), NoOwner.SHORT)


def test_connection_of_the_table_ends_with_its_last_owner() -> None:
    timeline = Timeline().entering(State.LAST_ACK, 5, Precision.EXACT).entering(State.CLOSED, 20, Precision.EXACT)
    over = ended(replace(connection(state=State.LAST_ACK, recv_q=3), past=timeline))
    assert (over.row.state, over.row.recv_q, over.since_ns, over.timeline) == (State.CLOSED, None, 20, timeline)
    assert over.owners == (replace(owner(), gone=True),)
