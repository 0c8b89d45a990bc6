"""The rules on a listener's handshakes under way: too many of them, or put aside because it wants data first."""

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.message import Count, message
from tcpwatch.diagnose.problem import Cause, Certainty, Problem, Severity
from tcpwatch.diagnose.rule import Beginning, ObservedSocket, Rule, Trouble
from tcpwatch.diagnose.rules.listener import (
    HALF_OPEN_COMMANDS,
    LISTENING,
    flooded,
    half_open_queue_is_full,
    in_the_last_minute,
    overflows,
)
from tcpwatch.sockets.counters import SYNCOOKIES, half_open_limit


def syn_flood(facts: SocketFacts) -> Problem | None:
    """LISTEN: handshakes have filled the half-open queue, and their last ACKs do not come."""
    backlog, queues = facts.row.backlog, facts.queues
    if backlog is None or queues is None or not queues.flooded:
        return None
    no_cookies = facts.stack.sysctls.get(SYNCOOKIES) == 0
    answer = "Linux drops new SYNs" if no_cookies else "Linux answers new SYNs with SYN cookies"
    return Problem(
        Severity.NOTE,
        message(
            "{handshakes} of {port} from {addresses} wait for the last ACK, room for {limit}: a SYN flood, or their "
            "ACKs are lost. {answer}.",
            handshakes=Count(queues.half_open, "handshake"),
            port=f":{facts.row.local.port}",
            addresses=Count(queues.addresses, "address"),
            limit=half_open_limit(backlog, facts.stack),
            answer=message(answer),
        ),
        (
            message("{again} of them have been sent a SYN-ACK more than once", again=queues.again),
            in_the_last_minute(facts.stack),
        ),
        HALF_OPEN_COMMANDS,
        cause=Cause.PEER,
        certainty=Certainty.LIKELY,
    )


def half_open_queue_full(facts: SocketFacts) -> Problem | None:
    """LISTEN: the half-open queue is full for a moment, or with handshakes that its program wants to be put aside."""
    backlog = facts.row.backlog
    if backlog is None or not half_open_queue_is_full(backlog, facts.stack) or flooded(facts):
        return None
    no_cookies = facts.stack.sysctls.get(SYNCOOKIES) == 0
    return Problem(
        Severity.NOTE,
        message(
            "{handshakes} without the last ACK, room for {limit}: {answer}. ACKs are lost, or a SYN flood.",
            handshakes=Count(backlog.half_open or 0, "handshake"),
            limit=half_open_limit(backlog, facts.stack),
            answer=message("Linux drops new SYNs" if no_cookies else "Linux answers with SYN cookies"),
        ),
        (in_the_last_minute(facts.stack),),
        HALF_OPEN_COMMANDS,
    )


def deferred_accept(facts: SocketFacts) -> Problem | None:
    """LISTEN: clients have done their part, and the listener wants data before it is told of them."""
    if not _defers(facts) or facts.queues is None:
        return None
    return Problem(
        Severity.CHAT,
        message(
            "{program} asked for data first (TCP_DEFER_ACCEPT): {handshakes} of {port} are put aside until it comes, "
            "or until the time set is over.",
            program=facts.program,
            handshakes=Count(facts.queues.put_aside, "handshake"),
            port=f":{facts.row.local.port}",
        ),
        (),
        (f"ss -tan state syn-recv sport = :{facts.row.local.port}",),
        cause=Cause.PROGRAM,
        certainty=Certainty.CERTAIN,
    )


def _defers(socket: ObservedSocket) -> bool:
    return socket.queues is not None and socket.queues.put_aside > 0 and not overflows(socket)


FLOODED = Trouble(
    name="LISTEN with a full half-open queue",
    must="gets SYNs without the last ACK",
    rank=13,
    meets=lambda socket: flooded(socket) and not overflows(socket),
    began=Beginning.DURING_ITS_STATE,
    only_where_something_waits=True,
)
DEFERS = Trouble(
    name="LISTEN that waits for data first",
    must="asked for it",
    rank=80,
    meets=_defers,
    began=Beginning.DURING_ITS_STATE,
    severity=Severity.CHAT,
    only_where_something_waits=True,
)

RULES: tuple[Rule[SocketFacts], ...] = (
    Rule("syn-flood", LISTENING, syn_flood, "half-open queue", FLOODED),
    Rule("half-open-queue-full", LISTENING, half_open_queue_full, "half-open queue"),
    Rule("deferred-accept", LISTENING, deferred_accept, "half-open queue", DEFERS),
)
