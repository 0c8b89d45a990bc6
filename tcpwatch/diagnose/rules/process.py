"""The rules on a process itself: its descriptors, its generation, and listeners that it only inherited."""

from tcpwatch.diagnose.message import Count, Message, message
from tcpwatch.diagnose.problem import Cause, Certainty, Level, Problem, Severity
from tcpwatch.diagnose.program import ProgramFacts, ProgramSocket
from tcpwatch.diagnose.rule import Rule
from tcpwatch.diagnose.rules.closing import NOT_CLOSED
from tcpwatch.diagnose.rules.leak import descriptors, look_into, threads
from tcpwatch.tcp.state import State

NEARLY_ALL_PERCENT = 90
NO_LONGER_ITS_OWN = frozenset({State.TIME_WAIT, State.LISTEN, State.CLOSED})


def fds_running_out(facts: ProgramFacts) -> Problem | None:
    """Nearly all descriptors that RLIMIT_NOFILE allows are open: accept(), socket() and open() fail with EMFILE."""
    limit = descriptors(facts.program, facts.trends.get(NOT_CLOSED))
    if limit is None or facts.program is None or limit.used * 100 < limit.limit * NEARLY_ALL_PERCENT:
        return None
    all_used = limit.used >= limit.limit
    words = (
        "{program} has all {limit} descriptors open that it may have: accept(), socket() and open() fail with EMFILE."
        if all_used
        else "{program} has {used} of {limit} descriptors open: accept(), socket() and open() fail when the rest is."
    )
    states = (State.CLOSE_WAIT, State.ESTABLISHED)
    return Problem(
        Severity.ERROR if all_used else Severity.WARN,
        message(words, program=facts.name, used=limit.used, limit=limit.limit),
        tuple(_held(facts, state) for state in states if facts.in_state(state)),
        (f"ls -l /proc/{facts.program.pid}/fd", f"prlimit --nofile --pid {facts.program.pid}"),
        brief=message("descriptors run out") if not all_used else message("no descriptor left"),
        must=message("must close files, or be allowed more"),
        cause=Cause.PROGRAM,
        certainty=Certainty.LIKELY,
        limit=limit,
        members=tuple(one.key for one in facts.in_state(State.LISTEN)),
    )


def _held(facts: ProgramFacts, state: State) -> Message:
    return message("{count} of them are sockets in {state}", count=len(facts.in_state(state)), state=str(state))


def old_process(facts: ProgramFacts) -> Problem | None:
    """A previous generation of a service: a later process of its name listens where this one still has connections."""
    if (successor := facts.successor) is None:
        return None
    own = [one for one in facts.sockets if one.row.state not in NO_LONGER_ITS_OWN]
    if not own:
        return None
    troubled = sum(len(members) for trouble, members in facts.troubled.items() if trouble.marks)
    deleted = facts.program is not None and facts.program.executable_deleted
    evidence = (
        message("its executable was replaced or removed since it started") if deleted else "",
        message("process 1 is its parent: it was started so, or its own has ended") if _is_orphan(facts) else "",
        message("{count} of its connections are in trouble", count=troubled) if troubled else "",
    )
    return Problem(
        Severity.WARN if troubled else Severity.CHAT,
        message(
            "{program} is of a previous generation: {successor} was started later and listens now, and "
            "{connections} are still held by the old one.",
            program=facts.name,
            successor=f"{successor.command}/{successor.pid}",
            connections=Count(len(own), "connection"),
        ),
        tuple(fact for fact in evidence if fact),
        (f"ps -o pid,ppid,lstart,args -p {facts.owner.pid},{successor.pid}" if facts.owner else "ps -ef",),
        brief=message("{count} of an old process", count=len(own)),
        must=message("should have ended"),
        cause=Cause.PROGRAM,
        certainty=Certainty.LIKELY,
        members=tuple(one.key for one in own),
    )


def _is_orphan(facts: ProgramFacts) -> bool:
    return facts.program is not None and facts.program.parent_pid == 1


def inherited_listener(facts: ProgramFacts) -> Problem | None:
    """A process that has nothing but a listener, for which none of its threads waits: it came with a fork."""
    program = facts.program
    if program is None or program.threads is None or not program.threads.none_takes:
        return None
    if any(one.row.state is not State.LISTEN for one in facts.sockets):
        return None
    listeners = [one for one in facts.sockets if _alone(one)]
    if not listeners:
        return None
    waiting = sum(one.row.backlog.queued for one in listeners if one.row.backlog is not None)
    ports = ", ".join(sorted({f":{one.row.local.port}" for one in listeners}))
    orphan = _is_orphan(facts)
    return Problem(
        Severity.WARN if waiting else Severity.NOTE if orphan else Severity.CHAT,
        message(
            "{program} holds the listener {ports} and does not accept on it{waiting}: none of its threads waits for a "
            "connection. {whose}",
            whose=message("It has most likely inherited it from a process that has ended.")
            if orphan
            else message("It may have inherited it with a fork, or look for connections only now and then."),
            program=facts.name,
            ports=ports,
            waiting=message(", and {connections} wait in the queue", connections=Count(waiting, "connection"))
            if waiting
            else "",
        ),
        threads(program),
        (f"ls -l /proc/{program.pid}/fd", *look_into(program), *((f"kill {program.pid}",) if orphan else ())),
        brief=message("{ports} held by a process that does not accept", ports=ports),
        must=message("should have closed it") if orphan else message("must accept, or close it"),
        cause=Cause.PROGRAM,
        certainty=Certainty.LIKELY if orphan else Certainty.OPEN,
        members=tuple(one.key for one in listeners),
    )


def _alone(one: ProgramSocket) -> bool:
    """Whether no other process holds the listener."""
    return len({owner.pid for owner in one.owners}) == 1


RULES: tuple[Rule[ProgramFacts], ...] = (
    Rule("fds-running-out", None, fds_running_out, "descriptor limit", level=Level.PROGRAM, rank=12),
    Rule("inherited-listener", None, inherited_listener, "inherited listener", level=Level.PROGRAM, rank=28),
    Rule("old-process", None, old_process, "previous generation", level=Level.PROGRAM, rank=60),
)
