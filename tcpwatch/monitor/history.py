"""Combines dumps and events: the timeline of each socket, and which rows are new, changed or gone.

Kernel events have exact times. Without an event, a change is known only to lie between two dumps. Reads no clock: the
time of each dump is an argument.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from tcpwatch.kernel.events import RawEvent, SocketEvent, decode_events
from tcpwatch.monitor.around.peers import Peers
from tcpwatch.monitor.recently_closed import (
    CLOSED_LIMIT,
    RecentlyClosed,
    closed_connection,
    final_event,
    reported_owners,
    short_lived_connection,
)
from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.sockets.row import NoOwner, Owner, SocketRow, TimerKind
from tcpwatch.sockets.timeline import Precision, Timeline
from tcpwatch.tcp.state import State

MARK_NS = 3_000_000_000  # how long a row is shown as new, changed or gone
TIME_WAIT_NS = 60_000_000_000  # TCP_TIMEWAIT_LEN, include/net/tcp.h
PENDING_LIMIT = 10_000  # sockets with events since the last dump
UNSEEN_NS = 5_000_000_000  # how long a socket with events may be missing from the dumps before it is forgotten

MINISOCKET_STATES = frozenset({State.TIME_WAIT, State.FIN_WAIT_2})
"""States in which Linux replaces the full socket by a small one and reports the full one as closed."""

ENTERED_BY_ACK = frozenset({State.ESTABLISHED, State.FIN_WAIT_2, State.CLOSE_WAIT})
"""States that begin with a received ACK, so they are at least as old as the newest ACK (`tcpi_last_ack_recv`)."""


@dataclass(slots=True)
class _Tracked:
    """A socket of the last dump. `marked_ns` is when `mark` was set."""

    connection: Connection
    marked_ns: int


class History:
    """Turns dumps into connections with ages and marks. Rows that vanish stay for MARK_NS, marked gone."""

    def __init__(self) -> None:
        self._tracked: dict[int, _Tracked] = {}
        self._pending: OrderedDict[int, list[RawEvent]] = OrderedDict()
        self._closed = RecentlyClosed()
        self._peers = Peers(())
        self._last_ns: int | None = None

    @property
    def closed_left_out(self) -> int:
        """How many closed connections were dropped since the start."""
        return self._closed.left_out

    def add_events(self, raw_events: Iterable[RawEvent]) -> None:
        """Store the kernel's events since the last call, undecoded, until the next dump."""
        pending = self._pending
        for raw_event in raw_events:
            cookie = raw_event[0]
            if (waiting := pending.get(cookie)) is not None:
                waiting.append(raw_event)
                continue
            pending[cookie] = [raw_event]
            if len(pending) > PENDING_LIMIT:
                pending.popitem(last=False)
                self._closed.left_out += 1

    def update(
        self,
        rows: Sequence[SocketRow],
        owners: Mapping[int, tuple[Owner, ...] | NoOwner],
        users: Mapping[int, str],
        now_ns: int,
    ) -> list[Connection]:
        """The connections as of a dump made at `now_ns` (monotonic)."""
        pending, self._pending = self._pending, OrderedDict()
        peers = Peers(rows)
        same_peers = peers == self._peers
        previous = self._tracked
        current: dict[int, _Tracked] = {}
        for row in rows:
            cookie = row.cookie
            tracked, owners_found = previous.get(cookie), owners.get(cookie, NoOwner.UNKNOWN)
            if (
                same_peers
                and tracked is not None
                and cookie not in pending
                and _is_unchanged(tracked.connection, row, owners_found)
            ):
                current[cookie] = tracked
                continue
            user = users.get(row.uid) if row.uid is not None else None
            events = decode_events(pending.pop(cookie, ()))
            current[cookie] = self._next(tracked, row, events, owners_found, user, peers.of(row), now_ns)
        self._tracked, self._peers = current, peers
        self._track_missing(previous, pending, now_ns)
        self._last_ns = now_ns
        return [tracked.connection for tracked in current.values()]

    def closed(self, now_ns: int) -> tuple[Connection, ...]:
        """The recently closed connections at `now_ns`, in order; their other ends as of the last update."""
        return self._closed.current(self._peers.by_ends, now_ns)

    def _next(
        self,
        tracked: _Tracked | None,
        row: SocketRow,
        events: Sequence[SocketEvent],
        owners_found: tuple[Owner, ...] | NoOwner,
        user: str | None,
        peer: int | None,
        now_ns: int,
    ) -> _Tracked:
        if (
            tracked is not None
            and not events
            and tracked.connection.peer == peer
            and _is_unchanged(tracked.connection, row, owners_found)
        ):
            return tracked
        holders, no_owner = _holders(owners_found, events, tracked)
        if tracked is None:
            mark = Mark.NONE if self._last_ns is None else Mark.NEW
            timeline = self._at_dump(with_events(Timeline(), events), row, now_ns)
            known = timeline if events else None
            return _Tracked(
                Connection(row, holders, no_owner, user, *_current_interval(timeline), mark, peer, known), now_ns
            )
        old = tracked.connection
        mark = old.mark if now_ns - tracked.marked_ns < MARK_NS else Mark.NONE
        if row.state is not old.row.state or events or old.mark is Mark.GONE:
            changed = row.state is not old.row.state
            mark = Mark.CHANGED if changed else Mark.NONE if old.mark is Mark.GONE else mark
            timeline = self._at_dump(with_events(old.timeline.unended, events), row, now_ns)
            connection = Connection(row, holders, no_owner, user, *_current_interval(timeline), mark, peer, timeline)
            return _Tracked(connection, now_ns if changed else tracked.marked_ns)
        same = (old.row, old.owners, old.no_owner, old.mark, old.peer) == (row, holders, no_owner, mark, peer)
        if not same:
            tracked.connection = replace(
                old, row=row, owners=holders, no_owner=no_owner, user=user, mark=mark, peer=peer
            )
        return tracked

    def _at_dump(self, timeline: Timeline, row: SocketRow, now_ns: int) -> Timeline:
        """The timeline after a dump that shows `row`; without an event, its state began between two dumps."""
        if timeline.last is not None and timeline.last.state is State.CLOSED and row.state in MINISOCKET_STATES:
            return timeline.ending_as(row.state)
        old = self._last_ns is None and row.state is not State.TIME_WAIT  # its timer shows the age
        return timeline.entering(
            row.state, began_ns(row, now_ns, self._last_ns), Precision.AT_LEAST if old else Precision.BETWEEN
        )

    def _track_missing(
        self, previous: Mapping[int, _Tracked], pending: OrderedDict[int, list[RawEvent]], now_ns: int
    ) -> None:
        """Sockets that left the table are gone for MARK_NS, then closed; those never in it are closed at once."""
        newly_closed: list[Connection] = []
        current = self._tracked
        for cookie, tracked in previous.items():
            if cookie in current:
                continue
            connection = tracked.connection
            if connection.mark is not Mark.GONE:
                current[cookie] = _Tracked(_gone(connection, decode_events(pending.pop(cookie, ())), now_ns), now_ns)
            elif now_ns - tracked.marked_ns < MARK_NS:
                current[cookie] = tracked
            elif connection.row.state is not State.TIME_WAIT:  # its connection was already reported as closed
                newly_closed.append(closed_connection(connection))
        self._closed.add([*newly_closed, *self._short_lived(pending, now_ns)])

    def _short_lived(self, pending: OrderedDict[int, list[RawEvent]], now_ns: int) -> list[Connection]:
        """Closed connections that no dump has shown, the latest ones; those not closed yet stay pending."""
        closed: list[Connection] = []
        while pending and len(closed) < CLOSED_LIMIT:
            cookie, raw_events = pending.popitem()
            events = decode_events(raw_events)
            if (end := final_event(events)) is not None:
                closed += (
                    []
                    if self._is_minisocket_now(end)
                    else [short_lived_connection(end, events, with_events(Timeline(), events))]
                )
            elif events and now_ns - events[-1].time_ns < UNSEEN_NS:
                self._pending[cookie] = raw_events
        self._closed.left_out += len(pending)
        return closed[::-1]

    def _is_minisocket_now(self, end: SocketEvent) -> bool:
        """Whether the table has it as a small socket, which gets another cookie if its cookie was never requested."""
        cookie = self._peers.by_ends.get(end.ends)
        return (
            end.row is not None
            and cookie is not None
            and self._tracked[cookie].connection.row.state in MINISOCKET_STATES
        )


