"""Wireshark's tcp.analysis.* words, as ordered tables of rules.

Law of the room: a rule is a pure question about one segment and the two streams as they stood before it, the sender's
first. The rules, their order and which match ends a table are Wireshark 4.0's (User's Guide, "TCP Analysis"), because
its words are what people know.
"""

from collections.abc import Callable
from typing import NamedTuple

from tcpwatch.tcp.stream import Stream, UnwrappedSegment
from tcpwatch.wire.segment import ACK, FIN, RST, SYN

FAST_RETRANSMISSION_NS = 20_000_000  # this close behind the last duplicate ACK
OUT_OF_ORDER_NS = 3_000_000  # this close behind the highest number, where no handshake gave a round trip to go by
DUP_ACKS = 2  # RFC 5681 waits for three; one may be missing from a capture

CONTROL = SYN | FIN | RST


class AnalysisRule(NamedTuple):
    """A row of a table: the words it gives, when it holds, and whether the table ends with it."""

    words: tuple[str, ...]
    applies: Callable[[UnwrappedSegment, Stream, Stream], bool]
    last: bool = False


def zero_window_probe(seg: UnwrappedSegment, sender: Stream, receiver: Stream) -> bool:
    """One byte, the next one, into a closed window."""
    return seg.length == 1 and seg.seq == sender.expected and receiver.wnd_raw == 0


def zero_window(seg: UnwrappedSegment, sender: Stream, receiver: Stream) -> bool:
    """The sender has no room for data."""
    return seg.wnd_raw == 0 and not seg.flags & CONTROL


def lost_segment(seg: UnwrappedSegment, sender: Stream, receiver: Stream) -> bool:
    """Numbers were skipped: what carried them is late, lost, or was not captured."""
    return sender.expected != 0 and seg.seq > sender.expected and not seg.flags & RST


def keep_alive(seg: UnwrappedSegment, sender: Stream, receiver: Stream) -> bool:
    """The last byte sent once more, or none in its place, to see whether the other end is there."""
    return seg.length <= 1 and seg.seq == sender.expected - 1 and not seg.flags & CONTROL


def _repeats_ack(seg: UnwrappedSegment, sender: Stream) -> bool:
    """No data, and the same numbers as in the sender's last segment."""
    return seg.length == 0 and seg.seq == sender.expected and seg.ack == sender.ack and not seg.flags & CONTROL


def window_update(seg: UnwrappedSegment, sender: Stream, receiver: Stream) -> bool:
    """Nothing new but the window."""
    return _repeats_ack(seg, sender) and seg.wnd_raw not in (0, sender.wnd_raw)


def window_full(seg: UnwrappedSegment, sender: Stream, receiver: Stream) -> bool:
    """Data up to the last byte of the window; never said where the scale is unknown."""
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
    """The answer to a zero window probe: still no room."""
    return "zero_window_probe" in receiver.words and seg.wnd_raw == sender.wnd_raw == 0 and _repeats_ack(seg, sender)


def duplicate_ack(seg: UnwrappedSegment, sender: Stream, receiver: Stream) -> bool:
    """The same ACK again, window and all: something behind a hole has arrived, or MPTCP had an option to send."""
    return _repeats_ack(seg, sender) and seg.wnd_raw == sender.wnd_raw != 0 and not seg.mptcp_news


def spurious_retransmission(seg: UnwrappedSegment, sender: Stream, receiver: Stream) -> bool:
    """Data that was already acknowledged."""
    return seg.length > 0 and receiver.ack != 0 and seg.seq + seg.length <= receiver.ack


def _goes_back(seg: UnwrappedSegment, sender: Stream) -> bool:
    """It begins below the highest number sent; one byte below with more than one byte follows a zero window probe."""
    return (
        sender.expected != 0 and seg.seq < sender.expected and not (seg.length > 1 and seg.seq == sender.expected - 1)
    )


def fast_retransmission(seg: UnwrappedSegment, sender: Stream, receiver: Stream) -> bool:
    """What duplicate ACKs ask for, sent at once."""
    return (
        _goes_back(seg, sender)
        and not 0 <= receiver.dup_acks < DUP_ACKS
        and receiver.ack == seg.seq
        and 0 <= seg.time_ns - receiver.last_ns < FAST_RETRANSMISSION_NS
    )


def out_of_order(seg: UnwrappedSegment, sender: Stream, receiver: Stream) -> bool:
    """Too close behind the highest number to be sent again: it was overtaken."""
    return (
        _goes_back(seg, sender)
        and 0 <= seg.time_ns - sender.expected_ns < (seg.handshake_rtt_ns or OUT_OF_ORDER_NS)
        and seg.end != sender.expected
    )


def retransmission(seg: UnwrappedSegment, sender: Stream, receiver: Stream) -> bool:
    """Numbers sent before, and no better reason."""
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

# For segments that occupy sequence numbers and are no keep-alives.
REPETITION = (
    AnalysisRule(("retransmission", "spurious_retransmission"), spurious_retransmission, last=True),
    AnalysisRule(("fast_retransmission", "retransmission"), fast_retransmission, last=True),
    AnalysisRule(("out_of_order",), out_of_order, last=True),
    AnalysisRule(("retransmission",), retransmission, last=True),
)


def analyse(seg: UnwrappedSegment, sender: Stream, receiver: Stream) -> tuple[str, ...]:
    """The words for this segment, before the streams have recorded it."""
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
