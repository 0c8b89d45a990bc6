"""The rules on a listener's two queues: the handshakes under way, and the connections that wait for accept().

Only the counters of the whole namespace show why clients were turned away: a cause is named where one alone has risen.
"""

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.host import HostFacts
from tcpwatch.diagnose.problem import Level, Problem, Severity
from tcpwatch.diagnose.rule import Beginning, ObservedSocket, Rule, Trouble
from tcpwatch.sockets.counters import SYNCOOKIES, Stack, half_open_limit
from tcpwatch.sockets.row import Backlog
from tcpwatch.tcp.state import State
from tcpwatch.text.quantity import counted

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


def turned_away(facts: SocketFacts) -> Problem | None:
    """Clients met a full queue in the last minute."""
    if not (count := facts.turned_away):
        return None
    overflowed, too_many = (facts.stack.last_minute(name) for name in (LISTEN_OVERFLOWS, HALF_OPEN_DROPS))
    port = f":{facts.row.local.port}"
    if overflowed and not too_many:
        message = (
            f"The accept queue of {port} overflowed {counted(count, 'time')} in the last minute: {facts.program} must "
        )
        message += "accept() faster."
    elif too_many and not overflowed:
        message = (
            f"The half-open queue of {port} was full for {counted(count, 'SYN')} in the last minute: they were dropped."
        )
    else:
        message = f"{port} turned clients away {counted(count, 'time')} in the last minute."
    commands = HALF_OPEN_COMMANDS if too_many else ACCEPT_QUEUE_COMMANDS
    return Problem(Severity.NOTE, message, (in_the_last_minute(facts.stack),), commands)


def somebody_turned_away(facts: HostFacts) -> Problem | None:
    """Clients were turned away, and no listener has counted them: its source does not count, or it is gone."""
    count = facts.stack.last_minute(LISTEN_DROPS)
    if not count or facts.blamed:
        return None
    message = (
        f"Clients were turned away {counted(count, 'time')} in the last minute; by which listener is not told here."
    )
    return Problem(Severity.WARN, message, (in_the_last_minute(facts.stack),), ACCEPT_QUEUE_COMMANDS)


def in_the_last_minute(stack: Stack) -> str:
    """The counters that have risen in the last minute, in words."""
    risen = [f"{name} +{rise.last_minute:,}" for name, rise in stack.counters.items() if rise.last_minute]
    return f"in this namespace in the last minute: {', '.join(risen) or 'no counter has risen'}"


def accept_queue_full(facts: SocketFacts) -> Problem | None:
    """LISTEN: more connections wait for accept() than the limit; Linux lets one more in."""
    backlog = facts.row.backlog
    if backlog is None or not accept_queue_is_full(backlog):
        return None
    return Problem(
        Severity.NOTE,
        f"{facts.program} does not accept fast enough: {counted(backlog.queued, 'connection')} in a queue for "
        f"{backlog.limit}. The kernel turns new ones away.",
        (),
        ACCEPT_QUEUE_COMMANDS,
    )


def half_open_queue_full(facts: SocketFacts) -> Problem | None:
    """LISTEN: the half-open queue is full. No trouble by itself: `turned_away` counts the clients that are dropped."""
    backlog = facts.row.backlog
    if backlog is None or not half_open_queue_is_full(backlog, facts.stack):
        return None
    under_way = counted(backlog.half_open or 0, "handshake")
    limit = half_open_limit(backlog, facts.stack)
    answer = "Linux drops new SYNs" if facts.stack.sysctls.get(SYNCOOKIES) == 0 else "Linux answers with SYN cookies"
    return Problem(
        Severity.NOTE,
        f"{under_way} without the last ACK, room for {limit}: {answer}. ACKs are lost, or a SYN flood.",
        (in_the_last_minute(facts.stack),),
        HALF_OPEN_COMMANDS,
    )


def waits_for_clients(facts: SocketFacts) -> Problem:
    """LISTEN: waiting is what it is for."""
    backlog = facts.row.backlog
    queue = f" {backlog.queued} of {backlog.limit} waiting for accept()." if backlog is not None else ""
    return Problem(Severity.CHAT, f"{facts.program} waits for connections.{queue}")


def _overflows(socket: ObservedSocket) -> bool:
    backlog = socket.row.backlog
    return backlog is not None and accept_queue_is_full(backlog)


TURNED_AWAY = Trouble(
    name="LISTEN that turned clients away",
    must="must accept()",
    rank=10,
    meets=lambda socket: socket.turned_away > 0,
    began=Beginning.IN_THE_LAST_MINUTE,
    severity=Severity.ERROR,
    only_where_something_waits=True,
)
ACCEPT_QUEUE_FULL = Trouble(
    name="LISTEN with a full accept queue",
    must="must accept() faster",
    rank=30,
    meets=_overflows,
    began=Beginning.DURING_ITS_STATE,
    severity=Severity.ERROR,
    only_where_something_waits=True,
)
LISTENING = frozenset({State.LISTEN})

RULES: tuple[Rule[SocketFacts], ...] = (
    Rule("turned-away", LISTENING, turned_away, "accept queue", TURNED_AWAY),
    Rule("accept-queue-full", LISTENING, accept_queue_full, "accept queue", ACCEPT_QUEUE_FULL),
    Rule("half-open-queue-full", LISTENING, half_open_queue_full, "half-open queue"),
    Rule("listening", LISTENING, waits_for_clients, "LISTEN"),
)
HOST_RULES: tuple[Rule[HostFacts], ...] = (
    Rule("somebody-turned-away", None, somebody_turned_away, "accept queue", level=Level.HOST, rank=11),
)
