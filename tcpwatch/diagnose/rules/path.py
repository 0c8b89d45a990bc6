"""The rule on a path that carries small segments and loses full ones.

A black hole of path MTU discovery (RFC 2923 §2.1): something on the way drops packets of that size, and the ICMP
error that would say so does not come.
"""

from enum import Enum

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.message import Count, Message, message
from tcpwatch.diagnose.problem import Cause, Certainty, Problem, Severity
from tcpwatch.diagnose.rule import Beginning, ObservedSocket, Rule, Trouble
from tcpwatch.diagnose.rules.retransmission import RETRANSMITS, times_sent_again, what_icmp_says, when_it_is_given_up
from tcpwatch.diagnose.timers.backoff import failing_ns
from tcpwatch.sockets.row import SocketRow
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.tcp.state import State

OF_SYN = 1  # bytes_acked counts an initiator's SYN


class SizeSign(Enum):
    """What speaks for it that the size is the reason, the surest first."""

    LATER_ARRIVED = "smaller segments sent after it have arrived"
    PEER_HEARD = "the peer was heard from meanwhile, so the path carries something"
    EARLIER_ARRIVED = "smaller segments sent before it were acknowledged, and never one of its size"


def size_sign(row: SocketRow) -> SizeSign | None:
    """Why the size of what is sent again is suspected; None where it is not."""
    if times_sent_again(row) < RETRANSMITS or (info := row.info) is None or not _full_sized(row, info):
        return None
    if info.sacked:
        return SizeSign.LATER_ARRIVED
    acked = (info.bytes_acked or 0) - OF_SYN
    if acked <= 0:
        return None
    heard_ms = info.last_ack_recv
    if heard_ms is not None and heard_ms * 1_000_000 < failing_ns(row, row.read_ns):
        return SizeSign.PEER_HEARD
    return SizeSign.EARLIER_ARRIVED if acked < (info.snd_mss or 0) else None


def _full_sized(row: SocketRow, info: TcpInfo) -> bool:
    """Whether what is in flight is full segments, but for the last."""
    in_flight = (row.send_q or 0) - (info.notsent_bytes or 0)
    if not info.snd_mss or not info.unacked:
        return False
    return in_flight >= max(1, info.unacked - 1) * info.snd_mss


def path_mtu(facts: SocketFacts) -> Problem | None:
    """Full segments are lost again and again, and small ones are not."""
    sign, info = size_sign(facts.row), facts.row.info
    if sign is None or info is None or facts.local_cause is not None:
        return None
    told = facts.icmp_error is not None and facts.icmp_error.too_big
    surely = told or sign is not SizeSign.EARLIER_ARRIVED
    values = {
        "size": Count(info.snd_mss or 0, "byte"),
        "times": Count(times_sent_again(facts.row), "time"),
        "packet": Count(info.pmtu or 0, "byte"),
    }
    return Problem(
        Severity.NOTE,
        message(LIKELY if surely else POSSIBLE, **values),
        tuple(_evidence(facts, sign, info)),
        (
            f"ip route get {facts.row.remote.ip}",
            "sysctl net.ipv4.tcp_mtu_probing",
            f"tcpwatch packets -p {facts.row.remote.port}",
        ),
        cause=Cause.NETWORK,
        certainty=Certainty.CERTAIN if told else Certainty.LIKELY if surely else Certainty.OPEN,
    )


LIKELY = (
    "Full segments ({size} of data) sent again {times} are not acknowledged, smaller ones are: the path does not seem "
    "to carry packets of {packet}."
)
POSSIBLE = (
    "Full segments ({size} of data) sent again {times} are not acknowledged, smaller ones before them were: the path "
    "may not carry packets of {packet}, unless it is broken altogether or the peer is gone."
)


def _evidence(facts: SocketFacts, sign: SizeSign, info: TcpInfo) -> list[Message]:
    error = facts.icmp_error
    mtu = error.mtu if error is not None and error.too_big else None
    return [
        message(sign.value),
        message(
            "{flying} in flight, {sacked} of them arrived (SACK); path MTU {mtu} as far as this kernel knows",
            flying=Count(info.unacked or 0, "segment"),
            sacked=info.sacked or 0,
            mtu=info.pmtu or 0,
        ),
        *what_icmp_says(facts),
        *([message("it says that {mtu} would fit", mtu=Count(mtu, "byte"))] if mtu else []),
        *when_it_is_given_up(facts),
    ]


def _meets(socket: ObservedSocket) -> bool:
    return socket.local_cause is None and size_sign(socket.row) is not None


TOO_LARGE = Trouble(
    name="with full segments that are lost",
    must="sends packets that the path may not carry",
    rank=39,
    meets=_meets,
    began=Beginning.DURING_ITS_STATE,
    only_where_something_waits=True,
)

RULES: tuple[Rule[SocketFacts], ...] = (
    Rule("path-mtu", frozenset({State.ESTABLISHED, State.CLOSE_WAIT}), path_mtu, "retransmission", TOO_LARGE),
)
