"""The rules on a listener that turns clients away, or does not accept them; its other queue is in `half_open_queue`.

Only the counters of the whole namespace show why clients were turned away: a cause is named where one alone has risen.
"""

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.host import HostFacts
from tcpwatch.diagnose.local_cause import ListenerQueues
from tcpwatch.diagnose.message import Count, Message, Time, message
from tcpwatch.diagnose.problem import Cause, Certainty, Level, Problem, Severity
from tcpwatch.diagnose.rule import Beginning, ObservedSocket, Rule, Trouble
from tcpwatch.sockets.counters import SYNCOOKIES, Stack, half_open_limit
from tcpwatch.sockets.row import Backlog, NoOwner, SocketRow
from tcpwatch.tcp.state import State

LISTEN_OVERFLOWS, LISTEN_DROPS, HALF_OPEN_DROPS, COOKIES = (
    "ListenOverflows",
    "ListenDrops",
    "TCPReqQFullDrop",
    "SyncookiesSent",
)
ACCEPT_QUEUE_COMMANDS = ("nstat -az TcpExtListenOverflows TcpExtListenDrops", "sysctl net.core.somaxconn")
HALF_OPEN_COMMANDS = ("ss -tan state syn-recv", f"sysctl net.ipv4.tcp_max_syn_backlog {SYNCOOKIES}")


def accept_queue_is_full(backlog: Backlog) -> bool:
    """Whether new connections are turned away: Linux takes one more than the limit (sk_acceptq_is_full)."""
    return backlog.queued > backlog.limit


def half_open_queue_is_full(backlog: Backlog, stack: Stack) -> bool:
    """Whether a new SYN leaves no record: at the limit up to Linux 6.12, above it later."""
    return backlog.half_open is not None and backlog.half_open >= max(half_open_limit(backlog, stack), 1)


def is_full(backlog: Backlog, stack: Stack) -> bool:
    """Whether one of the queues is full."""
    return accept_queue_is_full(backlog) or half_open_queue_is_full(backlog, stack)


def waits_for_accept(row: SocketRow, no_owner: NoOwner | None) -> bool:
    """Whether the connection is open, and still in the queue of its listener."""
    return no_owner is NoOwner.NOT_ACCEPTED and row.state in ACCEPTABLE


def turned_away(facts: SocketFacts) -> Problem | None:
    """Clients met a full queue in the last minute, which is not full now."""
    if not (count := facts.turned_away) or overflows(facts) or flooded(facts):
        return None
    overflowed, too_many = (facts.stack.last_minute(name) for name in (LISTEN_OVERFLOWS, HALF_OPEN_DROPS))
    commands = HALF_OPEN_COMMANDS if too_many else ACCEPT_QUEUE_COMMANDS
    words = message(
        TURNED_AWAY_BY[bool(overflowed), bool(too_many)],
        port=f":{facts.row.local.port}",
        times=Count(count, "time"),
        syns=Count(count, "SYN"),
        program=facts.program,
    )
    cause = (Cause.PROGRAM, Certainty.CERTAIN) if overflowed and not too_many else (Cause.UNKNOWN, Certainty.OPEN)
    return Problem(
        Severity.NOTE, words, (in_the_last_minute(facts.stack),), commands, cause=cause[0], certainty=cause[1]
    )


TURNED_AWAY_BY = {
    (True, False): "The accept queue of {port} overflowed {times} in the last minute: {program} must accept() faster.",
    (False, True): "The half-open queue of {port} was full for {syns} in the last minute: they were dropped.",
    (True, True): "{port} turned clients away {times} in the last minute.",
    (False, False): "{port} turned clients away {times} in the last minute.",
}
"""By whether the accept queue overflowed, and whether the half-open queue was full."""


def somebody_turned_away(facts: HostFacts) -> Problem | None:
    """Clients were turned away, and no listener has counted them: its source does not count, or it is gone."""
    count = facts.stack.last_minute(LISTEN_DROPS)
    if not count or facts.blamed:
        return None
    words = message(
        "Clients were turned away {times} in the last minute; by which listener is not told here.",
        times=Count(count, "time"),
    )
    return Problem(Severity.WARN, words, (in_the_last_minute(facts.stack),), ACCEPT_QUEUE_COMMANDS)


def in_the_last_minute(stack: Stack) -> Message:
    """The counters that have risen in the last minute, in words."""
    risen = [f"{name} +{rise.last_minute:,}" for name, rise in stack.counters.items() if rise.last_minute]
    if not risen:
        return message("in this namespace in the last minute: no counter has risen")
    return message("in this namespace in the last minute: {counters}", counters=", ".join(risen))


def accept_queue_full(facts: SocketFacts) -> Problem | None:
    """LISTEN: more connections wait for accept() than the limit; Linux lets one more in."""
    backlog = facts.row.backlog
    if backlog is None or not accept_queue_is_full(backlog):
        return None
    refused = facts.turned_away
    so_far = message(", {times} in the last minute", times=Count(refused, "time")) if refused else ""
    return Problem(
        Severity.NOTE,
        message(
            "{program} does not accept fast enough: {waiting} in a queue for {limit}{first}. The kernel turns new ones "
            "away{so_far}.",
            program=facts.program,
            waiting=Count(backlog.queued, "connection"),
            limit=backlog.limit,
            first=_first_has_waited(facts),
            so_far=so_far,
        ),
        (in_the_last_minute(facts.stack),),
        (*_threads_of(facts), *ACCEPT_QUEUE_COMMANDS),
        cause=Cause.PROGRAM,
        certainty=Certainty.CERTAIN,
    )


