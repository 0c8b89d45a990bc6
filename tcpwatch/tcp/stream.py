"""One direction of a connection: what one end has sent, and how much of it the other has acknowledged.

Rule: a Stream stores facts once, with unwrapped numbers (seqnum.py); derived values are properties. Functions that
process a segment get the sender's stream first, the receiver's second.
"""

from tcpwatch.tcp.event import Step
from tcpwatch.tcp.reset_origin import ResetOrigin, Way
from tcpwatch.wire.options import Options
from tcpwatch.wire.segment import ACK, FIN, INVALID_TIME, RST, SYN, Segment

MAX_SHIFT = 14  # RFC 7323 §2.3
MAX_UNACKED = 1_024  # segments of one stream whose round-trip time is being measured
OCCUPYING = SYN | FIN  # they occupy a sequence number (RFC 9293 §3.4)


class UnwrappedSegment:
    """A segment with unwrapped numbers (RFC 9293's SEG.* variables); `end` counts SYN or FIN as one.

    Facts of the flow for the rules: `handshake_rtt_ns`, None if not seen; `mptcp_news`, whether a new kind of MPTCP
    option was seen since the sender's last segment (RFC 8684 §4: such duplicate ACKs are no sign of loss).
    """

    __slots__ = (
        "ack", "end", "faults", "flags", "handshake_rtt_ns", "length", "mptcp_news", "option_bytes", "seq", "time_ns",
        "wnd_raw",
    )  # fmt: skip

    def __init__(
        self, segment: Segment, seq: int, ack: int, handshake_rtt_ns: int | None = None, mptcp_news: bool = False
    ) -> None:
        self.seq = seq
        self.ack = ack
        self.faults = segment.faults
        self.flags = segment.flags
        self.length = segment.length
        self.wnd_raw = segment.window
        self.time_ns = segment.time_ns
        self.option_bytes = segment.option_bytes
        self.end = seq + segment.length + (1 if segment.flags & OCCUPYING else 0)
        self.handshake_rtt_ns = handshake_rtt_ns
        self.mptcp_news = mptcp_news


