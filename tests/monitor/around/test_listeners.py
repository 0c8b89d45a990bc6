from dataclasses import replace
from typing import Any

from tcpwatch.monitor.around.listeners import Listeners, with_half_open
from tcpwatch.monitor.snapshot import Connection
from tcpwatch.sockets.counters import Rise, Stack
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.row import Backlog, SocketRow
from tcpwatch.tcp.state import State
from tests.builders import connection, ends, row

SECOND = 1_000_000_000
ANY, ANY_IPV6 = ("0.0.0.0", 0), ("::", 0)


def listener(cookie: int, local: tuple[str, int] = ("0.0.0.0", 80), **backlog: Any) -> SocketRow:
    anybody = ANY_IPV6 if ":" in local[0] else ANY
    queue = Backlog(**({"queued": 0, "limit": 128} | backlog))
    return row(cookie=cookie, state=State.LISTEN, ends=ends(local, anybody), recv_q=None, send_q=None, backlog=queue)


def half_open(cookie: int, local: tuple[str, int], **facts: Any) -> SocketRow:
    peer = ("::2" if ":" in local[0] else "10.0.0.2", 50_000 + cookie)
    return row(cookie=cookie, state=State.SYN_RECEIVED, ends=ends(local, peer), **facts)


def counts(*rows: SocketRow) -> dict[int, int | None]:
    return {one.cookie: one.backlog.half_open for one in with_half_open(list(rows)) if one.backlog}


def test_half_open_is_counted_for_the_nearest_listener() -> None:
    found = counts(
        *(listener(1), listener(2, ("10.0.0.1", 80)), listener(3, ("::", 80)), listener(4, ("0.0.0.0", 81))),
        *(half_open(10, ("10.0.0.1", 80)), half_open(11, ("10.0.0.9", 80)), half_open(12, ("10.0.0.9", 80))),
        half_open(13, ("2001:db8::1", 80)),
    )
    assert found == {1: 2, 2: 1, 3: 1, 4: 0}


def test_half_open_of_ipv4_is_counted_for_a_listener_of_both_families() -> None:
    assert counts(listener(3, ("::", 80)), half_open(10, ("10.0.0.1", 80))) == {3: 1}


def test_half_open_of_listeners_that_share_a_port_is_not_known() -> None:
    assert counts(listener(1), listener(2), half_open(10, ("10.0.0.1", 80))) == {1: None, 2: None}


def test_half_open_of_another_namespace_is_not_ours() -> None:
    pod = Namespace(4_026_532_177)
    theirs = replace(listener(2), netns=pod)
    assert counts(listener(1), theirs, half_open(10, ("10.0.0.1", 80), netns=pod)) == {1: 0, 2: 1}


def test_half_open_that_the_source_counts_is_left_alone() -> None:
    rows = [listener(1, half_open=5), half_open(10, ("10.0.0.1", 80))]
    assert with_half_open(rows) is rows


def turned_away(refused: int, *drops: tuple[int, int], later_s: int = 1, full: int = 0) -> dict[int, int]:
    """Who is to blame, given each listener's drops before and after, and the namespace's refusals; `full` was full."""
    listeners, stack = Listeners(), Stack({"ListenDrops": Rise(refused, refused)})
    found: tuple[Connection, ...] = ()
    for time_s, dump in enumerate(zip(*drops, strict=True)):
        rows = [
            connection(row=listener(number, drops=dropped, queued=129 if number == full and time_s == 0 else 0))
            for number, dropped in enumerate(dump, 1)
        ]
        found = listeners.judge(rows, stack, time_s * later_s * SECOND)
    return {one.key: one.turned_away for one in found if one.turned_away}


def test_listener_whose_drops_are_all_that_was_refused_is_to_blame() -> None:
    assert turned_away(12, (100, 112), (7, 7)) == {1: 12}


def test_listener_with_other_drops_is_not_to_blame_unless_it_was_full() -> None:
    assert turned_away(12, (100, 112), (7, 30)) == {}
    assert turned_away(12, (100, 112), (7, 30), full=1) == {1: 12}
    assert turned_away(12, (100, 112), (7, 30), full=1, later_s=61) == {}


def test_listener_of_another_namespace_is_not_to_blame() -> None:
    listeners, stack, pod = Listeners(), Stack({"ListenDrops": Rise(12, 12)}), Namespace(4_026_532_177)
    for drops in (0, 12):
        theirs = connection(row=replace(listener(2, drops=drops, queued=129), netns=pod))
        assert listeners.judge([theirs], stack, drops * SECOND)[0].turned_away == 0


def test_listener_is_not_blamed_for_more_than_was_refused() -> None:
    assert turned_away(5, (100, 112), full=1) == {1: 5}


def test_listener_is_not_to_blame_where_nothing_was_refused() -> None:
    assert turned_away(0, (100, 112), full=1) == {}
