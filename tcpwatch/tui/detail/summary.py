"""A connection's situation in sentences: who closed first, what is unread, which timer runs, what to do. Pure."""

from collections.abc import Iterable, Iterator

from tcpwatch.diagnose.finding import Finding, Severity
from tcpwatch.monitor.snapshot import Connection, Detail, FlowFacts
from tcpwatch.tcp.handshake import Opened
from tcpwatch.tcp.state import State
from tcpwatch.tui.detail.listener import listening
from tcpwatch.tui.detail.sentence import Sentence
from tcpwatch.tui.detail.socket_options import set_up
from tcpwatch.tui.detail.timers import settings_words, timer_sentence
from tcpwatch.tui.paint.format import age, grouped, microseconds, owner_words, several

CLOSED_FIRST = {
    State.FIN_WAIT_1: "closed first by this end",
    State.FIN_WAIT_2: "closed first by this end",
    State.TIME_WAIT: "closed first by this end, or by both at once",
    State.CLOSE_WAIT: "closed first by the peer",
    State.LAST_ACK: "closed first by the peer",
    State.CLOSING: "closed by both ends at the same moment",
}

SEVERITIES = {
    Severity.ERROR: ("✖", "trouble"),
    Severity.WARN: ("⚠", "trouble"),
    Severity.NOTE: ("!", "caution"),
    Severity.CHAT: ("·", "muted"),
}


def story(detail: Detail, now_ns: int) -> list[Sentence]:
    """The sentences there are facts for: what is wrong, why it stays so, what to do, and how it came about."""
    sentences = [
        *_findings(detail, now_ns),
        *_waiting(detail),
        *_timer(detail, now_ns),
        _do_next(detail),
        _course(detail),
        *set_up(detail),
        _netns(detail),
    ]
    return [sentence for sentence in sentences if sentence]


def _waiting(detail: Detail) -> Iterable[Sentence | None]:
    """What waits for the program."""
    connection = detail.connection
    if connection is None:
        return ()
    return listening(connection, detail.stack) if connection.row.state is State.LISTEN else [_unread(connection)]


def _unread(connection: Connection) -> Sentence | None:
    row, recv_q = connection.row, connection.row.recv_q
    if recv_q is None:
        return None
    if row.state is State.CLOSE_WAIT:
        return Sentence("unread", unread_in_close_wait(recv_q), "caution")
    return Sentence("unread", f"{several(recv_q, 'byte')} for {owner_words(connection)} to read") if recv_q else None


def unread_in_close_wait(recv_q: int) -> str:
    """What Recv-Q tells of the program: Linux counts the FIN as one byte until it has been read."""
    if recv_q == 0:
        return "nothing: the program has read the end of the stream and has not closed"
    if recv_q == 1:
        return "0 bytes + FIN: the program has not read from this socket since the peer closed"
    return f"{several(recv_q - 1, 'byte')} + FIN: the program has not read them, nor the end of the stream"


def _timer(detail: Detail, now_ns: int) -> Iterator[Sentence]:
    """Which timer runs, and what sets it."""
    row = detail.connection.row if detail.connection else None
    if row is None or (words := timer_sentence(row, now_ns, detail.stack)) is None:
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
    """Who closed first: seen on the wire, or told by the state. None while it is open."""
    flow, connection = detail.flow, detail.connection
    if flow and flow.closed_by_here is not None:
        return f"closed first by {'this end' if flow.closed_by_here else 'the peer'}" + (
            f" ({flow.closed})" if flow.closed else ""
        )
    return CLOSED_FIRST.get(connection.row.state) if connection else None


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


def _findings(detail: Detail, now_ns: int) -> list[Sentence]:
    return [
        Sentence(glyph, finding.message + _so_far(finding, now_ns), style)
        for finding in (*_wrong(detail), *detail.findings)
        for glyph, style in (SEVERITIES[finding.severity],)
    ]


def _so_far(finding: Finding, now_ns: int) -> str:
    return f" For {age(now_ns, *finding.since)} by now." if finding.since else ""


def _wrong(detail: Detail) -> list[Finding]:
    """What kernel and wire do not agree on, but for what is told as unread anyway."""
    return [finding for finding in detail.disagreements if finding.severity is Severity.WARN]


def _do_next(detail: Detail) -> Sentence | None:
    steps = dict.fromkeys(step for finding in (*_wrong(detail), *detail.findings) for step in finding.do_next)
    return Sentence("do", "  ·  ".join(steps), "strong") if steps else None
