"""Wireshark's tcp.analysis.* names ("words" here), as ordered tables of rules.

Rule: a rule is a pure test of one segment and both streams before that segment, the sender's first. The rules, their
order, and which match ends a table follow Wireshark 4.0 (User's Guide, "TCP Analysis"), because users know its names.
"""

from collections.abc import Callable
from typing import NamedTuple

from tcpwatch.tcp.stream import Stream, UnwrappedSegment
from tcpwatch.wire.segment import ACK, FIN, RST, SYN

FAST_RETRANSMISSION_NS = 20_000_000  # maximum time after the last duplicate ACK
OUT_OF_ORDER_NS = 3_000_000  # maximum time after the highest number, if no handshake gave a round-trip time
DUP_ACKS = 2  # RFC 5681 requires three; a capture may lack one

CONTROL = SYN | FIN | RST

# Analysis that tells of loss or of a stopped window; the rest of it is ordinary.
# fmt: off
CAUTIONS = frozenset((
    "retransmission", "fast_retransmission", "spurious_retransmission", "out_of_order", "lost_segment",
    "ack_lost_segment", "duplicate_ack", "zero_window", "zero_window_probe", "window_full", "reused_ports",
))
# fmt: on


class AnalysisRule(NamedTuple):
    """A row of a table: its words, its test, and whether a match ends the table."""

    words: tuple[str, ...]
    applies: Callable[[UnwrappedSegment, Stream, Stream], bool]
    last: bool = False


def zero_window_probe(seg: UnwrappedSegment, sender: Stream, receiver: Stream) -> bool:
    """One byte, the next in sequence, sent into a zero window."""
    return seg.length == 1 and seg.seq == sender.expected and receiver.wnd_raw == 0


def zero_window(seg: UnwrappedSegment, sender: Stream, receiver: Stream) -> bool:
    """The sender advertises a zero window."""
    return seg.wnd_raw == 0 and not seg.flags & CONTROL


def lost_segment(seg: UnwrappedSegment, sender: Stream, receiver: Stream) -> bool:
    """Sequence numbers were skipped: a segment is late, lost, or was not captured."""
    return sender.expected != 0 and seg.seq > sender.expected and not seg.flags & RST


def keep_alive(seg: UnwrappedSegment, sender: Stream, receiver: Stream) -> bool:
    """The sequence number before the next one, with at most one byte: asks whether the peer is alive."""
    return seg.length <= 1 and seg.seq == sender.expected - 1 and not seg.flags & CONTROL


def _repeats_ack(seg: UnwrappedSegment, sender: Stream) -> bool:
    """No data, and the same numbers as in the sender's last segment."""
    return seg.length == 0 and seg.seq == sender.expected and seg.ack == sender.ack and not seg.flags & CONTROL


def window_update(seg: UnwrappedSegment, sender: Stream, receiver: Stream) -> bool:
    """Only the window has changed."""
    return _repeats_ack(seg, sender) and seg.wnd_raw not in (0, sender.wnd_raw)


def window_full(seg: UnwrappedSegment, sender: Stream, receiver: Stream) -> bool:
    """Data up to the end of the receive window; never reported if the window scale is unknown."""
    return (
        seg.length > 0
        and receiver.wnd is not None
        and seg.seq + seg.length == receiver.ack + receiver.wnd
        and not seg.flags & CONTROL
    )


def keep_alive_ack(seg: UnwrappedSegment, sender: Stream, receiver: Stream) -> bool:
    """The answer to a keep-alive."""
    return "keep_alive" in receiver.words and _repeats_ack(seg, sender) and seg.wnd_raw == sender.wnd_raw != 0


def zero_window_probe_ack(seg: UnwrappedSegment, sender: Stream, receiver: Stream) -> bool:
    """The answer to a zero window probe: the window is still zero."""
    return "zero_window_probe" in receiver.words and seg.wnd_raw == sender.wnd_raw == 0 and _repeats_ack(seg, sender)


