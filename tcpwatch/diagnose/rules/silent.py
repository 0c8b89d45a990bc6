"""The rules on a peer that says nothing: an idle end learns that its peer is gone only by asking (RFC 9293 §3.8.4)."""

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.message import Count, Time, message
from tcpwatch.diagnose.problem import Cause, Certainty, Problem, Severity
from tcpwatch.diagnose.rule import Beginning, ObservedSocket, Rule, Trouble
from tcpwatch.diagnose.rules.retransmission import what_icmp_says, when_it_is_given_up
from tcpwatch.sockets.options import options_of
from tcpwatch.sockets.row import SocketRow, TimerKind
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.tcp.state import State

ASKED_AGAIN = 2  # one probe without an answer is a probe that has just been sent
WAITS_MS, SILENT_MS = 5_000, 60_000  # an answer that takes long; middleboxes forget a connection after a minute
OPEN = frozenset({State.ESTABLISHED, State.CLOSE_WAIT})
HEARD = frozenset({State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2, State.CLOSE_WAIT})


def unanswered_probes(row: SocketRow) -> int:
    """Keep-alive probes in a row without an answer."""
    return row.timer.retransmits if row.timer is not None and row.timer.kind is TimerKind.KEEPALIVE else 0


def dead_peer(facts: SocketFacts) -> Problem | None:
    """The peer does not answer keep-alive probes; or it is silent, and nobody asks."""
    if unanswered_probes(facts.row) >= ASKED_AGAIN:
        return probes_unanswered(facts)
    silence = _silence(facts)
    if silence is None or silence.ns < SILENT_MS * 1_000_000 or keepalive_off(facts) is not None:
        return None
    if _peer_is_here(facts) or _probed(facts.row):
        return None
    return Problem(
        Severity.NOTE,
        message(
            "Nothing has come from the peer for {silence}, and nothing is sent or probed: if it is gone, this end does "
            "not notice before it sends something.",
            silence=silence,
        ),
        cause=Cause.UNKNOWN,
    )


def probes_unanswered(facts: SocketFacts) -> Problem:
    """The keep-alive timer has fired more than once, and nothing came."""
    probes, silence = Count(unanswered_probes(facts.row), "keep-alive probe"), _silence(facts)
    words = message("{probes} in a row had no answer: the peer is gone, or the path is broken.", probes=probes)
    if silence is not None:
        words = message(
            "{probes} in a row had no answer, and nothing has come for {silence}: the peer is gone, or the path is "
            "broken.",
            probes=probes,
            silence=silence,
        )
    return Problem(
        Severity.NOTE,
        words,
        (*what_icmp_says(facts), *when_it_is_given_up(facts)),
        (f"ip route get {facts.row.remote.ip}",),
    )


def keepalive_off(facts: SocketFacts) -> Problem | None:
    """This end was the last to send, waits, and has not asked for keep-alive."""
    options, info = options_of(facts.row), facts.info
    if (
        options is None
        or options.keepalive is not False
        or info is None
        or _peer_is_here(facts)
        or not _idle(facts.row)
    ):
        return None
    silence = _silence(facts)
    if not _sent_last(info) or silence is None or silence.ns < WAITS_MS * 1_000_000:
        return None
    return Problem(
        Severity.NOTE,
        message(
            "This end was the last to send, {sent} ago, and has heard nothing since; keep-alive is off (SO_KEEPALIVE), "
            "so {program} does not notice if the peer is gone, however long it waits.",
            sent=facts.ago(info.last_data_sent or 0),
            program=facts.program,
        ),
        (message("nothing is in flight: what was sent is acknowledged"),),
        cause=Cause.PROGRAM,
        certainty=Certainty.OPEN,
    )


def _sent_last(info: TcpInfo) -> bool:
    """Whether it has sent data, and none has come since."""
    if not info.data_segs_out or info.last_data_sent is None or info.last_data_recv is None:
        return False
    return not info.data_segs_in or info.last_data_sent <= info.last_data_recv


def _silence(facts: SocketFacts) -> Time | None:
    """Since anything came."""
    info = facts.info
    if info is None or info.last_data_recv is None or info.last_ack_recv is None:
        return None
    return facts.ago(min(info.last_data_recv, info.last_ack_recv))


def _idle(row: SocketRow) -> bool:
    return row.send_q == 0 and row.upper is None


def _probed(row: SocketRow) -> bool:
    """Whether the kernel sends something by itself, or may: an idle socket without a timer never does."""
    return row.timer is not None or not _idle(row)


def _peer_is_here(facts: SocketFacts) -> bool:
    """Whether the other end is on this host and would answer."""
    return facts.peer is not None and facts.peer.state in HEARD


def _meets(socket: ObservedSocket) -> bool:
    return unanswered_probes(socket.row) >= ASKED_AGAIN


NOT_HEARD = Trouble(
    name="with a silent peer",
    must="hears nothing",
    rank=41,
    meets=_meets,
    began=Beginning.DURING_ITS_STATE,
    only_where_something_waits=True,
)

RULES: tuple[Rule[SocketFacts], ...] = (
    Rule("dead-peer", OPEN, dead_peer, "keep_alive", NOT_HEARD),
    Rule("keepalive-off", frozenset({State.ESTABLISHED}), keepalive_off, "keep_alive"),
)
