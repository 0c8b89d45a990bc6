from collections.abc import Iterable
from functools import partial

import pytest

from tcpwatch.kernel.events import SocketEvent
from tcpwatch.monitor.history import MARK_NS, PENDING_LIMIT, UNSEEN_NS, History, began_ns, by_ends
from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.sockets.row import NoOwner, SocketRow, Timer, TimerKind
from tcpwatch.sockets.timeline import OccurrenceKind, Precision
from tcpwatch.tcp.state import State
from tests.builders import CLIENT, SERVER, ends, owner, row

SECOND = 1_000_000_000
LAST_ACK_RECV_OFFSET = 56


def dump(history: History, now_s: float, *rows: SocketRow) -> dict[int, Connection]:
    now_ns = int(now_s * SECOND)
    return {found.key: found for found in history.update(rows, {}, {1000: "alice"}, now_ns)}


def info_bytes(last_ack_recv_ms: int) -> bytes:
    """A tcp_info of which only tcpi_last_ack_recv is set."""
    return bytes(LAST_ACK_RECV_OFFSET) + last_ack_recv_ms.to_bytes(4, "little") + bytes(100)


def test_row_of_the_first_dump_has_an_age_of_at_least() -> None:
    found = dump(History(), 100, row())[1]
    assert (found.since_ns, found.since_seen, found.mark) == (100 * SECOND, False, Mark.NONE)


def test_first_dump_takes_the_newest_ack_as_a_lower_bound_of_the_age() -> None:
    found = dump(History(), 100, row(state=State.CLOSE_WAIT, info_bytes=info_bytes(30_000), read_ns=100 * SECOND))[1]
    assert (found.since_ns, found.since_seen) == (70 * SECOND, False)


def test_row_that_appears_later_is_new_and_its_age_is_seen() -> None:
    history = History()
    dump(history, 100)
    found = dump(history, 101, row())[1]
    assert (found.since_seen, found.mark) == (True, Mark.NEW)
    assert dump(history, 101 + MARK_NS / SECOND, row())[1].mark is Mark.NONE


def test_state_change_starts_the_age_anew_between_the_two_dumps() -> None:
    history = History()
    dump(history, 100, row())
    closed = row(state=State.CLOSE_WAIT, info_bytes=info_bytes(400), read_ns=101 * SECOND)
    found = dump(history, 101, closed)[1]
    assert (found.since_ns, found.since_seen, found.mark) == (int(100.6 * SECOND), True, Mark.CHANGED)


def test_change_is_never_dated_before_the_dump_that_still_showed_the_old_state() -> None:
    history = History()
    dump(history, 100, row())
    quiet = row(state=State.CLOSE_WAIT, info_bytes=info_bytes(50_000), read_ns=101 * SECOND)
    assert dump(history, 101, quiet)[1].since_ns == 100 * SECOND


def test_row_that_vanishes_is_shown_as_gone_for_a_moment() -> None:
    history = History()
    dump(history, 100, row())
    assert dump(history, 101)[1].mark is Mark.GONE
    assert dump(history, 103)[1].mark is Mark.GONE
    assert dump(history, 101 + MARK_NS / SECOND) == {}


def test_row_that_one_dump_missed_comes_back_with_its_age() -> None:
    history = History()
    before = dump(history, 100, row())[1]
    dump(history, 101)
    after = dump(history, 102, row())[1]
    assert (after.mark, after.since_ns, after.since_seen) == (Mark.NONE, before.since_ns, False)


def test_unchanged_row_gives_the_same_connection() -> None:
    history = History()
    same = row()
    assert dump(history, 100, same)[1] is dump(history, 101, same)[1]


def test_both_ends_on_this_host_know_each_other() -> None:
    server, client = row(cookie=1), row(cookie=2, ends=ends(CLIENT, SERVER))
    found = dump(History(), 100, server, client)
    assert (found[1].peer, found[2].peer) == (2, 1)


