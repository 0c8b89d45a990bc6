"""A connection's situation in sentences: who closed first, what is unread, which timer runs, what to do. Pure."""

from collections.abc import Iterable, Iterator

from tcpwatch.diagnose.context import FIN_IN_QUEUE, FIRST_CLOSER, Closer, unread_in_close_wait
from tcpwatch.diagnose.problem import SEVERITY_RANK, Problem, Severity
from tcpwatch.monitor.snapshot import Connection, Detail, FlowFacts
from tcpwatch.sockets.row import NoOwner
from tcpwatch.tcp.handshake import Opened
from tcpwatch.tcp.state import State
from tcpwatch.tui.detail.listener import listening
from tcpwatch.tui.detail.program import threads, tools, who
from tcpwatch.tui.detail.sentence import Sentence
from tcpwatch.tui.detail.socket_options import set_up
from tcpwatch.tui.detail.timers import settings_words, timer_sentence
from tcpwatch.tui.paint.format import age, grouped, microseconds, owner_words, several
from tcpwatch.tui.paint.glyphs import SEVERITIES


def story(detail: Detail, now_ns: int) -> list[Sentence]:
    """The sentences for which there are facts: what is wrong, why it lasts, what to do, and how it came about."""
    sentences = [
        *_problems(detail, now_ns),
        _next_steps(detail),
        *who(detail, now_ns),
        *threads(detail),
        *_waiting(detail),
        _nobody_found(detail),
        *_timer(detail, now_ns),
        _course(detail),
        *set_up(detail),
        _netns(detail),
    ]
    return [sentence for sentence in sentences if sentence]


def _nobody_found(detail: Detail) -> Sentence | None:
    """Where a socket may be held that no process is seen to have open."""
    connection = detail.connection
    if connection is None or connection.owners or connection.no_owner not in HELD_ELSEWHERE:
        return None
    return Sentence("owner", HELD_ELSEWHERE[connection.no_owner], "muted")


HELD_ELSEWHERE = {
    NoOwner.NOT_FOUND: "in no table of open files that was read: it may be on its way in a message (SCM_RIGHTS), "
    "a fixed file of io_uring, in the table of one thread alone, or the kernel's own (NFS, SMC)",
    NoOwner.HIDDEN: "in no table of open files that was read, and not every process lets itself be looked into; it may "
    "also be on its way in a message (SCM_RIGHTS), a fixed file of io_uring, or the kernel's own (NFS, SMC)",
}


def _waiting(detail: Detail) -> Iterable[Sentence | None]:
    """What waits for the program."""
    connection = detail.connection
    if connection is None:
        return ()
    return listening(connection, detail.stack) if connection.row.state is State.LISTEN else [_unread(connection)]


def _unread(connection: Connection) -> Sentence | None:
    row, recv_q = connection.row, connection.row.recv_q
    if row.upper is not None and row.upper.unread_memory:
        held = several(row.upper.unread_memory, "byte")
        return Sentence("unread", f"in the {row.upper.protocol} socket above this one: {held} of memory", "caution")
    if recv_q is None:
        return None
    if row.state is State.CLOSE_WAIT:
        return Sentence("unread", unread_in_close_wait(recv_q, several), "caution")
    data = recv_q - 1 if row.state in FIN_IN_QUEUE and recv_q else recv_q
    if not data:
        return None
    return Sentence("unread", several(data, "byte") + _reader(connection))


NOBODY_READS = {
    NoOwner.NOT_ACCEPTED: ": the program has not accepted the connection yet",
    NoOwner.KERNEL: ", which no program is left to read",
}


def _reader(connection: Connection) -> str:
    """Who is to read, as the end of a sentence."""
    if not connection.owners and connection.no_owner in NOBODY_READS:
        return NOBODY_READS[connection.no_owner]
    return (
        f" for {owner_words(connection) if connection.owners else f'its program ({owner_words(connection)})'} to read"
    )


def _timer(detail: Detail, now_ns: int) -> Iterator[Sentence]:
    """Which timer runs, and what sets it."""
    row = detail.connection.row if detail.connection else None
    if row is None or (words := timer_sentence(row, now_ns, detail.stack, detail.listeners[0])) is None:
        return
    yield Sentence("timer", words, "caution" if row.timer and row.timer.retransmits else "")
    if set_by := settings_words(row, detail.stack):
        yield Sentence("set by", set_by, "muted")


def _course(detail: Detail) -> Sentence | None:
    """How it opened and who closed first, as far as it was seen."""
    parts = [closed_first(detail), *_seen_on_the_wire(detail.flow)]
    if detail.flow is None and detail.here:
        parts.append("no segment seen: these are the kernel's numbers alone")
    words = " · ".join(part for part in parts if part)
    return Sentence("course", words) if words else None


def closed_first(detail: Detail) -> str | None:
    """Who closed first, from the wire or else from the state. None while it is open."""
    flow, connection = detail.flow, detail.connection
    if flow and flow.closed_by_here is not None:
        closer = Closer.HERE if flow.closed_by_here else Closer.PEER
        return f"{closer} ({flow.closed})" if flow.closed else closer.value
    return FIRST_CLOSER.get(connection.row.state) if connection else None


def _seen_on_the_wire(flow: FlowFacts | None) -> list[str]:
    if flow is None:
        return []
    return [
        _opened(flow),
        f"segments {grouped(flow.segs[0])} out, {grouped(flow.segs[1])} in",
        *(f"{word.replace('_', ' ')} {grouped(count)}" for word, count in sorted(flow.analysis.items())),
    ]


def _netns(detail: Detail) -> Sentence | None:
    """Which network namespaces the ends are in, where one is not ours."""
    ends = [("this end", detail.connection), ("its peer", detail.peer)]
    places = [(who, end.row.netns) for who, end in ends if end is not None and end.row.netns is not None]
    if all(netns.here for _, netns in places):
        return None
    return Sentence("netns", " · ".join(f"{who}: {', '.join(netns.words)}" for who, netns in places))


def _opened(flow: FlowFacts) -> str:
    if flow.opened == Opened.MIDSTREAM:
        return "opening not seen"  # nor who opened it
    rtt = f" in {microseconds(flow.handshake_rtt_ns // 1000)}" if flow.handshake_rtt_ns is not None else ""
    return f"opened by {'this end' if flow.initiator_is_here else 'the peer'} ({flow.opened}{rtt})"


def _problems(detail: Detail, now_ns: int) -> list[Sentence]:
    return [
        Sentence(glyph, f"{problem.message}{_so_far(problem, now_ns)}", style)
        for problem in (*_wrong(detail), *detail.problems)
        for glyph, style in (SEVERITIES[problem.severity],)
    ]


def _so_far(problem: Problem, now_ns: int) -> str:
    return f" For {age(now_ns, *problem.since)} by now." if problem.since else ""


def _wrong(detail: Detail) -> list[Problem]:
    """What kernel and wire do not agree on; what is unread has a line of its own, so its note is left out."""
    return [problem for problem in detail.disagreements if problem.severity is Severity.WARN]


def _next_steps(detail: Detail) -> Sentence | None:
    problems = (*_wrong(detail), *detail.problems)
    needed = any(SEVERITY_RANK[problem.severity] >= SEVERITY_RANK[Severity.NOTE] for problem in problems)
    of_problems = (step for problem in problems for step in problem.next_steps)
    steps = dict.fromkeys((*(tools(detail) if needed else ()), *of_problems))
    return Sentence("do", "  ·  ".join(steps), "strong") if steps else None