class Stream:
    """What one end sent. Sequence numbers are unwrapped.

    `base`: where relative numbers count from: the SYN's number, or one before the first number seen.

    `nxt`, `una`: RFC 9293's SND.NXT and SND.UNA as far as seen. An RST does not move them, because it may be forged.

    `expected`: one past the highest number in any segment, RSTs included. `contiguous`: one past the range without
    gaps. `ack`: of the last segment. In these three, 0 means "nothing yet": Wireshark's rules for a first segment need
    that.

    `wnd`, `wnd_raw`: the window of the last segment in bytes (None while the scale is unknown), and its raw field.

    `dup_acks`: duplicate ACKs in a row; -1 if the other end acknowledged data that was not captured.

    `unsummed`: wrong checksums mean nothing: the other end took such segments, so its card puts the sums in.

    `option_bytes`: the options of the newest segment by its numbers, SYNs apart.

    `way`: how its segments came here; `reset_origin`: who sent its first RST.
    """

    __slots__ = (
        "ack", "base", "contiguous", "dup_acks", "expected", "expected_ns", "fin", "fin_step", "isn", "lacks_wscale",
        "last_ns", "mptcp", "mss", "nxt", "offered_wscale", "option_bytes", "payload_bytes", "reset_origin",
        "retrans_segs", "rst", "rst_challenged", "sack_permitted", "segs", "una", "unacked", "unsummed", "way", "wnd",
        "wnd_raw", "words", "wscale",
    )  # fmt: skip

    def __init__(self) -> None:
        self.isn: int | None = None
        self.base: int | None = None
        self.nxt: int | None = None
        self.una: int | None = None
        self.expected = 0
        self.expected_ns = 0
        self.contiguous = 0
        self.unacked: dict[int, int] = {}
        self.ack = 0
        self.wnd_raw: int | None = None
        self.wnd: int | None = None
        self.offered_wscale: int | None = None
        self.lacks_wscale = False
        self.wscale: int | None = None
        self.mss: int | None = None
        self.sack_permitted = False
        self.mptcp = 0
        self.fin: int | None = None
        self.fin_step: Step | None = None
        self.rst = False
        self.rst_challenged = False
        self.unsummed = False
        self.payload_bytes = 0
        self.segs = 0
        self.retrans_segs = 0
        self.dup_acks = 0
        self.last_ns = 0
        self.option_bytes = b""
        self.words: tuple[str, ...] = ()
        self.way: Way | None = None
        self.reset_origin: ResetOrigin | None = None

    @property
    def in_flight(self) -> int | None:
        """Unacknowledged bytes; None if no segment or no ACK was seen."""
        una, nxt = self.una, self.nxt
        if una is None or nxt is None:
            return None
        return nxt - una if nxt > una else 0

    @property
    def syn_acked(self) -> bool:
        """Whether the SYN was seen and acknowledged."""
        return self.isn is not None and self.una is not None and self.una > self.isn

    def syn_covered_by(self, ack: int) -> bool:
        """Whether `ack` acknowledges the SYN, and nothing that was not sent."""
        return self.isn is not None and self.nxt is not None and self.isn < ack <= self.nxt

    @property
    def fin_acked(self) -> bool:
        """Whether the FIN was seen and acknowledged."""
        return self.fin is not None and self.una is not None and self.una > self.fin

    def note_way(self, segment: Segment, way: tuple[int, int | None]) -> None:
        """Note how a segment of this stream came here, before it is recorded."""
        if self.way is None:
            self.way = Way()
        if not segment.flags & RST:
            self.way.note(*way)
        elif self.reset_origin is None:
            timed = self.segs and INVALID_TIME not in segment.faults
            silent_ns = max(0, segment.time_ns - self.last_ns) if timed else None
            self.reset_origin = self.way.origin_of_reset(*way, silent_ns)

    def record(self, segment: Segment, seq: int, ack: int, words: tuple[str, ...]) -> None:
        """Record a segment of this stream; `words` are its analysis words."""
        flags, length, time_ns = segment.flags, segment.length, segment.time_ns
        end = seq + length + 1 if flags & OCCUPYING else seq + length
        self.segs += 1
        self.payload_bytes += length
        if words:
            self._count(words, end)
        if ack != self.ack:
            self.ack = ack
            self.dup_acks = 0
        if "zero_window_probe" not in words:
            if end > self.expected or not self.expected:
                self.expected = end
                self.expected_ns = time_ns
            if seq == self.contiguous or not self.contiguous:
                self.contiguous = self.expected
            if (self.nxt is None or end > self.nxt) and not flags & RST:
                self.nxt = end
                if end > seq:
                    self._time(end, time_ns)
        if end >= self.expected and not flags & SYN:
            self.option_bytes = segment.option_bytes
        self.wnd_raw = segment.window
        if self.wscale is not None:  # a SYN's window is never scaled (RFC 7323 §2.2)
            self.wnd = segment.window if flags & SYN else segment.window << self.wscale
        self.words = words
        self.rst_challenged = False
        self.last_ns = time_ns

    def extend(self, segment: Segment, seq: int, ack: int, other: "Stream") -> bool:
        """Record a segment to which no analysis rule can apply; if one might, do nothing and return False.

        Such a segment has the next data, without a gap, into an open window, or it is an ACK that advances. Neither its
        time nor its timestamp goes back. Nearly all segments without SYN, FIN and RST are like this, so it is tried
        before the rules. Same effect as record(), in fewer steps.
        """
        length, window, time_ns = segment.length, segment.window, segment.time_ns
        if not seq == self.expected == self.contiguous == self.nxt or not window or not segment.flags & ACK:
            return False
        option_bytes = segment.option_bytes
        # Timestamps are in network order: where the layout is the same, bytes compare like numbers.
        if ack > other.contiguous or option_bytes < self.option_bytes or time_ns < self.last_ns:
            return False
        if length:
            end, room = seq + length, other.wnd
            if other.ack > seq or other.wnd_raw == 0 or (room is not None and end == other.ack + room):
                return False
            self.payload_bytes += length
            self.expected = self.contiguous = self.nxt = end
            self.expected_ns = time_ns
            self._time(end, time_ns)
        elif ack == self.ack:
            return False
        if ack != self.ack:
            self.ack = ack
            self.dup_acks = 0
        self.segs += 1
        self.option_bytes = option_bytes
        self.wnd_raw = window
        if self.wscale is not None:
            self.wnd = window << self.wscale
        self.words = ()
        self.rst_challenged = False
        self.last_ns = time_ns
        return True

    def _count(self, words: tuple[str, ...], end: int) -> None:
        if "duplicate_ack" in words:
            self.dup_acks = max(self.dup_acks, 0) + 1
        if "retransmission" in words:
            self.retrans_segs += 1
            self.unacked.pop(end, None)  # Karn's algorithm: which copy was acknowledged is unknown (RFC 6298 §3)

    def _time(self, end: int, sent_ns: int) -> None:
        if len(self.unacked) >= MAX_UNACKED:
            self.unacked.clear()
        self.unacked[end] = sent_ns

    def apply_options(self, options: Options, other: "Stream") -> None:
        """Store what a SYN offers, and determine the window scale of both directions (RFC 7323 §2.2).

        Scaling is used only if both SYNs offer it; while one SYN is unseen, it is assumed to offer it. A SYN with
        truncated options may have offered it too.
        """
        if options.mss is not None:
            self.mss = options.mss
        if options.wscale is not None:
            self.offered_wscale = min(options.wscale, MAX_SHIFT)
        self.lacks_wscale = self.offered_wscale is None and not options.cut
        self.sack_permitted = self.sack_permitted or options.sack_permitted
        refused = self.lacks_wscale or other.lacks_wscale
        self.wscale = 0 if refused else self.offered_wscale
        if refused:
            other.wscale = 0

    def acknowledge(self, ack: int, time_ns: int) -> int | None:
        """The other end acknowledges new data up to `ack`; returns the round-trip time if a segment ended there.

        None where time goes back: what is negative was not measured.
        """
        self.una = ack
        sent_ns = self.unacked.pop(ack, None)
        if self.nxt is None or ack >= self.nxt:
            self.unacked.clear()
        return None if sent_ns is None or time_ns < sent_ns else time_ns - sent_ns

    def acks_uncaptured(self, ack: int) -> bool:
        """Whether `ack`, from the other end, is the first to acknowledge data of this stream that was not captured."""
        if not self.contiguous or ack <= self.contiguous:
            return False
        if self.contiguous < self.expected:
            self.contiguous = self.expected
            return True
        first = self.dup_acks == 0
        self.dup_acks = -1
        return first