def test_other_end_comes_and_goes_while_nothing_else_changes() -> None:
    history, server, client = History(), row(cookie=1), row(cookie=2, ends=ends(CLIENT, SERVER))
    found = [dump(history, *both)[1].peer for both in ((100, server), (110, server, client), (120, server))]
    assert found == [None, 2, None]


def test_socket_connected_to_itself_has_no_peer() -> None:
    assert dump(History(), 100, row(ends=ends(SERVER, SERVER)))[1].peer is None


def test_owner_that_was_not_looked_up_is_unknown_in_words() -> None:
    found = dump(History(), 100, row())[1]
    assert (found.owners, found.no_owner, found.user) == ((), NoOwner.UNKNOWN, "alice")


def test_owners_replace_the_reason_why_there_were_none() -> None:
    history = History()
    dump(history, 100, row())
    [found] = history.update([row()], {1: (owner(),)}, {}, 101 * SECOND)
    assert (found.owners, found.no_owner) == ((owner(),), None)


def test_time_wait_is_as_old_as_its_timer_says() -> None:
    waiting = row(state=State.TIME_WAIT, timer=Timer(TimerKind.TIME_WAIT, 45_000, 0, 100 * SECOND))
    assert began_ns(waiting, 100 * SECOND, None) == 85 * SECOND
    assert dump(History(), 100, waiting)[1].since_seen


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_gone_row_does_not_hide_its_replacement(order: tuple[int, int]) -> None:
    history = History()
    dump(history, 100, row(cookie=1))
    found = dump(history, 101, row(cookie=2))
    both = [found[1], found[2]]
    assert by_ends(both[index] for index in order)[row().ends].key == 2


def change(at_s: float, old: State | None, new: State | None, cookie: int = 1, **facts: object) -> SocketEvent:
    event = SocketEvent(int(at_s * SECOND), cookie, row().ends, OccurrenceKind.STATE, old, new)
    return event._replace(**facts)  # type: ignore[arg-type]


def add_events(history: History, events: Iterable[SocketEvent]) -> None:
    history.add_events((event.cookie, b"", partial(_same, event)) for event in events)


def _same(event: SocketEvent, record: bytes) -> SocketEvent:
    return event


def wire_timelines(found: Connection) -> list[tuple[State, float, Precision]]:
    return [(interval.state, interval.since_ns / SECOND, interval.precision) for interval in found.timeline.intervals]


SHORT = (
    change(100.1, State.SYN_RECEIVED, State.ESTABLISHED),
    change(100.2, State.ESTABLISHED, State.FIN_WAIT_1),
    change(100.3, State.FIN_WAIT_1, State.FIN_WAIT_2),
    change(100.4, State.FIN_WAIT_2, State.CLOSED),
)


def test_change_with_event_has_an_exact_time() -> None:
    history = History()
    dump(history, 100, row())
    add_events(history, [change(100.3, State.ESTABLISHED, State.CLOSE_WAIT)])
    found = dump(history, 101, row(state=State.CLOSE_WAIT))[1]
    assert wire_timelines(found) == [
        (State.ESTABLISHED, 100, Precision.AT_LEAST),
        (State.CLOSE_WAIT, 100.3, Precision.EXACT),
    ]
    assert (found.since_ns, found.since_seen) == (int(100.3 * SECOND), True)


def test_retransmission_event_is_in_the_timeline() -> None:
    history = History()
    dump(history, 100, row())
    add_events(history, [change(100.3, None, None, kind=OccurrenceKind.RETRANSMISSION)])
    assert dump(history, 101, row())[1].timeline.occurrences == {OccurrenceKind.RETRANSMISSION}


def test_change_that_only_dumps_show_is_between_them() -> None:
    history = History()
    dump(history, 100, row())
    found = dump(history, 101, row(state=State.FIN_WAIT_1))[1]
    assert wire_timelines(found)[-1] == (State.FIN_WAIT_1, 101, Precision.BETWEEN)