def _first_has_waited(facts: SocketFacts) -> Message | str:
    queues = facts.queues
    if queues is None or not queues.waiting:
        return ""
    return message(", the first for {time}", time=Time(queues.waited_ns, not queues.seen))


def _threads_of(facts: SocketFacts) -> tuple[str, ...]:
    """What the threads of the program sleep in."""
    return (f"grep -H . /proc/{facts.owners[0].pid}/task/*/wchan",) if facts.owners else ()


def not_accepted(facts: SocketFacts) -> Problem | None:
    """A connection that is still in the accept queue; or a listener in whose queue one has been for long."""
    if facts.row.state is State.LISTEN:
        return accepts_nobody(facts) if _kept_waiting(facts) else None
    if not waits_for_accept(facts.row, facts.no_owner):
        return None
    return Problem(
        Severity.NOTE,
        message("The connection is open, but the server has not called accept(): it waits in the listener's queue."),
        (),
        (f"ss -tlnp sport = :{facts.row.local.port}",),
        cause=Cause.PROGRAM,
        certainty=Certainty.CERTAIN,
    )


def accepts_nobody(facts: SocketFacts) -> Problem:
    """The first in the queue is the one that accept() would return (inet_csk_accept)."""
    queues, backlog = facts.queues or ListenerQueues(), facts.row.backlog
    return Problem(
        Severity.NOTE,
        message(
            "{program} has not accepted {waiting} on {port}, the first for {time}.",
            program=facts.program,
            waiting=Count(queues.waiting, "connection"),
            port=f":{facts.row.local.port}",
            time=Time(queues.waited_ns, not queues.seen),
        ),
        (
            message(
                "{queued} of {limit} places in the accept queue are taken",
                queued=backlog.queued if backlog is not None else queues.waiting,
                limit=backlog.limit if backlog is not None else 0,
            ),
        ),
        (*_threads_of(facts), f"ss -tlnp sport = :{facts.row.local.port}"),
        cause=Cause.PROGRAM,
        certainty=Certainty.CERTAIN,
    )


def waits_for_clients(facts: SocketFacts) -> Problem:
    """LISTEN: waiting is what it is for."""
    if (backlog := facts.row.backlog) is None:
        return Problem(Severity.CHAT, message("{program} waits for connections.", program=facts.program))
    return Problem(
        Severity.CHAT,
        message(
            "{program} waits for connections. {queued} of {limit} waiting for accept().",
            program=facts.program,
            queued=backlog.queued,
            limit=backlog.limit,
        ),
    )


def overflows(socket: ObservedSocket) -> bool:
    """Whether its accept queue is full."""
    backlog = socket.row.backlog
    return backlog is not None and accept_queue_is_full(backlog)


def flooded(socket: ObservedSocket) -> bool:
    """Whether its half-open queue is full for longer than a moment."""
    return socket.queues is not None and socket.queues.flooded


def _kept_waiting(socket: ObservedSocket) -> bool:
    """Whether the first in the queue has been there for longer than a busy program takes."""
    queues = socket.queues
    return queues is not None and queues.waiting > 0 and queues.waited_ns >= PATIENCE_NS and not overflows(socket)


def _waited_ns(socket: ObservedSocket, now_ns: int) -> int:
    return socket.queues.waited_ns if socket.queues is not None else 0


TURNED_AWAY = Trouble(
    name="LISTEN that turned clients away",
    must="must accept()",
    rank=10,
    meets=lambda socket: socket.turned_away > 0 and not overflows(socket) and not flooded(socket),
    began=Beginning.IN_THE_LAST_MINUTE,
    severity=Severity.ERROR,
    only_where_something_waits=True,
)
ACCEPT_QUEUE_FULL = Trouble(
    name="LISTEN with a full accept queue",
    must="must accept() faster",
    rank=12,
    meets=overflows,
    began=Beginning.DURING_ITS_STATE,
    severity=Severity.ERROR,
    only_where_something_waits=True,
)
KEPT_WAITING = Trouble(
    name="LISTEN that is not accepted from",
    must="must accept()",
    rank=30,
    meets=lambda socket: _kept_waiting(socket) and not socket.turned_away and not flooded(socket),
    began=Beginning.DURING_ITS_STATE,
    only_where_something_waits=True,
    lasting_ns=_waited_ns,
)
PATIENCE_NS = 5_000_000_000  # a program that is busy with something else accepts within this time
LISTENING = frozenset({State.LISTEN})
ACCEPTABLE = frozenset({State.ESTABLISHED, State.CLOSE_WAIT})

RULES: tuple[Rule[SocketFacts], ...] = (
    Rule("turned-away", LISTENING, turned_away, "accept queue", TURNED_AWAY),
    Rule("accept-queue-full", LISTENING, accept_queue_full, "accept queue", ACCEPT_QUEUE_FULL),
    Rule("not-accepted", LISTENING | ACCEPTABLE, not_accepted, "accept queue", KEPT_WAITING),
    Rule("listening", LISTENING, waits_for_clients, "LISTEN"),
)
HOST_RULES: tuple[Rule[HostFacts], ...] = (
    Rule("somebody-turned-away", None, somebody_turned_away, "accept queue", level=Level.HOST, rank=11),
)
