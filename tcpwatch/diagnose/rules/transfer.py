"""What hinders data from flowing: the rules on the queues and the timers of a connection that may still carry some."""

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.local_cause import LocalCause
from tcpwatch.diagnose.message import Count, Message, Time, message
from tcpwatch.diagnose.problem import Cause, Certainty, Problem, Severity
from tcpwatch.diagnose.rule import Beginning, ObservedSocket, Rule, Trouble
from tcpwatch.diagnose.rules.path import path_mtu
from tcpwatch.diagnose.rules.retransmission import (
    NOT_ACKNOWLEDGED,
    RETRANSMITS,
    times_sent_again,
    what_icmp_says,
    when_it_is_given_up,
)
from tcpwatch.diagnose.timers.backoff import failing_ns, failures
from tcpwatch.diagnose.timers.persist import Persists, persists
from tcpwatch.sockets.row import SocketRow
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.tcp.state import State


def window_has_no_room(facts: SocketFacts) -> Problem | None:
    """The persist timer runs because the peer's window has no room; or because it may have none."""
    row, reason = facts.row, persists(facts.row)
    if reason not in (Persists.WINDOW, Persists.UNKNOWN):
        return None
    silent = row.timer.retransmits if row.timer is not None else 0
    gone = silent >= RETRANSMITS and facts.local_cause is None
    template = _MAY_HAVE_NO_ROOM if reason is Persists.UNKNOWN else _NO_ROOM_AND_SILENT if gone else _NO_ROOM
    sure = reason is Persists.WINDOW and not gone
    return Problem(
        Severity.NOTE,
        message(
            template,
            waiting=Count(row.send_q or 0, "byte"),
            program=facts.program,
            peer=facts.peer_program,
            probes=Count(silent, "probe"),
        ),
        tuple(_of_window(facts)),
        (f"ss -tani 'sport = :{row.local.port} and dport = :{row.remote.port}'",),
        cause=Cause.PEER if sure else Cause.UNKNOWN,
        certainty=Certainty.CERTAIN if sure else Certainty.OPEN,
    )


_NO_ROOM = "The peer's window has no room for the {waiting} that wait, and is probed: {peer} does not read fast enough."
_NO_ROOM_AND_SILENT = (
    "The peer's window had no room for the {waiting} that wait, and {probes} in a row had no answer: {peer} had not "
    "read fast enough, and now the peer is gone or the path is broken."
)
_MAY_HAVE_NO_ROOM = (
    "The {waiting} that wait are not sent: the peer's window has no room for them, or {program} holds them back "
    "(TCP_CORK)."
)


def _of_window(facts: SocketFacts) -> list[Message]:
    info, timer = facts.info, facts.row.timer
    found = [message("{waiting} in the send queue", waiting=Count(facts.row.send_q or 0, "byte"))]
    if facts.local_cause is LocalCause.READER:
        found.append(message("{peer} is on this host, and its problem is told there", peer=facts.peer_program))
    if info is None:
        return found
    if info.snd_wnd is not None:
        found.append(message("window {window}, {flying} in flight", window=info.snd_wnd, flying=info.unacked or 0))
    if timer is not None and failures(facts.row) and not timer.retransmits and info.last_ack_recv is not None:
        found.append(message("the peer answers the probes, {ago} ago the last time", ago=facts.ago(info.last_ack_recv)))
    if info.rwnd_limited and info.busy_time:
        limited, busy = Time(info.rwnd_limited * 1_000), Time(info.busy_time * 1_000)
        found.append(
            message(
                "held back by the peer's window for {limited} of the {busy} it had data", limited=limited, busy=busy
            )
        )
    return found


def held_back(facts: SocketFacts) -> Problem | None:
    """The persist timer runs because the program has asked to wait for a full segment."""
    if not _is_corked(facts):
        return None
    corked = persists(facts.row) is Persists.CORKED
    return Problem(
        Severity.CHAT,
        message(
            "{program} holds back what waits ({how}): the kernel sends it after 200 ms at the latest.",
            program=facts.program,
            how="TCP_CORK" if corked else message("TCP_CORK or MSG_MORE"),
        ),
        (message("{waiting} in the send queue", waiting=Count(facts.row.send_q or 0, "byte")),),
        cause=Cause.PROGRAM,
        certainty=Certainty.CERTAIN,
    )


def not_sent(facts: SocketFacts) -> Problem | None:
    """The window has room, and what waits is not sent: the kernel could not, and tries again."""
    if persists(facts.row) is not Persists.RETRIED:
        return None
    words = "What waits is not sent, though the peer's window has room: the kernel tries again by its persist timer."
    waiting = Count(facts.row.send_q or 0, "byte")
    return Problem(Severity.NOTE, message(words), (message("{waiting} in the send queue", waiting=waiting),))