def _gone(connection: Connection, events: Sequence[SocketEvent], now_ns: int) -> Connection:
    """A connection that has left the table."""
    timeline = with_events(connection.timeline, events).entering(State.CLOSED, now_ns, Precision.BETWEEN)
    owners = connection.owners or reported_owners(events)
    no_owner = None if owners else connection.no_owner
    return replace(connection, owners=owners, no_owner=no_owner, mark=Mark.GONE, peer=None, past=timeline)


def _is_unchanged(old: Connection, row: SocketRow, owners_found: tuple[Owner, ...] | NoOwner) -> bool:
    """Whether nothing has changed, as for nearly all of 50,000 sockets."""
    return old.row is row and old.mark is Mark.NONE and (old.no_owner is owners_found or old.owners == owners_found)


def _holders(
    owners_found: tuple[Owner, ...] | NoOwner, events: Sequence[SocketEvent], tracked: _Tracked | None
) -> tuple[tuple[Owner, ...], NoOwner | None]:
    """The owners: as found, else from events or earlier rows; or the reason why there are none."""
    if not isinstance(owners_found, NoOwner):
        return owners_found, None
    last_owners = tuple(owner for owner in tracked.connection.owners if owner.gone) if tracked is not None else ()
    holders = reported_owners(events) or last_owners
    return holders, None if holders else owners_found