def test_time_wait_began_where_the_whole_socket_ended() -> None:
    history = History()
    dump(history, 100)
    add_events(history, SHORT)
    found = dump(history, 101, row(state=State.TIME_WAIT))[1]
    assert wire_timelines(found)[-2:] == [
        (State.FIN_WAIT_2, 100.3, Precision.EXACT),
        (State.TIME_WAIT, 100.4, Precision.EXACT),
    ]
    assert history.closed(101 * SECOND) == ()


def test_connection_that_came_and_went_between_two_dumps_is_closed() -> None:
    history = History()
    dump(history, 100)
    add_events(history, SHORT)
    assert dump(history, 101) == {}
    [short] = history.closed(101 * SECOND)
    assert [state for state, *_ in wire_timelines(short)][-2:] == [State.FIN_WAIT_2, State.CLOSED]


def test_connection_that_goes_on_is_waited_for_a_while() -> None:
    """It was born after the dump had passed its place."""
    history = History()
    dump(history, 100)
    add_events(history, SHORT[:1])
    dump(history, 101)
    assert len(dump(history, 102, row())[1].timeline.intervals) == 2
    add_events(history, [change(102, State.CLOSED, State.SYN_SENT, cookie=2)])
    dump(history, 102 + UNSEEN_NS / SECOND, row())
    assert len(dump(history, 108, row(cookie=2))[2].timeline.intervals) == 1


def test_destroyed_socket_that_is_in_the_table_cut_down_is_not_closed() -> None:
    """The whole socket had a cookie made at its end; what is left of it has another."""
    history = History()
    dump(history, 100)
    end = change(
        100.5, None, State.CLOSED, cookie=2, precision=Precision.BETWEEN, row=row(cookie=2, state=State.CLOSED)
    )
    add_events(history, [end])
    dump(history, 101, row(state=State.TIME_WAIT))
    assert history.closed(101 * SECOND) == ()


def test_row_that_vanished_is_closed_after_it_was_shown_as_gone() -> None:
    history = History()
    dump(history, 100, row())
    assert wire_timelines(dump(history, 101)[1])[-1] == (State.CLOSED, 101, Precision.BETWEEN)
    assert history.closed(101 * SECOND) == ()
    later = 101 + MARK_NS / SECOND
    dump(history, later)
    [over] = history.closed(int(later * SECOND))
    assert (over.key, over.row.state, over.since_ns) == (1, State.CLOSED, 101 * SECOND)


def test_end_of_time_wait_is_no_news() -> None:
    history = History()
    for moment in (100, 101, 105):
        dump(history, moment, *([row(state=State.TIME_WAIT)] if moment == 100 else []))
    assert history.closed(105 * SECOND) == ()


def test_row_that_one_dump_missed_has_not_ended() -> None:
    history = History()
    dump(history, 100, row())
    dump(history, 101)
    assert wire_timelines(dump(history, 102, row())[1]) == [(State.ESTABLISHED, 100, Precision.AT_LEAST)]


def test_pending_sockets_above_the_limit_are_counted() -> None:
    history = History()
    add_events(history, [change(100, State.CLOSED, State.SYN_SENT, cookie) for cookie in range(PENDING_LIMIT + 5)])
    assert history.closed_left_out == 5


def test_owner_from_an_event_stays_if_none_is_found() -> None:
    history = History()
    dump(history, 100)
    add_events(history, [change(100.1, State.CLOSED, State.SYN_SENT, owner=owner(fd=None, gone=True)), *SHORT[1:]])
    waiting = row(state=State.TIME_WAIT)
    for moment in (101, 102):
        [found] = history.update([waiting], {1: NoOwner.KERNEL}, {}, moment * SECOND)
        assert (str(found.owners[0]), found.no_owner) == ("was java/4242", None)
