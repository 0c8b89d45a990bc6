"""Connections that cannot send because of a link."""

from collections.abc import Callable

import pytest

from tcpwatch.diagnose.host import BlockedWay
from tcpwatch.monitor.judging.blocked_ways import NO_ROUTE, ROUTES, blocked_ways
from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.sockets.host import Link, Route
from tcpwatch.sockets.row import SocketRow, Timer, TimerKind
from tcpwatch.tcp.state import State
from tests.builders import connection, ends

UP, SPARE = Link(2, "v0", up=True, carrier=True), Link(3, "v1", up=True, carrier=False)
LINKS = {1: Link(1, "lo", up=False, carrier=False, loopback=True), 2: UP, 3: SPARE}


def by(link: Link | None = None, error: str | None = None) -> Callable[[SocketRow], Route | None]:
    return lambda row: Route(link=link, error=error)


def waiting(cookie: int = 7, kind: TimerKind = TimerKind.RETRANSMIT, times: int = 0, remote: int = 9) -> Connection:
    where = ends(("10.0.0.1", 40_000 + cookie), (f"10.0.0.{remote}", 443))
    return connection(cookie=cookie, ends=where, timer=Timer(kind, 100, times))


@pytest.mark.parametrize("kind", [TimerKind.RETRANSMIT, TimerKind.PERSIST])
def test_data_that_waits_on_a_route_over_a_dead_link(kind: TimerKind) -> None:
    one = waiting(kind=kind)
    assert blocked_ways([one], LINKS, by(SPARE)) == (BlockedWay(SPARE, one.row.remote, (7,)),)


def test_route_that_is_gone_while_a_link_is_dead() -> None:
    [way] = blocked_ways([waiting(7), waiting(8)], LINKS, by(error=NO_ROUTE))
    assert (way.link, way.members, way.error) == (SPARE, (7, 8), NO_ROUTE)
    assert blocked_ways([waiting()], LINKS, by(error="the kernel tells no routes here")) == ()


def test_spare_link_that_nobody_uses_is_no_problem() -> None:
    assert blocked_ways([waiting()], LINKS, by(UP)) == ()
    assert blocked_ways([connection()], LINKS, by(SPARE)) == ()
    assert blocked_ways([waiting(kind=TimerKind.KEEPALIVE)], LINKS, by(SPARE)) == ()


def test_routes_are_asked_for_only_where_a_link_is_dead() -> None:
    def asked(row: SocketRow) -> Route:
        raise AssertionError

    assert blocked_ways([waiting()], {2: UP}, asked) == ()
    assert blocked_ways([waiting()], None, asked) == ()


def test_sockets_bound_to_a_dead_link_but_listeners() -> None:
    bound = connection(cookie=7, interface=3)
    listener = connection(cookie=8, interface=3, state=State.LISTEN)
    gone = connection(cookie=9, interface=3, mark=Mark.GONE)
    [way] = blocked_ways([bound, listener, gone], LINKS, by(UP))
    assert way.members == (7,)


def test_routes_of_those_that_failed_most_often_are_asked_for_first() -> None:
    many = [waiting(n, times=n, remote=n) for n in range(1, ROUTES + 2)]
    [way] = blocked_ways(many, LINKS, by(SPARE))
    assert len(way.members) == ROUTES
    assert 1 not in way.members