def not_acknowledged(facts: SocketFacts) -> Problem | None:
    """The retransmission timer has fired at least once, and the size of the segment is not suspected."""
    if not (again := times_sent_again(facts.row)) or path_mtu(facts) is not None:
        return None
    silence, icmp = _silence(facts), what_icmp_says(facts)
    template = "Data sent again {times}, not acknowledged: a lossy path, or the peer is gone."
    values: dict[str, Count | Time] = {"times": Count(again, "time")}
    if silence is not None and again >= RETRANSMITS:
        values["silence"] = silence
        template = _NOTHING_COMES
    return Problem(
        Severity.NOTE,
        message(template, **values),
        (
            message("{waiting} in the send queue", waiting=Count(facts.row.send_q or 0, "byte")),
            *_of_path(facts.info),
            *icmp,
            *when_it_is_given_up(facts),
        ),
        (f"ip route get {facts.row.remote.ip}", "sysctl net.ipv4.tcp_retries2"),
        cause=Cause.NETWORK if icmp else Cause.UNKNOWN,
        certainty=Certainty.LIKELY if icmp else Certainty.OPEN,
    )


_NOTHING_COMES = (
    "Data sent again {times}, not acknowledged, and no ACK has come for {silence}: the path is broken, or the peer is "
    "gone."
)


def _silence(facts: SocketFacts) -> Time | None:
    """Since an ACK came, where one should have come since; None where the peer is heard, or where it is not known."""
    info = facts.info
    if info is None or not info.unacked or info.last_ack_recv is None or info.rto is None:
        return None
    return facts.ago(info.last_ack_recv) if info.last_ack_recv * 1_000 >= info.rto else None


def _of_path(info: TcpInfo | None) -> list[Message]:
    if info is None or not info.unacked:
        return []
    return [
        message(
            "{flying} in flight, {lost} taken for lost; {retransmitted} retransmitted of {sent} sent in all",
            flying=Count(info.unacked, "segment"),
            lost=info.lost or 0,
            retransmitted=info.total_retrans or 0,
            sent=info.data_segs_out or 0,
        )
    ]


def nothing_wrong(facts: SocketFacts) -> Problem | None:
    """ESTABLISHED with empty queues, where the source knows them."""
    if facts.row.recv_q != 0 or facts.row.send_q != 0 or facts.row.upper is not None:
        return None
    if (ulp := facts.row.extensions.ulp) in UPPER_PROTOCOLS:
        template = "Open, and it carries a socket of {protocol}: what waits for the program is kept there."
        return Problem(Severity.CHAT, message(template, protocol=ulp or ""))
    return Problem(
        Severity.CHAT,
        message("Open, and nothing waits at this end: both queues are empty."),
        tuple(_whose_turn(facts.info)),
    )


def _whose_turn(info: TcpInfo | None) -> list[Message]:
    """Who sent data last: what a program that waits for an answer looks like from outside."""
    if info is None or info.last_data_sent is None or info.last_data_recv is None:
        return []
    if not info.data_segs_out or not info.data_segs_in or info.last_data_sent == info.last_data_recv:
        return []
    here = info.last_data_sent < info.last_data_recv
    return [message("this end sent data last" if here else "the peer sent data last, and all of it has been read")]


def window_stays_shut(row: SocketRow) -> bool:
    """Whether probes have found no room for longer than a reader pauses; without the RTO, by how many there were."""
    if persists(row) is not Persists.WINDOW or row.timer is None:
        return False
    if (lasted_ns := failing_ns(row, row.read_ns)) or row.info is not None:
        return lasted_ns >= PAUSE_NS or (not lasted_ns and failures(row) >= RETRANSMITS)
    return failures(row) >= RETRANSMITS or row.timer.expires_ms > LONG_WAIT_MS


def _is_corked(socket: ObservedSocket) -> bool:
    return persists(socket.row) in (Persists.CORKED, Persists.PROGRAM)


PAUSE_NS = 2_500_000_000  # a reader that pauses for a second or two is in order
LONG_WAIT_MS = 1_600  # a wait that has doubled three times from 200 ms, the least (TCP_RTO_MIN)
WINDOW_STAYS_SHUT = Trouble(
    name="with a full window",
    must="waits for its peer to read",
    rank=50,
    meets=lambda socket: socket.local_cause is None and window_stays_shut(socket.row),
    began=Beginning.DURING_ITS_STATE,
    only_where_something_waits=True,
)
CORKED = Trouble(
    name="that hold back what is written",
    must="waits for a full segment",
    rank=81,
    meets=_is_corked,
    began=Beginning.DURING_ITS_STATE,
    severity=Severity.CHAT,
    only_where_something_waits=True,
)
UPPER_PROTOCOLS = frozenset({"mptcp", "smc"})  # a program never reads or closes the TCP socket below them itself
ESTABLISHED = frozenset({State.ESTABLISHED})
MAY_SEND = ESTABLISHED | {State.CLOSE_WAIT}
FIN_QUEUED = frozenset({State.FIN_WAIT_1, State.CLOSING, State.LAST_ACK})  # behind data that may not have been sent yet

RULES: tuple[Rule[SocketFacts], ...] = (
    Rule("peer-window-shut", MAY_SEND | FIN_QUEUED, window_has_no_room, "persist", WINDOW_STAYS_SHUT),
    Rule("corked", MAY_SEND | FIN_QUEUED, held_back, "persist", CORKED),
    Rule("not-sent", MAY_SEND | FIN_QUEUED, not_sent, "persist"),
    Rule("retransmitting", MAY_SEND, not_acknowledged, "retransmission", NOT_ACKNOWLEDGED),
    Rule("idle", ESTABLISHED, nothing_wrong, "ESTABLISHED"),
)
