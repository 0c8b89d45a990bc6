"""The rules on what a host has only so much of: TIME-WAIT, orphans, memory for TCP, entries of netfilter's table."""

from tcpwatch.diagnose.host import NEARLY_ALL_PERCENT, HostFacts
from tcpwatch.diagnose.message import Count, Message, message
from tcpwatch.diagnose.problem import Cause, Certainty, Level, Limit, Problem, Severity
from tcpwatch.diagnose.rule import Rule
from tcpwatch.sockets.counters import Stack
from tcpwatch.sockets.host import CONNTRACK_COUNTERS, TcpMemory

TIME_WAIT_OVERFLOW, ABORT_ON_MEMORY, PRESSURES = "TCPTimeWaitOverflow", "TCPAbortOnMemory", "TCPMemoryPressures"
DROPPED, EVICTED, NOT_INSERTED = CONNTRACK_COUNTERS
CONNTRACK_FULL_PERCENT = 95


def time_wait_overflow(facts: HostFacts) -> Problem | None:
    """TIME-WAITs are ended at once, for their limit is reached: a late segment may enter a new connection."""
    host, ended = facts.stack.host, facts.stack.last_minute(TIME_WAIT_OVERFLOW)
    limit = host.max_time_wait
    at_limit = bool(host.time_wait) and limit is not None and (host.time_wait or 0) >= limit
    if not ended and not at_limit:
        return None
    if ended:
        words = message(
            "{count} left out TIME-WAIT in the last minute, because no more than {limit} may be in it "
            "(tcp_max_tw_buckets): a late segment may enter a new connection.",
            count=Count(ended, "connection"),
            limit=limit if limit is not None else message("so many"),
        )
    else:
        words = message(
            "{used} connections are in TIME-WAIT, and no more than {limit} may be (tcp_max_tw_buckets): "
            "what closes from now on leaves it out.",
            used=host.time_wait or 0,
            limit=limit or 0,
        )
    return Problem(
        Severity.WARN,
        words,
        _used(message("sockets in TIME-WAIT"), host.time_wait, limit) if ended else (),
        ("sysctl net.ipv4.tcp_max_tw_buckets", f"nstat -az TcpExt{TIME_WAIT_OVERFLOW}", "ss -tan state time-wait"),
        cause=Cause.KERNEL_SETTING,
        certainty=Certainty.CERTAIN,
        limit=Limit("TIME-WAIT", host.time_wait, limit) if host.time_wait is not None and limit else None,
    )


def orphans(facts: HostFacts) -> Problem | None:
    """Closed by their programs, and waiting to be rid of what they have to send: beyond a limit they are reset."""
    host, aborted = facts.stack.host, facts.stack.last_minute(ABORT_ON_MEMORY)
    used, limit = host.orphans, host.max_orphans
    many = used is not None and limit is not None and used * 100 >= max(1, limit * NEARLY_ALL_PERCENT)
    if aborted and not many:
        return _aborted(aborted, facts.stack)
    if not many:
        return None
    return Problem(
        Severity.ERROR if aborted else Severity.WARN,
        message(
            "{used} closed connections wait for their peers, of {limit} that may (tcp_max_orphans): "
            "beyond that the kernel resets them.",
            used=used or 0,
            limit=limit or 0,
        ),
        (message("{count} so reset in the last minute", count=Count(aborted, "connection")),) if aborted else (),
        (
            "ss -tan state fin-wait-1 state last-ack state closing",
            "sysctl net.ipv4.tcp_max_orphans net.ipv4.tcp_orphan_retries",
        ),
        cause=Cause.NETWORK,
        certainty=Certainty.OPEN,
        limit=Limit("orphans", used or 0, limit or 0),
    )


def _aborted(times: int, stack: Stack) -> Problem:
    """Orphans were reset, but there are few by now, or their limit cannot be read here."""
    return Problem(
        Severity.WARN,
        message(
            "This host reset {count} that its programs had closed, in the last minute: too many of them were waiting, "
            "or TCP had no memory left.",
            count=Count(times, "connection"),
        ),
        _used(message("orphans"), stack.host.orphans, stack.host.max_orphans),
        (f"nstat -az TcpExt{ABORT_ON_MEMORY}", "sysctl net.ipv4.tcp_max_orphans net.ipv4.tcp_mem"),
        cause=Cause.KERNEL_SETTING,
        certainty=Certainty.LIKELY,
    )