def with_events(timeline: Timeline, events: Sequence[SocketEvent]) -> Timeline:
    """The timeline, extended by these events."""
    for event in sorted(events, key=itemgetter(0)):
        if event.new is None:
            timeline = timeline.noting(event.kind, event.time_ns)
        else:
            timeline = timeline.entering(event.new, event.time_ns, event.precision, event.old)
    return timeline


def _current_interval(timeline: Timeline) -> tuple[int, bool]:
    """Since when the last state lasts, and whether its beginning was seen."""
    last = timeline.intervals[-1]
    return last.since_ns, last.precision is not Precision.AT_LEAST


def began_ns(row: SocketRow, now_ns: int, last_dump_ns: int | None) -> int:
    """The latest time at which the row's state can have begun, from the kernel's own clocks.

    The TIME-WAIT timer counts down from 2MSL; a state that began with an ACK is at least as old as the newest ACK. A
    change between two dumps is later than the first dump.
    """
    began = now_ns
    if row.state is State.TIME_WAIT and row.timer is not None and row.timer.kind is TimerKind.TIME_WAIT:
        began = now_ns - max(0, TIME_WAIT_NS - row.timer.left_ms(now_ns) * 1_000_000)
    elif row.state in ENTERED_BY_ACK and (quiet_ms := row.last_ack_recv) is not None:
        began = row.read_ns - quiet_ms * 1_000_000
    return began if last_dump_ns is None or row.state is State.TIME_WAIT else max(began, last_dump_ns)


def by_ends(connections: Iterable[Connection]) -> dict[bytes, Connection]:
    """Connections by four-tuple; a gone row does not hide the row that replaced it."""
    found: dict[bytes, Connection] = {}
    for connection in connections:
        if connection.mark is not Mark.GONE or connection.row.ends not in found:
            found[connection.row.ends] = connection
    return found
