"""Connections that ended: which are kept, for how long, and what is known of them."""

from dataclasses import replace

from tcpwatch.kernel.events import SocketEvent
from tcpwatch.monitor.recently_closed import (
    CLOSED_LIMIT,
    KEPT_NS,
    RecentlyClosed,
    closed_connection,
    final_event,
    short_lived_connection,
)
from tcpwatch.monitor.snapshot import Connection
from tcpwatch.sockets.row import NoOwner, Owner
from tcpwatch.sockets.timeline import OccurrenceKind, Precision, Timeline
from tcpwatch.tcp.state import State
from tests.builders import CLIENT, SERVER, connection, ends, owner, row

WGET = Owner(77, 1, "wget", None, gone=True)
HERE = ends(CLIENT, SERVER)


def events(time_ns: int, old: State | None, new: State | None, **facts: object) -> SocketEvent:
    event = SocketEvent(time_ns, 9, HERE, OccurrenceKind.STATE, old, new)
    return event._replace(**facts)  # type: ignore[arg-type]


OPENED = events(10, State.CLOSED, State.SYN_SENT, owner=WGET)
ENDED = events(20, State.SYN_SENT, State.CLOSED)


def gone(cookie: int, since_ns: int = 0, **facts: object) -> Connection:
    return connection(cookie=cookie, state=State.CLOSED, since_ns=since_ns, **facts)


def test_kept_for_a_while() -> None:
    closed = RecentlyClosed()
    closed.add([gone(1, 0), gone(2, 5)])
    assert [one.key for one in closed.current({}, KEPT_NS)] == [2]
    assert closed.current({}, KEPT_NS + 5) == ()
    assert closed.left_out == 0


def test_oldest_go_first_and_are_counted() -> None:
    closed = RecentlyClosed()
    closed.add([gone(cookie) for cookie in range(CLOSED_LIMIT)])
    closed.add([gone(CLOSED_LIMIT), gone(CLOSED_LIMIT + 1)])
    kept = closed.current({}, 1)
    assert (kept[0].key, kept[-1].key, len(kept), closed.left_out) == (2, CLOSED_LIMIT + 1, CLOSED_LIMIT, 2)


def test_more_at_once_than_there_is_room_for() -> None:
    closed = RecentlyClosed()
    closed.add([gone(cookie) for cookie in range(CLOSED_LIMIT + 7)])
    assert (len(closed.current({}, 1)), closed.left_out) == (CLOSED_LIMIT, 7)


def test_other_end_is_found_among_the_living_and_the_closed() -> None:
    here, there = gone(1, ends=ends(SERVER, CLIENT)), gone(2, ends=HERE)
    closed = RecentlyClosed()
    closed.add([here, there])
    assert [one.peer for one in closed.current({}, 1)] == [2, 1]
    assert closed.current({HERE: 5}, 1)[0].peer == 5
    assert closed.current({}, 1)[0] is closed.current({}, 1)[0]


def test_socket_connected_to_itself_has_no_peer() -> None:
    closed = RecentlyClosed()
    closed.add([gone(1, ends=ends(SERVER, SERVER))])
    assert closed.current({}, 1)[0].peer is None


def test_final_event_is_the_last_state_change() -> None:
    reset = events(21, None, None, kind=OccurrenceKind.RESET_SENT)
    assert final_event([OPENED, ENDED, reset]) is ENDED
    assert final_event([OPENED]) is None
    assert final_event([reset]) is None


def test_end_of_a_socket_that_was_never_connected_is_none() -> None:
    assert final_event([ENDED._replace(ends=ends(SERVER, ("0.0.0.0", 0)))]) is None


def test_short_connection_has_the_owner_from_its_events() -> None:
    timeline = Timeline().entering(State.SYN_SENT, 10, Precision.EXACT).entering(State.CLOSED, 20, Precision.EXACT)
    short = short_lived_connection(ENDED, [OPENED, ENDED], timeline)
    assert (short.row.state, short.row.ends, short.key, short.since_ns) == (State.CLOSED, HERE, 9, 20)
    assert (short.owners, short.no_owner, short.timeline) == ((WGET,), None, timeline)


def test_short_connection_with_only_a_final_event() -> None:
    """As the socket was then, and with no owner."""
    last = row(cookie=9, ends=HERE, state=State.CLOSED, info_bytes=b"measured")
    end = events(20, None, State.CLOSED, precision=Precision.BETWEEN, row=last)
    short = short_lived_connection(end, [end], Timeline().entering(State.CLOSED, 20, Precision.BETWEEN))
    assert (short.row, short.owners, short.no_owner) == (last, (), NoOwner.SHORT)


def test_connection_of_the_table_ends_with_its_last_owner() -> None:
    timeline = Timeline().entering(State.LAST_ACK, 5, Precision.EXACT).entering(State.CLOSED, 20, Precision.EXACT)
    over = closed_connection(replace(connection(state=State.LAST_ACK, recv_q=3), past=timeline))
    assert (over.row.state, over.row.recv_q, over.since_ns, over.timeline) == (State.CLOSED, None, 20, timeline)
    assert over.owners == (replace(owner(), gone=True),)
