"""What is known of listeners from elsewhere: from the other sockets of a dump, and from the dumps before.

Reads no clock: the moment of each dump comes in.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from tcpwatch.diagnose.rules.listener import LISTEN_DROPS, is_full
from tcpwatch.monitor.around.listener_of import BoundTo, bound_places
from tcpwatch.monitor.counter_window import MINUTE_NS, CounterWindow
from tcpwatch.monitor.snapshot import Connection
from tcpwatch.sockets.counters import Stack
from tcpwatch.sockets.row import SocketRow
from tcpwatch.tcp.state import State


class Listeners:
    """Which listeners have turned clients away in the last minute, as far as the kernel's counters show.

    The kernel counts refusals for a whole namespace. A listener's own count has other drops in it too, such as SYNs
    that came twice. So it is to blame where its count has risen and its queue was seen full, or where the drops of all
    listeners add up to the refusals. Of other namespaces than ours neither is read.
    """

    def __init__(self) -> None:
        self._drops: CounterWindow[int] = CounterWindow()  # by cookie
        self._full_ns: dict[int, int] = {}  # by cookie, when a queue of it was last seen full

    def judge(self, connections: Sequence[Connection], stack: Stack, now_ns: int) -> tuple[Connection, ...]:
        """The connections, with `turned_away` set for the listeners that are to blame."""
        listening = {one.key: one.row.backlog for one in connections if one.row.backlog and one.row.is_here}
        full = {key: now_ns for key, backlog in listening.items() if is_full(backlog, stack)}
        self._full_ns = {key: at for key, at in (self._full_ns | full).items() if key in listening}
        rises = self._drops.update(
            {key: backlog.drops for key, backlog in listening.items() if backlog.drops is not None}, now_ns
        )
        risen = {key: rise.last_minute for key, rise in rises.items() if rise.last_minute}
        refused = stack.last_minute(LISTEN_DROPS)
        if not refused or not risen:
            return tuple(connections)
        if sum(risen.values()) != refused:
            risen = {key: count for key, count in risen.items() if self._was_full(key, now_ns)}
        return tuple(
            replace(one, turned_away=min(risen[one.key], refused)) if one.key in risen else one for one in connections
        )

    def _was_full(self, key: int, now_ns: int) -> bool:
        return key in self._full_ns and now_ns - self._full_ns[key] < MINUTE_NS


def with_half_open(rows: list[SocketRow]) -> list[SocketRow]:
    """The rows; a listener whose source does not count its handshakes has them counted in the table.

    Every socket in SYN-RECEIVED is one. Where listeners share address and port, it is not known whose they are.
    """
    uncounted = [index for index, row in enumerate(rows) if row.backlog and row.backlog.half_open is None]
    if not uncounted:
        return rows
    places: dict[BoundTo, list[int]] = {}
    for index in uncounted:
        places.setdefault(next(bound_places(rows[index])), []).append(index)
    half_open = Counter(_listeners_of(row, places) for row in rows if row.state is State.SYN_RECEIVED)
    counted = list(rows)
    for listeners in places.values():
        if len(listeners) == 1:
            counted[listeners[0]] = _counted(rows[listeners[0]], half_open[tuple(listeners)])
    return counted


def _listeners_of(row: SocketRow, places: dict[BoundTo, list[int]]) -> tuple[int, ...]:
    return next((tuple(places[place]) for place in bound_places(row) if place in places), ())


def _counted(row: SocketRow, half_open: int) -> SocketRow:
    return replace(row, backlog=replace(row.backlog, half_open=half_open)) if row.backlog is not None else row
