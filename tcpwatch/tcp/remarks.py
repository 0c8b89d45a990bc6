"""What is unusual about a segment and has no name in Wireshark's analysis, in words.

Rule: a remark is a pure test of one segment, its analysis words, and both streams before it, the sender's first. The
first that applies is the segment's note, unless opening or closing gave it one.
"""

from collections.abc import Callable
from functools import lru_cache

from tcpwatch.tcp.event import Meaning
from tcpwatch.tcp.seqnum import ahead
from tcpwatch.tcp.state import State
from tcpwatch.tcp.stream import Stream, UnwrappedSegment
from tcpwatch.wire.options import parse_options
from tcpwatch.wire.segment import ACK, INVALID_TIME, RST, SYN

PAWS_TICKS = 1  # Linux's TCP_PAWS_WINDOW, include/net/tcp.h: so far back is accepted
PAWS_IDLE_NS = 24 * 24 * 3600 * 1_000_000_000  # RFC 7323 §5.5: then the value that is kept has expired

Words = tuple[str, ...]
Applies = Callable[[UnwrappedSegment, Words, Stream, Stream], bool]


def time_goes_back(seg: UnwrappedSegment, words: Words, sender: Stream, receiver: Stream) -> bool:
    """The capture dates it before the segment that it captured before from this end.

    Between the two directions it may go back by microseconds: a card's queues are read one after the other.
    """
    return seg.time_ns < sender.last_ns


def invalid_time(seg: UnwrappedSegment, words: Words, sender: Stream, receiver: Stream) -> bool:
    """The file has no time for it, or one that cannot be, such as 1,000,000 microseconds; it has the nearest."""
    return INVALID_TIME in seg.faults


def late_syn(seg: UnwrappedSegment, words: Words, sender: Stream, receiver: Stream) -> bool:
    """A SYN that was answered before it was captured."""
    answered = receiver.isn is not None and receiver.ack == seg.seq + 1
    return seg.flags & (SYN | ACK) == SYN and sender.isn is None and answered


def overtaken(seg: UnwrappedSegment, words: Words, sender: Stream, receiver: Stream) -> bool:
    """Wireshark's out_of_order, in plain words: it is not a retransmission."""
    return "out_of_order" in words


def tsval_goes_back(seg: UnwrappedSegment, words: Words, sender: Stream, receiver: Stream) -> bool:
    """Newer than all before it by its numbers, older by its timestamp (RFC 7323 §5, PAWS).

    One that is not newer by its numbers may have been overtaken on the way: its older timestamp is then in order.
    """
    newer = seg.seq >= sender.expected and (seg.length > 0 or seg.ack > sender.ack)
    if seg.flags & (SYN | RST) or not newer or seg.time_ns - sender.last_ns > PAWS_IDLE_NS:
        return False
    ts_val, before = (parse_options(options).ts_val for options in (seg.option_bytes, sender.option_bytes))
    return ts_val is not None and before is not None and ahead(ts_val, before) < -PAWS_TICKS


REMARKS: tuple[tuple[Applies, str], ...] = (
    (tsval_goes_back, "TSval goes back: PAWS drops it"),
    (late_syn, "reordered: captured after its SYN-ACK"),
    (overtaken, "reordered: overtaken, not sent again"),
    (invalid_time, "no valid time in the file"),
    (time_goes_back, "time goes back"),
)


def remark(seg: UnwrappedSegment, words: Words, sender: Stream, receiver: Stream) -> str | None:
    """The first remark that applies. Call it before the streams record the segment."""
    for applies, note in REMARKS:
        if applies(seg, words, sender, receiver):
            return note
    return None


@lru_cache(maxsize=1_024)
def aggregate(src_state: State, dst_state: State, segs: int) -> Meaning:
    """The meaning of an otherwise ordinary segment that is longer than the other end's MSS allows."""
    return Meaning(src_state, dst_state, note=aggregate_note(segs))


def aggregate_note(segs: int) -> str:
    """The capturing host handled several segments as one; how many follows from the MSS, so it is about."""
    return f"GSO/GRO: about {segs} × MSS in one"
