"""The headline: one line, always on the screen, on what is in trouble. Pure."""

from collections import Counter
from collections.abc import Sequence

from tcpwatch.diagnose.diagnosis import TROUBLES, troubles_of_rules
from tcpwatch.diagnose.finding import Since
from tcpwatch.diagnose.rule import Beginning, Trouble
from tcpwatch.monitor.snapshot import Connection, Snapshot
from tcpwatch.monitor.trouble_ages import in_trouble
from tcpwatch.sockets.row import NoOwner
from tcpwatch.tui.paint.format import age, grouped, several
from tcpwatch.tui.paint.line import Line, Run

# Who must act where there is no owner to name.
UNSEEN = {
    NoOwner.KERNEL: "the kernel, whose program let go,",
    NoOwner.NOT_ACCEPTED: "its program, which has not accepted it,",
}


NOTHING_STUCK = Line(
    ((" ✓ ", "open"), ("nothing looks stuck: no CLOSE-WAIT, and no queue or timer that tells of trouble", "muted"))
)
NOTHING_STUCK_HALF_CLOSED = Line(
    (
        (" ✓ ", "open"),
        ("nothing looks stuck: each CLOSE-WAIT still sends or is new, and no queue or timer tells of trouble", "muted"),
    )
)
NO_CLOSE_WAIT = Line(((" no CLOSE-WAIT here. More is not known: this source has no queues and no timers", "muted"),))


def summary(snapshot: Snapshot) -> Line:
    """The headline: an alarm, or the worst trouble with its count, age and owner; how many others there are."""
    connections, alarms = snapshot.connections, snapshot.alarms
    found: dict[Trouble, list[Connection]] = {trouble: [] for trouble in TROUBLES}
    for trouble, connection in in_trouble(connections):
        found[trouble].append(connection)
    kinds = [(trouble, members) for trouble, members in found.items() if members]
    if alarms:
        announced = troubles_of_rules(alarm.rule for alarm in alarms)
        others = sum(len(members) for trouble, members in kinds if trouble not in announced) + len(alarms) - 1
        return Line(((f" ⚠ {alarms[0].message}", "trouble"), *_others(others)))
    if not kinds:
        rows = (connection.row for connection in connections)
        known = any(row.recv_q is not None or row.timer or row.backlog for row in rows)
        if any(connection.half_close for connection in connections):
            return NOTHING_STUCK_HALF_CLOSED
        return NOTHING_STUCK if known or not connections else NO_CLOSE_WAIT
    trouble, members = kinds[0]
    others = sum(len(more) for _, more in kinds[1:])
    return Line(
        (
            (f" ⚠ {len(members)} {trouble.name}", "trouble"),
            (f"  {_oldest(trouble, members, snapshot)}", ""),
            (_who(members), "strong"),
            (f" {trouble.must}", ""),
            *_others(others),
        )
    )


def _oldest(trouble: Trouble, members: Sequence[Connection], snapshot: Snapshot) -> str:
    """How long the first of them has been in this trouble; empty where that is not known."""
    if trouble.began is Beginning.WITH_ITS_STATE:
        since = [Since(connection.since_ns, connection.since_seen) for connection in members]
    else:
        since = [snapshot.trouble_since[one.key] for one in members if one.key in snapshot.trouble_since]
    return f"oldest {age(snapshot.mono_ns, *min(since))}  " if since else ""


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