def duplicate_ack(seg: UnwrappedSegment, sender: Stream, receiver: Stream) -> bool:
    """The same ACK and window again: data after a gap arrived. MPTCP also sends such ACKs to carry an option."""
    return _repeats_ack(seg, sender) and seg.wnd_raw == sender.wnd_raw != 0 and not seg.mptcp_news


def spurious_retransmission(seg: UnwrappedSegment, sender: Stream, receiver: Stream) -> bool:
    """Data that was already acknowledged."""
    return seg.length > 0 and receiver.ack != 0 and seg.seq + seg.length <= receiver.ack


def _goes_back(seg: UnwrappedSegment, sender: Stream) -> bool:
    """It begins below the highest number sent. Exactly one below, with several bytes, follows a zero window probe."""
    return (
        sender.expected != 0 and seg.seq < sender.expected and not (seg.length > 1 and seg.seq == sender.expected - 1)
    )


def fast_retransmission(seg: UnwrappedSegment, sender: Stream, receiver: Stream) -> bool:
    """The segment that duplicate ACKs request, sent soon after them."""
    return (
        _goes_back(seg, sender)
        and not 0 <= receiver.dup_acks < DUP_ACKS
        and receiver.ack == seg.seq
        and 0 <= seg.time_ns - receiver.last_ns < FAST_RETRANSMISSION_NS
    )


def out_of_order(seg: UnwrappedSegment, sender: Stream, receiver: Stream) -> bool:
    """Too soon after the highest number for a retransmission: it was overtaken."""
    return (
        _goes_back(seg, sender)
        and 0 <= seg.time_ns - sender.expected_ns < (seg.handshake_rtt_ns or OUT_OF_ORDER_NS)
        and seg.end != sender.expected
    )


def retransmission(seg: UnwrappedSegment, sender: Stream, receiver: Stream) -> bool:
    """Numbers that were sent before, and no earlier rule matched."""
    return _goes_back(seg, sender)


PROGRESS = (
    AnalysisRule(("zero_window_probe",), zero_window_probe, last=True),
    AnalysisRule(("zero_window",), zero_window),
    AnalysisRule(("lost_segment",), lost_segment),
    AnalysisRule(("keep_alive",), keep_alive),
    AnalysisRule(("window_update",), window_update),
    AnalysisRule(("window_full",), window_full),
    AnalysisRule(("keep_alive_ack",), keep_alive_ack, last=True),
    AnalysisRule(("zero_window_probe_ack",), zero_window_probe_ack, last=True),
    AnalysisRule(("duplicate_ack",), duplicate_ack),
)

# For segments that occupy sequence numbers, except keep-alives.
REPETITION = (
    AnalysisRule(("retransmission", "spurious_retransmission"), spurious_retransmission, last=True),
    AnalysisRule(("fast_retransmission", "retransmission"), fast_retransmission, last=True),
    AnalysisRule(("out_of_order",), out_of_order, last=True),
    AnalysisRule(("retransmission",), retransmission, last=True),
)


def analyse(seg: UnwrappedSegment, sender: Stream, receiver: Stream) -> tuple[str, ...]:
    """The words for this segment. Call it before the streams record the segment."""
    words = _apply(PROGRESS, seg, sender, receiver)
    if seg.flags & ACK and receiver.acks_uncaptured(seg.ack):
        words += ("ack_lost_segment",)
    if (seg.length or seg.flags & (SYN | FIN)) and "keep_alive" not in words:
        words += _apply(REPETITION, seg, sender, receiver)
    return words


def _apply(rules: tuple[AnalysisRule, ...], seg: UnwrappedSegment, sender: Stream, receiver: Stream) -> tuple[str, ...]:
    words: tuple[str, ...] = ()
    for rule in rules:
        if rule.applies(seg, sender, receiver):
            words += rule.words
            if rule.last:
                break
    return words
