"""What the dumps tell over time: how long a socket has been in its state, and which rows are new, changed or gone.

Reads no clock: the moment of each dump comes in.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tcpwatch.kernel.bpf.transitions import Transition
from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.tcp.sockets import NoOwner, Owner, SocketRow, TimerKind
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import reversed_ends

MARK_NS = 3_000_000_000  # how long a row is shown as new, changed or gone
TIME_WAIT_NS = 60_000_000_000  # TCP_TIMEWAIT_LEN, include/net/tcp.h

BEGAN_WITH_AN_ACK = frozenset({State.ESTABLISHED, State.FIN_WAIT_2, State.CLOSE_WAIT})
"""States that a segment with an ACK began: they are at least as old as the newest ACK (`tcpi_last_ack_recv`)."""


@dataclass(slots=True)
class _Past:
    """One socket's past. `marked_ns` is when `mark` was set."""

    connection: Connection
    marked_ns: int


class History:
    """Turns dumps into connections with ages and marks. Rows that vanish are kept for a moment, marked gone."""

    def __init__(self) -> None:
        self._pasts: dict[int, _Past] = {}
        self._witnessed: dict[int, tuple[State, int]] = {}
        self._last_ns: int | None = None

    def witness(self, transitions: Iterable[Transition]) -> None:
        """Take in changes of state as the kernel told them: when the newest state of each socket began."""
        for change in transitions:
            if change.new is not None:
                self._witnessed[change.cookie] = (change.new, change.time_ns)

    def update(
        self,
        rows: Sequence[SocketRow],
        owners: Mapping[int, tuple[Owner, ...] | NoOwner],
        users: Mapping[int, str],
        now_ns: int,
    ) -> list[Connection]:
        """The connections as of a dump made at `now_ns` (monotonic)."""
        cookie_by_ends = {row.ends: row.cookie for row in rows}
        seen: dict[int, _Past] = {}
        for row in rows:
            past = self._pasts.get(row.cookie)
            peer = cookie_by_ends.get(reversed_ends(row.ends))
            if peer == row.cookie:
                peer = None
            user = users.get(row.uid) if row.uid is not None else None
            seen[row.cookie] = self._next(past, row, owners.get(row.cookie, NoOwner.UNKNOWN), user, peer, now_ns)
        for cookie, past in self._pasts.items():
            if cookie not in seen and (kept := self._fading(past, now_ns)) is not None:
                seen[cookie] = kept
        self._pasts = seen
        self._witnessed.clear()
        self._last_ns = now_ns
        return [past.connection for past in seen.values()]

    def _next(
        self,
        past: _Past | None,
        row: SocketRow,
        found: tuple[Owner, ...] | NoOwner,
        user: str | None,
        peer: int | None,
        now_ns: int,
    ) -> _Past:
        holders, no_owner = ((), found) if isinstance(found, NoOwner) else (found, None)
        if past is None:
            first_dump = self._last_ns is None
            mark = Mark.NONE if first_dump else Mark.NEW
            told_ns = self._told_ns(row)
            since_ns = told_ns or began_ns(row, now_ns, self._last_ns)
            seen = bool(told_ns) or not first_dump or row.state is State.TIME_WAIT
            return _Past(Connection(row, holders, no_owner, user, since_ns, seen, mark, peer), now_ns)
        old = past.connection
        if row.state is not old.row.state:
            since_ns = self._told_ns(row) or began_ns(row, now_ns, self._last_ns)
            return _Past(Connection(row, holders, no_owner, user, since_ns, True, Mark.CHANGED, peer), now_ns)
        mark = old.mark
        if mark is Mark.GONE or now_ns - past.marked_ns >= MARK_NS:
            mark = Mark.NONE
        same = (old.row, old.owners, old.no_owner, old.mark, old.peer) == (row, holders, no_owner, mark, peer)
        if not same:
            past.connection = replace(old, row=row, owners=holders, no_owner=no_owner, user=user, mark=mark, peer=peer)
        return past

    def _told_ns(self, row: SocketRow) -> int | None:
        """When the row's state began, where the kernel told it since the last dump."""
        state, time_ns = self._witnessed.get(row.cookie, (None, None))
        return time_ns if state is row.state else None

    def _fading(self, past: _Past, now_ns: int) -> _Past | None:
        if past.connection.mark is not Mark.GONE:
            return _Past(replace(past.connection, mark=Mark.GONE, peer=None), now_ns)
        return past if now_ns - past.marked_ns < MARK_NS else None


def began_ns(row: SocketRow, now_ns: int, last_dump_ns: int | None) -> int:
    """The latest moment at which the row's state may have begun, as the kernel's own clocks tell it.

    TIME-WAIT's timer counts down from 2MSL; a state that an ACK began is no younger than the newest ACK. Between two
    dumps the change lies after the earlier one.
    """
    began = now_ns
    if row.state is State.TIME_WAIT and row.timer is not None and row.timer.kind is TimerKind.TIME_WAIT:
        began = now_ns - max(0, TIME_WAIT_NS - row.timer.left_ms(now_ns) * 1_000_000)
    elif row.state in BEGAN_WITH_AN_ACK and (quiet_ms := row.last_ack_recv) is not None:
        began = row.read_ns - quiet_ms * 1_000_000
    return began if last_dump_ns is None or row.state is State.TIME_WAIT else max(began, last_dump_ns)


def by_ends(connections: Iterable[Connection]) -> dict[bytes, Connection]:
    """Connections by their four-tuple; a row that is gone does not hide the one that has taken its place."""
    found: dict[bytes, Connection] = {}
    for connection in connections:
        if connection.mark is not Mark.GONE or connection.row.ends not in found:
            found[connection.row.ends] = connection
    return found
