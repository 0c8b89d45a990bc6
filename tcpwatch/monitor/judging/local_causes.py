"""Which sockets wait because of another socket of this host, and what waits in the queues of its listeners.

A function of one dump: the rest of the table explains a socket that its own record does not.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from tcpwatch.diagnose.deferral import FinalAck, final_ack
from tcpwatch.diagnose.local_cause import ListenerQueues, LocalCause
from tcpwatch.diagnose.problem import Since
from tcpwatch.diagnose.rules.listener import (
    COOKIES,
    HALF_OPEN_DROPS,
    accept_queue_is_full,
    half_open_queue_is_full,
    waits_for_accept,
)
from tcpwatch.diagnose.rules.opening import SUSPECTED
from tcpwatch.diagnose.rules.receiving import unread_for_ns
from tcpwatch.monitor.around.listener_of import BoundTo, bound_places
from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.sockets.counters import Stack
from tcpwatch.sockets.row import Backlog, SocketRow, TimerKind
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import reversed_ends

Places = dict[BoundTo, Connection]


def with_local_causes(connections: Sequence[Connection], stack: Stack, now_ns: int) -> Sequence[Connection]:
    """The connections, with `queues` set for listeners in which something waits, `unread_ns` and `local_cause`."""
    asked = [
        index
        for index, one in enumerate(connections)
        if ((row := one.row).timer or row.recv_q or row.backlog) and _may_wait(row) and one.mark is not Mark.GONE
    ]  # the first test lets most of 50,000 sockets pass
    if not asked:
        return connections
    judged = list(connections)
    listening = [index for index in asked if connections[index].row.backlog]
    if listening:
        _set_queues(judged, listening, stack, now_ns)
    listeners = {next(bound_places(judged[index].row)): judged[index] for index in listening}
    unread = {index: ns for index in asked if (ns := unread_for_ns(connections[index].row, now_ns)) is not None}
    stuck = {connections[index].key for index in unread}
    answered = {connections[index].key for index in asked if connections[index].row.state is State.SYN_RECEIVED}
    for index in asked:
        cause = _cause(connections[index], listeners, stuck, answered)
        if cause is not None or index in unread:
            judged[index] = replace(judged[index], local_cause=cause, unread_ns=unread.get(index))
    return judged


def _may_wait(row: SocketRow) -> bool:
    """Whether it is worth another look."""
    if row.recv_q:
        return True
    if (timer := row.timer) is not None:
        waits = timer.retransmits >= SUSPECTED or timer.kind is TimerKind.PERSIST
        return waits or row.state is State.SYN_RECEIVED
    return row.backlog is not None and bool(row.backlog.queued or row.backlog.half_open)


def _cause(one: Connection, listeners: Places, stuck: set[int], answered: set[int]) -> LocalCause | None:
    """By what kind of waiting it is; `stuck` are those that do not read, `answered` those in SYN-RECEIVED."""
    row = one.row
    if row.timer is None:
        return None
    if row.timer.kind is TimerKind.PERSIST:
        return LocalCause.READER if one.peer in stuck else None
    if row.state is State.SYN_SENT:
        if one.peer in answered:
            return LocalCause.ANSWERED
        return _of_queue(_listener_at(_places_of_remote(row), listeners))
    if row.state is not State.SYN_RECEIVED:
        return None
    listener = _listener_at(bound_places(row), listeners)
    known = final_ack(row, listener.row if listener is not None else None)
    return _OF_FINAL_ACK[known] if known in _OF_FINAL_ACK else _of_queue(listener)


_OF_FINAL_ACK = {FinalAck.DEFERRED: LocalCause.DEFERRED, FinalAck.NO_ROOM: LocalCause.FULL_QUEUE}


def _of_queue(listener: Connection | None) -> LocalCause | None:
    """The queue of the listener that keeps a handshake from its end."""
    if listener is None or listener.row.backlog is None:
        return None
    if accept_queue_is_full(listener.row.backlog):
        return LocalCause.FULL_QUEUE
    return LocalCause.FLOOD if listener.queues is not None and listener.queues.flooded else None


def _listener_at(places: Iterable[BoundTo], listeners: Places) -> Connection | None:
    return next((listeners[place] for place in places if place in listeners), None)


def _places_of_remote(row: SocketRow) -> Iterator[BoundTo]:
    """Where the listener at the other end would be bound, if that is this host and the same namespace."""
    return bound_places(replace(row, ends=reversed_ends(row.ends)))


def _set_queues(judged: list[Connection], listening: Sequence[int], stack: Stack, now_ns: int) -> None:
    """Count what waits for each of these listeners. Of several that share a place, the first is told of all."""
    members: dict[BoundTo, list[Connection]] = {}
    for index in reversed(listening):
        members[next(bound_places(judged[index].row))] = []
    for one in judged:
        row = one.row
        if (row.state is State.SYN_RECEIVED or waits_for_accept(row, one.no_owner)) and one.mark is not Mark.GONE:
            place = next((place for place in bound_places(row) if place in members), None)
            if place is not None:
                members[place].append(one)
    for index in listening:
        one = judged[index]
        if (waiting := members.pop(next(bound_places(one.row)), None)) and one.row.backlog is not None:
            judged[index] = replace(one, queues=_queues(waiting, one.row, one.row.backlog, stack, now_ns))


def _queues(
    members: Sequence[Connection], listener: SocketRow, backlog: Backlog, stack: Stack, now_ns: int
) -> ListenerQueues:
    accepting = [Since(one.since_ns, one.since_seen) for one in members if one.row.state is not State.SYN_RECEIVED]
    half_open = [one.row for one in members if one.row.state is State.SYN_RECEIVED]
    again = sum(1 for row in half_open if row.timer is not None and row.timer.retransmits)
    acks = Counter(final_ack(row, listener) for row in half_open)
    turned_away = any(stack.last_minute(name) for name in (HALF_OPEN_DROPS, COOKIES))
    full = half_open_queue_is_full(backlog, stack) and not accept_queue_is_full(backlog)
    first = min(accepting, default=Since(now_ns, seen=True))
    return ListenerQueues(
        waiting=len(accepting),
        waited_ns=now_ns - first.time_ns,
        seen=first.seen,
        half_open=len(half_open),
        addresses=len({row.remote.ip for row in half_open}),
        again=again,
        put_aside=acks[FinalAck.DEFERRED],
        flooded=full and 2 * acks[FinalAck.DEFERRED] < len(half_open) and (turned_away or 2 * again > len(half_open)),
    )
