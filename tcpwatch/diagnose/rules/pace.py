"""What a transfer under way is held back by: the program here, the peer, or the network.

The kernel's counters are sums since the beginning, so two records of one socket are compared. Its clock of a full
window runs on while the path is broken (tcp_chrono_start, net/ipv4/tcp_output.c): what is sent again comes first.
"""

from dataclasses import dataclass

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.message import Count, Message, Time, message
from tcpwatch.diagnose.problem import Cause, Certainty, Problem, Severity
from tcpwatch.diagnose.rule import Rule
from tcpwatch.diagnose.rules.retransmission import times_sent_again
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.tcp.state import State

MOSTLY_PERCENT, LOSSY_PERCENT = 50, 2  # below 2 % of loss TCP still fills most paths


@dataclass(frozen=True, slots=True)
class Interval:
    """The differences between two records of a socket."""

    lasted_ns: int
    acked: int
    sent: int
    again: int
    busy_us: int
    window_us: int
    buffer_us: int

    def percent(self, part_us: int) -> int:
        """Share of the time in which there was data to send."""
        return min(100, 100 * part_us // max(1, self.busy_us))


def held_back_by(facts: SocketFacts) -> Problem | None:
    """Which of the three it was since the earlier record."""
    interval = _since_earlier(facts)
    if interval is None or not interval.acked or times_sent_again(facts.row):
        return None  # it does not flow, and another rule says why
    severity, words, cause, certainty = _verdict(interval)
    return Problem(
        severity,
        message(
            "{rate} acknowledged a second: {verdict}",
            rate=Count(interval.acked * 1_000_000_000 // interval.lasted_ns, "byte"),
            verdict=message(
                words,
                window=interval.percent(interval.window_us),
                again=interval.again,
                sent=Count(interval.sent, "segment"),
                busy=min(100, interval.busy_us * 100_000 // interval.lasted_ns),
                program=facts.program,
                peer=facts.peer_program,
            ),
        ),
        tuple(_evidence(facts.info, interval)),
        cause=cause,
        certainty=certainty,
    )


def _verdict(interval: Interval) -> tuple[Severity, str, Cause, Certainty]:
    """The severity, the end of the sentence, whose doing it is, and how sure."""
    if interval.again * 100 >= max(1, interval.sent) * LOSSY_PERCENT:
        words = "{again} of {sent} were retransmitted, so the network loses, and Linux sends less."
        return Severity.NOTE, words, Cause.NETWORK, Certainty.LIKELY
    if interval.percent(interval.window_us) >= MOSTLY_PERCENT:
        words = "for {window} % of the time the peer's window held it back, so {peer} reads no faster."
        return Severity.CHAT, words, Cause.PEER, Certainty.CERTAIN
    if interval.busy_us * 100_000 < interval.lasted_ns * MOSTLY_PERCENT:
        words = "there was data to send for {busy} % of the time only, so {program} writes no faster."
        return Severity.CHAT, words, Cause.PROGRAM, Certainty.CERTAIN
    words = "neither the peer's window nor {program} held it back for most of the time, so the network carries no more."
    return Severity.CHAT, words, Cause.NETWORK, Certainty.LIKELY


def _evidence(info: TcpInfo | None, interval: Interval) -> list[Message]:
    found = [
        message(
            "in the last {time}: data to send for {busy}, of that with a full window {window}, with a full send buffer "
            "{buffer}",
            time=Time(interval.lasted_ns),
            busy=Time(interval.busy_us * 1_000),
            window=Time(interval.window_us * 1_000),
            buffer=Time(interval.buffer_us * 1_000),
        )
    ]
    if info is not None and info.rtt and info.min_rtt:
        found.append(message("round trip {rtt} µs, at its shortest {least} µs", rtt=info.rtt, least=info.min_rtt))
    return found


def _since_earlier(facts: SocketFacts) -> Interval | None:
    """What has changed since the earlier record; None without one, or where the kernel counts less."""
    before, after = facts.earlier.info if facts.earlier is not None else None, facts.info
    if facts.earlier is None or before is None or after is None or facts.row.read_ns <= facts.earlier.read_ns:
        return None
    pairs = [(getattr(before, name), getattr(after, name)) for name in _COUNTED]
    if any(old is None or new is None for old, new in pairs):
        return None
    acked, sent, again, busy, window, buffer = (new - old for old, new in pairs)
    return Interval(facts.row.read_ns - facts.earlier.read_ns, acked, sent, again, busy, window, buffer)


_COUNTED = ("bytes_acked", "data_segs_out", "total_retrans", "busy_time", "rwnd_limited", "sndbuf_limited")

RULES: tuple[Rule[SocketFacts], ...] = (
    Rule("pace", frozenset({State.ESTABLISHED, State.CLOSE_WAIT}), held_back_by, "rwnd_limited"),
)
