"""A program that does not close: the rules on all its sockets that wait for it, or that its peers keep waiting."""

from collections import Counter
from collections.abc import Iterator, Sequence

from tcpwatch.diagnose.message import Count, Message, Time, message
from tcpwatch.diagnose.problem import Cause, Certainty, Level, Limit, Problem, Severity, Since, Trend
from tcpwatch.diagnose.program import ProgramFacts, ProgramSocket
from tcpwatch.diagnose.rule import Rule
from tcpwatch.diagnose.rules.closing import NOT_CLOSED
from tcpwatch.diagnose.threads import threads_in_words
from tcpwatch.sockets.program import Program, next_steps
from tcpwatch.tcp.state import State

LEAK = 3  # sockets: one may be forgotten, and two may be the same accident twice
PILE = 10  # sockets that a peer does not close: a pool's worth
WAITING_NS = 10_000_000_000
MINUTE_NS = 60_000_000_000
SHARE_PERCENT = 60  # from here on what most of them have in common is named


def close_wait_leak(facts: ProgramFacts) -> Problem | None:
    """Several connections of a program in CLOSE-WAIT, which only its close() ends."""
    members = facts.troubled[NOT_CLOSED]
    since = facts.oldest(members)
    if len(members) < LEAK or since is None:
        return None
    trend, limit = facts.trends.get(NOT_CLOSED), descriptors(facts.program, facts.trends.get(NOT_CLOSED))
    return Problem(
        Severity.WARN,
        message(
            "{program} does not close: {connections} in CLOSE-WAIT{growth}, the oldest for {age}.",
            program=facts.name,
            connections=Count(len(members), "connection"),
            growth=_growth(trend),
            age=Time(facts.now_ns - since.time_ns, not since.seen),
        ),
        (
            *_unread(members),
            *_not_counted(facts, members),
            *in_common(members),
            *_descriptors_left(limit),
            *threads(facts.program),
        ),
        (*look_into(facts.program), f"ss -tanp state close-wait{_port(members)}"),
        since=since,
        brief=message("{count} {trouble}", count=len(members), trouble=message(NOT_CLOSED.name)),
        must=message(NOT_CLOSED.must),
        cause=Cause.PROGRAM,
        certainty=Certainty.CERTAIN,
        trend=trend,
        limit=limit,
        members=tuple(one.key for one in members),
    )


def _growth(trend: Trend | None) -> Message | str:
    if trend is None or trend.per_minute is None or trend.per_minute <= 0:
        return ""
    return message(", {count} more each minute", count=trend.per_minute)


def _unread(members: Sequence[ProgramSocket]) -> Iterator[Message]:
    """What the receive queues say they did with the FIN, which Linux counts as a byte until it is read."""
    queues = [one.row.recv_q for one in members if one.row.recv_q is not None]
    kinds = (
        (message("{count} of {all} have not been read since the peer closed"), sum(queue == 1 for queue in queues)),
        (message("{count} of {all} have unread data before the end"), sum(queue > 1 for queue in queues)),
        (message("of {count} of {all} the end was read, and close() did not follow"), queues.count(0)),
    )
    yield from (words.holding(count=count, all=len(members)) for words, count in kinds if count)


def _not_counted(facts: ProgramFacts, members: Sequence[ProgramSocket]) -> Iterator[Message]:
    """Those that may be ordinary half-closes: without them the number would be that of `ss`."""
    counted = {one.key for one in members}
    if count := sum(one.key not in counted for one in facts.in_state(State.CLOSE_WAIT)):
        yield message("{count} more in CLOSE-WAIT still send, or did a moment ago: they are not counted", count=count)


def in_common(members: Sequence[ProgramSocket]) -> Iterator[Message]:
    """What most of them share: the remote address, the local port."""
    shared = (
        (message("{count} of {all} are to {what}"), Counter(one.row.remote.ip for one in members)),
        (message("{count} of {all} have local port {what}"), Counter(str(one.row.local.port) for one in members)),
    )
    for words, counts in shared:
        [(what, count)] = counts.most_common(1)
        if count > 1 and count * 100 >= len(members) * SHARE_PERCENT:
            yield words.holding(count=count, all=len(members), what=what)


def descriptors(program: Program | None, trend: Trend | None) -> Limit | None:
    """The program's descriptors against its limit, and when they run out where each minute takes so many more."""
    if program is None or program.fds_used is None or program.fd_limit is None:
        return None
    growth = trend.per_minute if trend is not None and trend.per_minute else 0
    left = program.fd_limit - program.fds_used
    reached = left * MINUTE_NS // growth if growth > 0 and left > 0 else None
    return Limit("fds", program.fds_used, program.fd_limit, reached)


def _descriptors_left(limit: Limit | None) -> Iterator[Message]:
    if limit is None:
        return
    full = (
        "" if limit.reached_in_ns is None else message(", at this rate full in {time}", time=Time(limit.reached_in_ns))
    )
    yield message("{used} of {limit} descriptors used{full}", used=limit.used, limit=limit.limit, full=full)


def threads(program: Program | None) -> tuple[Message, ...]:
    """What the program's threads are in, where that is known."""
    return threads_in_words(program.threads) if program is not None and program.threads is not None else ()


def look_into(program: Program | None) -> tuple[str, ...]:
    """The commands that show what the program does."""
    return tuple(step.command for step in next_steps(program)) if program is not None else ()


def _port(members: Sequence[ProgramSocket]) -> str:
    """The filter of `ss` for the local port that all have."""
    ports = {one.row.local.port for one in members}
    return f" sport = :{ports.pop()}" if len(ports) == 1 else ""


def fin_wait_2_pile(facts: ProgramFacts) -> Problem | None:
    """Many connections that this program has closed for writing, and whose peers neither send nor close."""
    piled = [one for one in facts.in_state(State.FIN_WAIT_2) if one.owners and _waits_in_vain(one, facts.now_ns)]
    if len(piled) < PILE:
        return None
    since = min(Since(one.since_ns, one.since_seen) for one in piled)
    return Problem(
        Severity.WARN,
        message(
            "{connections} of {program} wait in FIN-WAIT-2 for peers that do not close, the oldest for {age}: while a "
            "program holds them the kernel waits without limit.",
            connections=Count(len(piled), "connection"),
            program=facts.name,
            age=Time(facts.now_ns - since.time_ns, not since.seen),
        ),
        tuple(in_common(piled)),
        (f"ss -tanp state fin-wait-2{_port(piled)}", *look_into(facts.program)),
        since=since,
        brief=message("{count} FIN-WAIT-2", count=len(piled)),
        must=message("waits for its peers to close"),
        cause=Cause.PEER,
        certainty=Certainty.LIKELY,
        members=tuple(one.key for one in piled),
    )


def _waits_in_vain(one: ProgramSocket, now_ns: int) -> bool:
    """Whether the peer has sent nothing for a while: a stream that goes on is an ordinary half-close."""
    if now_ns - one.since_ns < WAITING_NS:
        return False
    info = one.row.info
    return info is None or info.last_data_recv is None or info.last_data_recv * 1_000_000 >= WAITING_NS


RULES: tuple[Rule[ProgramFacts], ...] = (
    Rule("close-wait-leak", None, close_wait_leak, "CLOSE-WAIT", NOT_CLOSED, level=Level.PROGRAM),
    Rule("fin-wait-2-pile", None, fin_wait_2_pile, "FIN-WAIT-2", level=Level.PROGRAM, rank=45),
)
