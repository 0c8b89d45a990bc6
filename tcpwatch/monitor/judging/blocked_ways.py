"""Connections that cannot send because of a link. Asks for routes only where a link is in trouble, and for few."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from errno import ENETUNREACH
from operator import itemgetter

from tcpwatch.diagnose.host import BlockedWay
from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.sockets.host import Link, Route
from tcpwatch.sockets.row import SocketRow, TimerKind
from tcpwatch.tcp.state import State

NO_ROUTE = os.strerror(ENETUNREACH)
ROUTES = 32  # that are asked for in one look
SENDING = frozenset({TimerKind.RETRANSMIT, TimerKind.PERSIST, TimerKind.LOSS_PROBE})
"""The timers that run while something waits to be sent or acknowledged; without a route it is the second."""
AT_REST = frozenset({State.LISTEN, State.TIME_WAIT, State.CLOSED})

RouteOf = Callable[[SocketRow], Route | None]


def blocked_ways(
    connections: Sequence[Connection], links: Mapping[int, Link] | None, route_of: RouteOf
) -> tuple[BlockedWay, ...]:
    """Those bound to a link that nothing can pass, and those whose data waits on a route over one.

    Listeners bound to one are left out: so a bridge waits for its first guest.
    """
    dead = {link.index: link for link in (links or {}).values() if link.trouble is not None and not link.loopback}
    if not dead:
        return ()
    found: dict[tuple[Link, str | None], list[Connection]] = defaultdict(list)
    by_remote: dict[str, tuple[Link, str | None] | None] = {}
    waiting: list[tuple[int, Connection]] = []
    for one in _sending(connections):
        if one.row.interface in dead:
            found[dead[one.row.interface], None].append(one)
        elif one.row.timer is not None and one.row.timer.kind in SENDING:
            waiting.append((one.row.timer.retransmits, one))
    waiting.sort(key=itemgetter(0), reverse=True)
    for _, one in waiting:
        remote = one.row.remote.ip
        if remote not in by_remote and len(by_remote) < ROUTES:
            by_remote[remote] = _blocked(route_of(one.row), dead)
        if (blocked := by_remote.get(remote)) is not None:
            found[blocked].append(one)
    return tuple(
        BlockedWay(link, members[0].row.remote, tuple(one.key for one in members), error)
        for (link, error), members in found.items()
    )


def _sending(connections: Sequence[Connection]) -> Iterator[Connection]:
    return (
        one for one in connections if one.row.state not in AT_REST and one.mark is not Mark.GONE and one.row.is_here
    )


def _blocked(route: Route | None, dead: Mapping[int, Link]) -> tuple[Link, str | None] | None:
    """The link that blocks it; where there is no route at all, one that is in trouble, which may have had it."""
    if route is None:
        return None
    if route.error == NO_ROUTE:
        return next(iter(dead.values())), route.error
    return (route.link, None) if route.link is not None and route.link.trouble is not None else None
