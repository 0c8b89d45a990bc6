"""A connection's situation in sentences: who closed first, what is unread, which timer runs, what to do. Pure."""

from collections.abc import Iterable, Iterator

from tcpwatch.diagnose.context import FIN_IN_QUEUE, FIRST_CLOSER, Closer, unread_in_close_wait
from tcpwatch.diagnose.message import Listing, Message, message
from tcpwatch.diagnose.problem import SEVERITY_RANK, Problem, Severity
from tcpwatch.monitor.snapshot import Connection, Detail, FlowFacts
from tcpwatch.sockets.row import NoOwner
from tcpwatch.tcp.handshake import Opened
from tcpwatch.tcp.state import State
from tcpwatch.tui.detail.listener import listening
from tcpwatch.tui.detail.program import threads, tools, who
from tcpwatch.tui.detail.sentence import Sentence, Several, parts
from tcpwatch.tui.detail.socket_options import set_up
from tcpwatch.tui.detail.timers import settings_words, timer_sentence
from tcpwatch.tui.paint.format import age, grouped, microseconds, owner_words
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
    return Sentence("owner", message(HELD_ELSEWHERE[connection.no_owner]), "muted")


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
        held = Several(row.upper.unread_memory, "byte")
        words = message(
            "in the {protocol} socket above this one: {held} of memory", protocol=row.upper.protocol, held=held
        )
        return Sentence("unread", words, "caution")
    if recv_q is None:
        return None
    if row.state is State.CLOSE_WAIT:
        return Sentence("unread", unread_in_close_wait(recv_q, Several), "caution")
    data = recv_q - 1 if row.state in FIN_IN_QUEUE and recv_q else recv_q
    if not data:
        return None
    return Sentence("unread", _who_is_to_read(connection).holding(unread=Several(data, "byte")))


NOBODY_READS = {
    NoOwner.NOT_ACCEPTED: message("{unread}: the program has not accepted the connection yet"),
    NoOwner.KERNEL: message("{unread}, which no program is left to read"),
}


def _who_is_to_read(connection: Connection) -> Message:
    if connection.owners:
        return message("{unread} for {reader} to read", reader=owner_words(connection))
    if connection.no_owner in NOBODY_READS:
        return NOBODY_READS[connection.no_owner]
    why = message(connection.no_owner or NoOwner.UNKNOWN)
    return message("{unread} for its program ({why}) to read", why=why)


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
    told = [closed_first(detail) or "", *_seen_on_the_wire(detail.flow)]
    if detail.flow is None and detail.here:
        told.append(message("no segment seen: these are the kernel's numbers alone"))
    return Sentence("course", parts(*told)) if any(told) else None


def closed_first(detail: Detail) -> Message | None:
    """Who closed first, from the wire or else from the state. None while it is open."""
    flow, connection = detail.flow, detail.connection
    if flow and flow.closed_by_here is not None:
        closer = message(Closer.HERE if flow.closed_by_here else Closer.PEER)
        return message("{closer} ({how})", closer=closer, how=message(flow.closed)) if flow.closed else closer
    closed_by = FIRST_CLOSER.get(connection.row.state) if connection else None
    return message(closed_by.value) if closed_by is not None else None


def _seen_on_the_wire(flow: FlowFacts | None) -> list[Message | str]:
    if flow is None:
        return []
    return [
        _opened(flow),
        message("segments {out} out, {in_} in", out=grouped(flow.segs[0]), in_=grouped(flow.segs[1])),
        *(f"{word.replace('_', ' ')} {grouped(count)}" for word, count in sorted(flow.analysis.items())),
    ]


def _netns(detail: Detail) -> Sentence | None:
    """Which network namespaces the ends are in, where one is not ours."""
    ends = [(message("this end: {place}"), detail.connection), (message("its peer: {place}"), detail.peer)]
    places = [(who, end.row.netns) for who, end in ends if end is not None and end.row.netns is not None]
    if all(netns.here for _, netns in places):
        return None
    return Sentence("netns", parts(*(who.holding(place=", ".join(netns.words)) for who, netns in places)))


def _opened(flow: FlowFacts) -> Message:
    if flow.opened == Opened.MIDSTREAM:
        return message("opening not seen")  # nor who opened it
    how = message(flow.opened)
    if flow.handshake_rtt_ns is not None:
        how = message("{how} in {time}", how=how, time=microseconds(flow.handshake_rtt_ns // 1000))
    if flow.initiator_is_here:
        return message("opened by this end ({how})", how=how)
    return message("opened by the peer ({how})", how=how)


def _problems(detail: Detail, now_ns: int) -> list[Sentence]:
    return [
        Sentence(glyph, Listing((problem.message, *_so_far(problem, now_ns)), " "), style)
        for problem in (*_wrong(detail), *detail.problems)
        for glyph, style in (SEVERITIES[problem.severity],)
    ]


def _so_far(problem: Problem, now_ns: int) -> tuple[Message, ...]:
    return (message("For {age} by now.", age=age(now_ns, *problem.since)),) if problem.since else ()


def _wrong(detail: Detail) -> list[Problem]:
    """What kernel and wire do not agree on; what is unread has a line of its own, so its note is left out."""
    return [problem for problem in detail.disagreements if problem.severity is Severity.WARN]


def _next_steps(detail: Detail) -> Sentence | None:
    problems = (*_wrong(detail), *detail.problems)
    needed = any(SEVERITY_RANK[problem.severity] >= SEVERITY_RANK[Severity.NOTE] for problem in problems)
    of_problems = (step for problem in problems for step in problem.next_steps)
    steps = dict.fromkeys((*(tools(detail) if needed else ()), *of_problems))
    return Sentence("do", Listing(tuple(steps), "  ·  "), "strong") if steps else None