def tcp_memory(facts: HostFacts) -> Problem | None:
    """TCP's buffers take so much that the kernel shrinks windows, or drops."""
    memory, pressures = facts.stack.host.memory, facts.stack.last_minute(PRESSURES)
    if memory is not None and memory.pages >= memory.high:
        return _memory(
            Severity.ERROR,
            memory,
            message(
                "TCP has no memory left: {pages} of {high} pages (tcp_mem). Segments are dropped.",
                pages=memory.pages,
                high=memory.high,
            ),
        )
    if memory is not None and memory.pages >= memory.pressure:
        return _memory(
            Severity.WARN,
            memory,
            message(
                "TCP is short of memory: {pages} pages are used, and from {pressure} on (tcp_mem) buffers stay small.",
                pages=memory.pages,
                pressure=memory.pressure,
            ),
        )
    if not pressures:
        return None
    return Problem(
        Severity.WARN,
        message("TCP was short of memory {count} in the last minute (tcp_mem).", count=Count(pressures, "time")),
        (message("{pages} pages by now", pages=memory.pages),) if memory is not None else (),
        MEMORY_STEPS,
        cause=Cause.KERNEL_SETTING,
    )


MEMORY_STEPS = ("sysctl net.ipv4.tcp_mem", "ss -tanm")


def _memory(severity: Severity, memory: TcpMemory, words: Message) -> Problem:
    return Problem(
        severity,
        words,
        (message("tcp_mem: {low} {pressure} {high}", low=memory.low, pressure=memory.pressure, high=memory.high),),
        MEMORY_STEPS,
        cause=Cause.UNKNOWN,
        limit=Limit("pages of memory", memory.pages, memory.high),
    )


def conntrack_full(facts: HostFacts) -> Problem | None:
    """netfilter tracks no more connections, and drops what belongs to none of them.

    An entry that could not be inserted is a clash of two that came at once, where there is room: it is no fault.
    """
    table, stack = facts.stack.host.conntrack, facts.stack
    limited = table is not None and table.maximum > 0  # 0: no limit
    full = table is not None and limited and table.count * 100 >= table.maximum * CONNTRACK_FULL_PERCENT
    dropped, evicted = stack.last_minute(DROPPED), stack.last_minute(EVICTED)
    lost = dropped or evicted or (full and stack.last_minute(NOT_INSERTED))
    if not full and not lost:
        return None
    count, maximum = (table.count, table.maximum) if table is not None else (0, 0)
    words = message("netfilter dropped segments in the last minute, as it could not track their connections.")
    if full and lost:
        words = message(
            "netfilter tracks {count} of {maximum} connections at most, and new ones were dropped in the last minute.",
            count=count,
            maximum=maximum,
        )
    elif full:
        words = message(
            "netfilter tracks {count} of {maximum} connections at most: when that is full, new ones are dropped.",
            count=count,
            maximum=maximum,
        )
    risen = [(name, stack.last_minute(name)) for name in CONNTRACK_COUNTERS if stack.last_minute(name)]
    return Problem(
        Severity.ERROR if lost and (full or evicted) else Severity.WARN,
        words,
        tuple(message("{counter} +{times}", counter=name, times=times) for name, times in risen),
        ("sysctl net.netfilter.nf_conntrack_count net.netfilter.nf_conntrack_max", "conntrack -S"),
        cause=Cause.KERNEL_SETTING,
        certainty=Certainty.CERTAIN if full else Certainty.LIKELY,
        limit=Limit("tracked connections", count, maximum) if table is not None else None,
    )


def _used(what: Message, used: int | None, limit: int | None) -> tuple[Message, ...]:
    if used is None:
        return ()
    if limit is None:
        return (message("{what}: {used} by now", what=what, used=used),)
    return (message("{what}: {used} of {limit} by now", what=what, used=used, limit=limit),)


RULES: tuple[Rule[HostFacts], ...] = (
    Rule("conntrack-full", None, conntrack_full, "network", level=Level.HOST, rank=12),
    Rule("tcp-memory", None, tcp_memory, "memory", level=Level.HOST, rank=13),
    Rule("time-wait-overflow", None, time_wait_overflow, "2MSL", level=Level.HOST, rank=16),
    Rule("orphans", None, orphans, "orphan", level=Level.HOST, rank=17),
)
