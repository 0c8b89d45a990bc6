"""Which connections are in trouble, as a table, and since when. Reads no clock: the moment of each dump comes in.

Only what one row of the kernel's table proves stands here; what needs history and packets is `diagnose`'s work.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from tcpwatch.diagnose.finding import Finding, Since
from tcpwatch.diagnose.rules.listener import accept_queue_is_full
from tcpwatch.diagnose.timers.backoff import failing_ns, failures
from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.sockets.row import TimerKind
from tcpwatch.tcp.state import State

RETRANSMITS = 3  # once or twice is ordinary loss; tcp_retries1 is 3 as well


class Trouble(NamedTuple):
    """One kind: the state it may be in (None: any), its test, its name in the summary and what must happen."""

    state: State | None
    holds: Callable[[Connection], bool]
    name: str
    must: str


def _not_acknowledged(connection: Connection) -> bool:
    timer = connection.row.timer
    return timer is not None and timer.kind is TimerKind.RETRANSMIT and timer.retransmits >= RETRANSMITS


def _window_stays_shut(connection: Connection) -> bool:
    """A probe has found no room."""
    row = connection.row
    if row.timer is None or row.timer.kind is not TimerKind.PERSIST:
        return False
    return failures(row) > 0 or row.info is None


def _backlog_full(connection: Connection) -> bool:
    backlog = connection.row.backlog
    return backlog is not None and accept_queue_is_full(backlog)


TURNED_AWAY = Trouble(State.LISTEN, lambda c: c.turned_away > 0, "LISTEN that turned clients away", "must accept()")
NOT_CLOSED = Trouble(State.CLOSE_WAIT, lambda connection: True, "CLOSE-WAIT", "must close()")

# First match wins, and the first kind that anything is in leads the summary.
TROUBLES = (
    TURNED_AWAY,
    NOT_CLOSED,
    Trouble(State.LISTEN, _backlog_full, "LISTEN with a full accept queue", "must accept() faster"),
    Trouble(None, _not_acknowledged, "not acknowledged", "gets no ACK from its peer"),
    Trouble(None, _window_stays_shut, "with a full window", "waits for its peer to read"),
)

TOLD_BY = frozenset({"accept-queue-full", "fin-unacknowledged", "retransmitting", "syn-unanswered", "zero-window"})
"""The rules of `diagnose` whose findings tell of a trouble that is younger than its state."""


def trouble_of(connection: Connection) -> Trouble | None:
    """The trouble this connection is in, None ordinarily."""
    row = connection.row
    if connection.mark is Mark.GONE:
        return None
    for trouble in TROUBLES:
        if trouble.state in (None, row.state) and trouble.holds(connection):
            return trouble
    return None


def in_trouble(connections: Iterable[Connection]) -> Iterator[tuple[Trouble, Connection]]:
    """Those that are in any, each with its kind."""
    for connection in connections:
        row = connection.row
        if (row.timer or row.backlog or row.state is State.CLOSE_WAIT) and (trouble := trouble_of(connection)):
            yield trouble, connection  # the first test alone lets most of 50,000 sockets pass


def dated(findings: Iterable[Finding], since: Since) -> tuple[Finding, ...]:
    """The findings on a connection in trouble `since` then; those that tell of that trouble say so."""
    return tuple(replace(one, since=since) if one.rule in TOLD_BY else one for one in findings)


class _Spell(NamedTuple):
    """A time in one trouble; `failures` are those of its timer until now."""

    trouble: Trouble
    failures: int
    since: Since


class Troubles:
    """Since when connections have been in the troubles that are younger than their state, from dump to dump."""

    def __init__(self) -> None:
        self._spells: dict[int, _Spell] = {}
        self._looked = False

    def update(self, connections: Iterable[Connection], now_ns: int) -> dict[int, Since]:
        """By cookie, as of a dump made at `now_ns` (monotonic). CLOSE-WAIT is not in it: its own age tells."""
        self._spells = {
            connection.key: self._spell(trouble, connection, now_ns)
            for trouble, connection in in_trouble(connections)
            if trouble not in (TURNED_AWAY, NOT_CLOSED)
        }
        self._looked = True
        return {key: spell.since for key, spell in self._spells.items()}

    def _spell(self, trouble: Trouble, connection: Connection, now_ns: int) -> _Spell:
        """The one that goes on; another where its timer has had success in between, and begun anew."""
        row, before = connection.row, self._spells.get(connection.key)
        times = failures(row)
        if before is not None and before.trouble is trouble and before.failures <= times:
            return before._replace(failures=times)
        return _Spell(trouble, times, Since(now_ns - failing_ns(row, now_ns), seen=self._looked))
