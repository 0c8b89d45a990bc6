"""The socket table in groups by state, as one flat list of rows. Pure.

A closed group is only counted, never sorted, so that ten thousand TIME-WAIT sockets cost one pass.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import Any

from tcpwatch.diagnose.diagnosis import TROUBLE_OF_STATE
from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.sockets.row import Timer
from tcpwatch.tcp.state import State
from tcpwatch.tui.paint.glyphs import STATE_LOOKS

FOLDED_ABOVE = {State.TIME_WAIT: 20}  # above so many the group begins folded; its heading still counts them


@dataclass(frozen=True, slots=True)
class Heading:
    """A group's heading: its state, how many are in it, which has been in it longest, whether its rows are hidden.

    `next_gone` is the timer of the TIME-WAIT that ends first, None in other groups; `left_out` is how many CLOSED ones
    were left out; `in_trouble` is whether its state is trouble for one of them.
    """

    state: State
    count: int
    oldest: Connection
    folded: bool
    next_gone: Timer | None
    left_out: int = 0
    in_trouble: bool = False

    @property
    def key(self) -> State:
        """The identity of the heading: its state."""
        return self.state


TableRow = Heading | Connection


@dataclass(frozen=True)
class Order:
    """One way to sort the rows of a group."""

    title: str
    key: Callable[[Connection], Any]


def _owner(connection: Connection) -> tuple[Any, ...]:
    owner = connection.owners[0] if connection.owners else None
    return (owner is None, owner and (owner.command, owner.pid), connection.since_ns)


def _queue(connection: Connection) -> tuple[Any, ...]:
    return (-(connection.row.recv_q or 0) - (connection.row.send_q or 0), connection.since_ns)


ORDERS = (
    Order("time in state", attrgetter("since_ns")),
    Order("owner", _owner),
    Order("queues", _queue),
    Order("remote", lambda connection: (connection.row.remote, connection.row.local)),
)


@dataclass(frozen=True)
class View:
    """How the user has set the table: which connections are shown, in which order, and which groups are folded."""

    shown: Callable[[Connection], bool] | None = None
    order: Order = ORDERS[0]
    folded: Mapping[State, bool] = field(default_factory=lambda: {State.CLOSED: True})

    def with_group(self, state: State, folded: bool) -> "View":
        """The same with one group folded or not."""
        return replace(self, folded={**self.folded, state: folded})


@dataclass(frozen=True, slots=True)
class ArrangedRows:
    """The rows in order, how many open connections the filter lets pass, and the states folded for their size."""

    rows: Sequence[TableRow]
    count: int
    crowds: frozenset[State]


def arrange(
    connections: Sequence[Connection], view: View, closed: Sequence[Connection] = (), left_out: int = 0
) -> ArrangedRows:
    """All rows in order; reads nothing but its arguments, so that it may run in any thread.

    `closed` are connections that have ended, which come last, and `left_out` more of them.
    """
    shown = connections if view.shown is None else [one for one in connections if view.shown(one)]
    groups = by_state(shown)
    crowds = frozenset(
        state
        for state, limit in FOLDED_ABOVE.items()
        if len(groups.get(state, ())) > limit and state not in view.folded
    )
    folded = {**view.folded, **dict.fromkeys(crowds, True)}
    rows = rows_of(groups, view.order, folded)
    if ended := [one for one in closed if view.shown is None or view.shown(one)]:
        rows += rows_of({State.CLOSED: ended}, view.order, folded, left_out)
    return ArrangedRows(rows, len(shown), crowds)


def by_state(connections: Iterable[Connection]) -> dict[State, list[Connection]]:
    """The connections by state, in the order of the screen; no empty groups."""
    groups: dict[State, list[Connection]] = {state: [] for state in STATE_LOOKS}
    for connection in connections:
        groups[connection.row.state].append(connection)
    return {state: members for state, members in groups.items() if members}


def rows_of(
    groups: Mapping[State, list[Connection]], order: Order, folded: Mapping[State, bool], left_out: int = 0
) -> list[TableRow]:
    """Headings, each followed by its connections, which are sorted in place, unless it is folded."""
    rows: list[TableRow] = []
    for state, members in groups.items():
        heading = _heading(state, members, folded.get(state, False), left_out)
        rows.append(heading)
        if not heading.folded:
            members.sort(key=order.key)
            rows.extend(members)
    return rows


def _fires_ns(timer: Timer) -> int:
    return timer.read_ns + timer.expires_ms * 1_000_000


def _heading(state: State, members: list[Connection], folded: bool, left_out: int) -> Heading:
    living = [connection for connection in members if connection.mark is not Mark.GONE]
    timers = [c.row.timer for c in living if c.row.timer] if state is State.TIME_WAIT else ()
    return Heading(
        state=state,
        count=len(living),
        oldest=min(living or members, key=attrgetter("since_ns")),
        folded=folded,
        next_gone=min(timers, key=_fires_ns, default=None),
        left_out=left_out,
        in_trouble=any(one.trouble is trouble for one in living) if (trouble := TROUBLE_OF_STATE.get(state)) else False,
    )
