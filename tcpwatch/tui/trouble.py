"""Which connections are in trouble, as a table, and the one line that is always on the screen. Pure.

Only what one row of the kernel's table proves stands here; what needs history and packets is `diagnose`'s work.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from tcpwatch.diagnose.finding import Finding
from tcpwatch.diagnose.listening import accept_queue_is_full
from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.tcp.sockets import NoOwner, TimerKind
from tcpwatch.tcp.state import State
from tcpwatch.tui.format import age, grouped, several
from tcpwatch.tui.line import Line, Run

RETRANSMITS = 3  # once or twice is ordinary loss; tcp_retries1 is 3 as well

# Who it is where there is no owner to name.
UNSEEN = {
    NoOwner.KERNEL: "the kernel, whose program let go,",
    NoOwner.NOT_ACCEPTED: "its program, which has not accepted it,",
}


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
    """A probe has found no room: each answer resets the count of probes, but only room resets their backoff."""
    timer = connection.row.timer
    if timer is None or timer.kind is not TimerKind.PERSIST:
        return False
    info = connection.row.info
    return timer.retransmits > 0 or info is None or bool(info.backoff)


def _backlog_full(connection: Connection) -> bool:
    backlog = connection.row.backlog
    return backlog is not None and accept_queue_is_full(backlog)


TURNED_AWAY = Trouble(State.LISTEN, lambda c: c.turned_away > 0, "LISTEN that turned clients away", "must accept()")

# First match wins, and the first kind that anything is in leads the summary.
TROUBLES = (
    TURNED_AWAY,
    Trouble(State.CLOSE_WAIT, lambda connection: True, "CLOSE-WAIT", "must close()"),
    Trouble(State.LISTEN, _backlog_full, "LISTEN with a full accept queue", "must accept() faster"),
    Trouble(None, _not_acknowledged, "not acknowledged", "gets no ACK from its peer"),
    Trouble(None, _window_stays_shut, "with a full window", "waits for its peer to read"),
)


NOTHING_STUCK = Line(
    ((" ✓ ", "open"), ("nothing looks stuck: no CLOSE-WAIT, and no queue or timer that tells of trouble", "muted"))
)
NO_CLOSE_WAIT = Line(((" no CLOSE-WAIT here. More is not known: this source has no queues and no timers", "muted"),))


def trouble_of(connection: Connection) -> Trouble | None:
    """The trouble this connection is in, None ordinarily."""
    row = connection.row
    if connection.mark is Mark.GONE:
        return None
    for trouble in TROUBLES:
        if trouble.state in (None, row.state) and trouble.holds(connection):
            return trouble
    return None


def summary(connections: Sequence[Connection], now_ns: int, alarms: Sequence[Finding] = ()) -> Line:
    """The trouble line: an alarm, or the worst kind with its count, age and owner; how many others there are."""
    found: dict[Trouble, list[Connection]] = {trouble: [] for trouble in TROUBLES}
    for connection in connections:
        row = connection.row
        if (row.timer or row.backlog or row.state is State.CLOSE_WAIT) and (trouble := trouble_of(connection)):
            found[trouble].append(connection)  # the first test alone lets most of 50,000 sockets pass
    kinds = [(trouble, members) for trouble, members in found.items() if members]
    if alarms:
        others = sum(len(members) for trouble, members in kinds if trouble is not TURNED_AWAY) + len(alarms) - 1
        return Line(((f" ⚠ {alarms[0].says}", "trouble"), *_others(others)))
    if not kinds:
        rows = (connection.row for connection in connections)
        told = any(row.recv_q is not None or row.timer or row.backlog for row in rows)
        return NOTHING_STUCK if told or not connections else NO_CLOSE_WAIT
    trouble, members = kinds[0]
    oldest = min(members, key=lambda connection: connection.since_ns)
    others = sum(len(more) for _, more in kinds[1:])
    return Line(
        (
            (f" ⚠ {len(members)} {trouble.name}", "trouble"),
            (f"  oldest {age(now_ns, oldest.since_ns, oldest.since_seen)}  ", ""),
            (_who(members), "strong"),
            (f" {trouble.must}", ""),
            *_others(others),
        )
    )


def _others(count: int) -> tuple[Run, ...]:
    return ((f"   and {grouped(count)} more in other trouble", "muted"),) if count else ()


def _who(members: list[Connection]) -> str:
    owners = Counter(f"{owner.command}/{owner.pid}" for connection in members for owner in connection.owners[:1])
    if not owners:
        no_owner = members[0].no_owner or NoOwner.UNKNOWN
        return UNSEEN.get(no_owner, f"its program ({no_owner if no_owner.out_of_sight else 'not known'})")
    first, *rest = owners
    name = owners.most_common(1)[0][0]
    return f"{name} and {several(len(rest), 'other')}" if first and rest else name
