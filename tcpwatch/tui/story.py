"""A connection's situation in sentences: who closed first, what is unread, which timer runs, what to do. Pure."""

from typing import NamedTuple

from tcpwatch.diagnose.finding import Severity
from tcpwatch.monitor.snapshot import Connection, Detail, FlowFacts
from tcpwatch.tcp.sockets import Timer, TimerKind
from tcpwatch.tcp.state import State
from tcpwatch.tui.connection_lines import owner_words
from tcpwatch.tui.format import countdown, grouped, microseconds, several


class Sentence(NamedTuple):
    """One line of the story: what it is about, what it says, its style."""

    about: str
    says: str
    style: str = ""


CLOSED_FIRST = {
    State.FIN_WAIT_1: "closed first by this end",
    State.FIN_WAIT_2: "closed first by this end",
    State.TIME_WAIT: "closed first by this end",
    State.CLOSE_WAIT: "closed first by the peer",
    State.LAST_ACK: "closed first by the peer",
    State.CLOSING: "closed by both ends at the same moment",
}

TIMERS = {
    TimerKind.RETRANSMIT: "retransmission: what is in flight is sent again in {in_}{times}",
    TimerKind.KEEPALIVE: "keep-alive: the idle peer is probed in {in_}{times}",
    TimerKind.TIME_WAIT: "2MSL: this socket is gone in {in_}",
    TimerKind.PERSIST: "persist: the peer's closed window is probed in {in_}{times}",
}

NO_TIMER = {
    State.CLOSE_WAIT: "none: the kernel waits for close() without limit",
    State.ESTABLISHED: "none: nothing is in flight and keep-alive is off",
    State.FIN_WAIT_2: "none: the program still holds the socket, so the kernel waits for the peer's FIN without limit",
    State.LISTEN: "none: a listener waits for ever",
}

SEVERITIES = {
    Severity.ERROR: ("✖", "trouble"),
    Severity.WARN: ("⚠", "trouble"),
    Severity.NOTE: ("!", "caution"),
    Severity.CHAT: ("·", "muted"),
}


def story(detail: Detail, now_ns: int) -> list[Sentence]:
    """The sentences there are facts for, findings last."""
    sentences = [_course(detail), _unread(detail.connection), _timer(detail.connection, now_ns), *_findings(detail)]
    return [sentence for sentence in sentences if sentence]


def _unread(connection: Connection | None) -> Sentence | None:
    if connection is None or connection.row.recv_q is None:
        return None
    row, recv_q = connection.row, connection.row.recv_q or 0
    if row.state is State.LISTEN:
        backlog = row.backlog
        waiting = "–" if backlog is None else f"{grouped(backlog.queued)} of {grouped(backlog.limit)}"
        return Sentence("queue", f"connections that wait for accept(): {waiting}")
    if row.state is State.CLOSE_WAIT:
        return Sentence("unread", unread_in_close_wait(recv_q), "caution")
    return Sentence("unread", f"{several(recv_q, 'byte')} for {owner_words(connection)} to read") if recv_q else None


def unread_in_close_wait(recv_q: int) -> str:
    """What Recv-Q tells of the program: Linux counts the FIN as one byte until it has been read."""
    if recv_q == 0:
        return "nothing: the program has read the end of the stream and has not closed"
    if recv_q == 1:
        return "0 bytes + FIN: the program has not looked at this socket since the peer closed"
    return f"{several(recv_q - 1, 'byte')} + FIN: the program has not read them, nor seen the end of the stream"


def _timer(connection: Connection | None, now_ns: int) -> Sentence | None:
    if connection is None:
        return None
    timer = connection.row.timer
    if timer is None:
        words = NO_TIMER.get(connection.row.state)
        return Sentence("timer", words) if words else None
    return Sentence("timer", timer_sentence(timer, now_ns), "caution" if timer.retransmits else "")


def timer_sentence(timer: Timer, now_ns: int) -> str:
    """Which timer runs, what happens when it fires, and how often it has."""
    times = f", tried {several(timer.retransmits, 'time')} without an answer" if timer.retransmits else ""
    return TIMERS[timer.kind].format(in_=countdown(timer.left_ms(now_ns)), times=times)


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
    rtt = f" in {microseconds(flow.handshake_rtt_ns // 1000)}" if flow.handshake_rtt_ns is not None else ""
    return [
        f"opened by {'this end' if flow.initiator_is_here else 'the peer'} ({flow.opened}{rtt})",
        f"segments {grouped(flow.segs[0])} out, {grouped(flow.segs[1])} in",
        *(f"{word.replace('_', ' ')} {grouped(count)}" for word, count in sorted(flow.analysis.items())),
    ]


def _findings(detail: Detail) -> list[Sentence]:
    sentences = []
    for finding in detail.findings:
        glyph, style = SEVERITIES[finding.severity]
        sentences.append(Sentence(glyph, finding.says, style))
        sentences += [Sentence("do", step, "strong") for step in finding.do_next]
    return sentences
