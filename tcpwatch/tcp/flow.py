"""A flow: one connection as seen on the wire, with two streams and two states.

Rule: facts are stored once; both directions use the same code with the streams swapped. A flow has no "local" end; side
0 is the initiator, as far as known.
"""

from dataclasses import replace
from functools import cache

from tcpwatch.tcp.analysis import CONTROL, analyse
from tcpwatch.tcp.damage import Withheld, damage_note
from tcpwatch.tcp.event import Event, Meaning
from tcpwatch.tcp.handshake import Closed, Opened, follow
from tcpwatch.tcp.remarks import aggregate, aggregate_note, remark
from tcpwatch.tcp.seqnum import offset, unwrap, wrap
from tcpwatch.tcp.state import AWAITING_ACK, OVER, State
from tcpwatch.tcp.stream import Stream, UnwrappedSegment
from tcpwatch.tcp.tcb import Source, Tcb
from tcpwatch.wire.options import parse_options
from tcpwatch.wire.payload import FIRST_BYTES, describe_payload
from tcpwatch.wire.segment import ACK, FIN, INVALID_TIME, RST, SYN, Segment

# Wireshark's tcp.completeness: which parts of a conversation were captured.
SAW_SYN, SAW_SYN_ACK, SAW_ACK, SAW_DATA, SAW_FIN, SAW_RST = (1 << bit for bit in range(6))

ENDS = ("initiator", "responder")  # who side 0 is, and side 1


class Flow:
    """One connection: `stream` as Wireshark's tcp.stream, `ends` with the initiator first, and what was seen.

    `inferred`: the capture began after the SYN. `closed_by` is the side that sent the first FIN or the RST. `link` and
    `vlan` are where the first segment was captured, which `first_side` sent.
    """

    __slots__ = (
        "_completeness", "_completeness_at_first", "_expects_step", "_mptcp", "_multipath", "_pairs", "_plain",
        "_syn_ns", "_withheld", "analysis", "closed", "closed_by", "ends", "first_ns", "first_side",
        "handshake_rtt_ns", "inferred", "link", "opened", "states", "stream", "streams", "vlan",
    )  # fmt: skip

    def __init__(self, stream: int, ends: bytes, first: Segment, reused: bool = False) -> None:
        """A flow that begins with `first`; `reused`: an earlier flow had the same four-tuple."""
        self.stream = stream
        self.ends = ends
        self.streams = (Stream(), Stream())
        self._pairs = (self.streams, (self.streams[1], self.streams[0]))
        self.states = [State.CLOSED, State.LISTEN]
        self.opened = Opened.HALF_OPEN if first.flags & SYN else Opened.MIDSTREAM
        self.inferred = first.flags & (SYN | ACK) != SYN
        self.closed: Closed | None = None
        self.closed_by: int | None = None
        self.handshake_rtt_ns: int | None = None
        self.first_ns = first.time_ns
        self.first_side = 0 if first.ends == ends else 1
        self.link, self.vlan = first.link, first.vlan
        self.analysis: dict[str, int] = {}
        self._syn_ns: int | None = None
        self._expects_step = True
        self._multipath = not first.flags & SYN and parse_options(first.option_bytes).mptcp is not None
        self._mptcp = 0
        self._withheld: Withheld | None = None
        self._plain = _plain(*self.states)
        self._completeness = self._completeness_at_first = _completeness_of_first(first, reused)

    def state(self, side: int) -> State:
        """The state of one end: 0 the initiator's, 1 the responder's."""
        return self.states[side]

    @property
    def last_ns(self) -> int:
        """The time of the last segment; `first_ns` before the first is recorded."""
        first, second = self.streams
        return max(first.last_ns, second.last_ns) or self.first_ns

    @property
    def over(self) -> bool:
        """Whether the connection is over at both ends, as far as the wire shows."""
        return self.states[0] in OVER and self.states[1] in OVER

    def is_elsewhere(self, segment: Segment, side: int) -> bool:
        """Whether a segment of `side` came another way than the first: on another known interface, or in another VLAN.

        False where that cannot be told, as of the other direction, which may go another way.
        """
        if side != self.first_side:
            return False
        other_link = bool(self.link and segment.link) and self.link != segment.link
        return other_link or self.vlan != segment.vlan

    @property
    def standing(self) -> int:
        """How much would be lost with this flow where memory is short: the lowest goes first.

        What strangers can start in any number comes below what took two ends: a flow that is over, a handshake that is
        not complete, one direction alone.
        """
        if self.over:
            return 0
        if self.opened is Opened.HALF_OPEN:
            return 1
        return 3 if self.streams[0].segs and self.streams[1].segs else 2

    @property
    def completeness(self) -> int:
        """Wireshark's tcp.completeness. A single segment counts only if it is a SYN, as in Wireshark."""
        segs = self.streams[0].segs + self.streams[1].segs
        return self._completeness if segs > 1 else self._completeness_at_first

    def tcb(self, side: int) -> Tcb:
        """The TCB of one end as far as the wire shows it, with numbers as on the wire."""
        sent, received = self._pairs[side]
        scaled = sent.wnd is not None, received.wnd is not None
        return Tcb(
            source=Source.WIRE,
            iss=_on_wire(sent.isn),
            irs=_on_wire(received.isn),
            snd_una=_on_wire(sent.una),
            snd_nxt=_on_wire(sent.una if sent.nxt is None else sent.nxt),
            snd_wnd=received.wnd if scaled[1] else received.wnd_raw,
            snd_wscale=received.wscale,
            rcv_nxt=_on_wire(received.una),
            rcv_wnd=sent.wnd if scaled[0] else sent.wnd_raw,
            rcv_wscale=sent.wscale,
            mss=received.mss,
            initiated=None if self.inferred else side == 0,
        )

    def receive(self, segment: Segment, side: int, words: tuple[str, ...] = ()) -> Event:
        """Process the next segment, sent by `side`; `words` are the analysis words that the tracker already found."""
        sender, receiver = self._pairs[side]
        flags, length, seq, ack = segment.flags, segment.length, segment.seq, segment.ack
        if (base := sender.base) is None:
            base = sender.base = seq - (0 if flags & SYN else 1)
        if seq != sender.expected:
            seq = unwrap(seq, sender.expected or base)
        relative_ack = ack
        if flags & ACK:
            if (other_base := receiver.base) is None:
                other_base = receiver.base = ack - 1
            relative_ack = offset(ack, other_base)
            if ack != receiver.expected:
                ack = unwrap(ack, receiver.expected or other_base)
        else:
            ack = 0  # RFC 9293 §3.1: without the flag, the field means nothing
        rtt_ns = in_flight = None
        faults = segment.faults
        taken = not faults or sender.unsummed or not segment.damaged
        if taken and segment.way is not None:
            sender.note_way(segment, segment.way)
        if flags & CONTROL or self._expects_step or faults or not sender.extend(segment, seq, ack, receiver):
            unwrapped = UnwrappedSegment(segment, seq, ack, self.handshake_rtt_ns, sender.mptcp != self._mptcp)
            words, meaning = self._examine(segment, side, unwrapped, relative_ack, words)
            if not segment.ack:
                ack = 0  # an RST with ack 0 acknowledges nothing
            sender.record(segment, seq, ack, words)
            if INVALID_TIME in faults:
                self._measure_nothing()
        else:
            self._completeness |= SAW_DATA if length else SAW_ACK
            meaning = self._plain[side]
        if self._multipath:
            self._note_multipath(segment, sender)
        if flags & ACK and (receiver.una is None or ack > receiver.una) and not flags & RST and taken:
            rtt_ns = receiver.acknowledge(ack, segment.time_ns)
        if length:
            in_flight = sender.in_flight
            if (mss := receiver.mss) and length > mss:
                meaning = _with_aggregate(meaning, segment, mss)
            if (payload := segment.payload) and payload[0] in FIRST_BYTES and (app := describe_payload(payload)):
                meaning = replace(meaning, app=app)
        wnd = sender.wnd
        return Event(
            segment, self.stream, side, offset(seq, base), relative_ack,
            segment.window if wnd is None else wnd, wnd is not None, meaning, rtt_ns, in_flight,
        )  # fmt: skip

    def _examine(
        self, segment: Segment, side: int, unwrapped: UnwrappedSegment, relative_ack: int, words: tuple[str, ...]
    ) -> tuple[tuple[str, ...], Meaning]:
        """The words and the meaning of a segment that may be unusual."""
        sender, receiver = self._pairs[side]
        if self._withheld is not None and not segment.damaged:
            self._settle(self._withheld, side, unwrapped)
        words += analyse(unwrapped, sender, receiver)
        step = note = None
        if segment.damaged and not sender.unsummed:
            note = damage_note(segment.damaged)
            self._withhold(segment, side, unwrapped, relative_ack)
        elif unwrapped.flags & CONTROL or self._expects_step:
            step, note = follow(self, side, unwrapped, sender, receiver)
            note = note or remark(unwrapped, words, sender, receiver)
            words += self._note_control(segment, unwrapped, relative_ack, sender, receiver)
        else:
            note = remark(unwrapped, words, sender, receiver)
        self._completeness |= _completeness_of(unwrapped.flags, unwrapped.length)
        for word in words:
            self.analysis[word] = self.analysis.get(word, 0) + 1
        self._plain = _plain(*self.states)
        if not (words or step or note):
            return words, self._plain[side]
        return words, Meaning(self.states[side], self.states[1 - side], step, words, note)

    def _measure_nothing(self) -> None:
        """The last segment has no time, so no round trip begins or ends with it."""
        for stream in self.streams:
            stream.unacked.clear()

    def _withhold(self, segment: Segment, side: int, unwrapped: UnwrappedSegment, relative_ack: int) -> None:
        """Keep the segment if an ACK can show that it was taken."""
        if self._withheld is None and unwrapped.end > max(unwrapped.seq, self.streams[side].expected):
            self._withheld = Withheld(segment, side, unwrapped, relative_ack)
            self._expects_step = True

    def _settle(self, withheld: Withheld, side: int, unwrapped: UnwrappedSegment) -> None:
        """Forget the withheld segment if it was dropped; if it was taken, catch up on what it does."""
        if withheld.was_dropped(unwrapped, side):
            self._withheld = None
        elif withheld.was_taken(unwrapped, side):
            self._withheld = None
            sender, receiver = self._pairs[withheld.side]
            sender.unsummed = True
            follow(self, withheld.side, withheld.unwrapped, sender, receiver)
            self._note_control(withheld.segment, withheld.unwrapped, withheld.relative_ack, sender, receiver)

    def rebase(self, side: int, isn: int) -> None:
        """Count relative numbers of `side` from `isn`: its SYN-ACK does not match the earlier base."""
        stream = self.streams[side]
        stream.base = unwrap(isn, stream.expected or isn)

    def restart(self, side: int) -> None:
        """The SYN of `side` is repeated: forget numbers beyond its contiguous range (an RST may have set them)."""
        self.streams[side].expected = self.streams[side].contiguous

    def _note_control(
        self, segment: Segment, unwrapped: UnwrappedSegment, relative_ack: int, sender: Stream, receiver: Stream
    ) -> tuple[str, ...]:
        """Store options, round-trip time, FIN and RST of opening and closing segments. Returns Fast Open's words."""
        flags = unwrapped.flags
        words: tuple[str, ...] = ()
        if flags & SYN:
            options = parse_options(segment.option_bytes, segment.options_cut)
            sender.isn = unwrapped.seq
            sender.apply_options(options, receiver)
            self._multipath = self._multipath or options.mptcp is not None
            if not flags & ACK:
                self._syn_ns = segment.time_ns if INVALID_TIME not in segment.faults else None
                words = ("tfo_syn",) if options.fast_open else ()
            elif relative_ack > 1:
                words = ("tfo_ack",)
        elif flags & ACK and self._syn_ns and self.handshake_rtt_ns is None:
            if segment.time_ns >= self._syn_ns and INVALID_TIME not in segment.faults:
                self.handshake_rtt_ns = segment.time_ns - self._syn_ns
            else:
                self._syn_ns = None  # time went back, or there is none: nothing to measure from
        if flags & FIN and flags & ACK and sender.fin is None:
            sender.fin = unwrapped.end - 1
        if flags & RST:
            sender.rst = True
        waits = self.states[0] in AWAITING_ACK or self.states[1] in AWAITING_ACK
        untimed = bool(self._syn_ns) and self.handshake_rtt_ns is None
        self._expects_step = waits or untimed or receiver.rst_challenged or self._withheld is not None
        return words

    def _note_multipath(self, segment: Segment, sender: Stream) -> None:
        """Store which MPTCP options have been seen, and which of them were seen before this sender's last segment."""
        sender.mptcp = self._mptcp
        subtype = parse_options(segment.option_bytes).mptcp
        if subtype is not None:
            self._mptcp |= 1 << subtype


@cache
def _plain(first: State, second: State) -> tuple[Meaning, Meaning]:
    """The meaning of an ordinary segment in these states: sent by the first end, sent by the second."""
    return Meaning(first, second), Meaning(second, first)


def _with_aggregate(meaning: Meaning, segment: Segment, mss: int) -> Meaning:
    """The meaning of a segment longer than `mss`: its options leave each of those in it less room (RFC 6691)."""
    segs = -(-segment.length // max(1, mss - len(segment.option_bytes)))
    if not (meaning.step or meaning.analysis or meaning.note):
        return aggregate(meaning.src_state, meaning.dst_state, segs)
    return replace(meaning, note=meaning.note or aggregate_note(segs))


def _completeness_of_first(first: Segment, reused: bool) -> int:
    """The completeness after the first segment alone, as in Wireshark's first pass: only a SYN counts."""
    if first.flags & (SYN | ACK) != SYN:
        return 0
    return SAW_SYN | (SAW_DATA if first.length and not reused else 0)


def _completeness_of(flags: int, length: int) -> int:
    """The completeness bits of a segment."""
    saw = SAW_RST if flags & RST else 0
    if flags & ACK:
        if flags & SYN:
            saw |= SAW_SYN_ACK
        else:
            saw |= SAW_DATA if length else SAW_ACK
        if flags & FIN:
            saw |= SAW_FIN
    return saw


def _on_wire(number: int | None) -> int | None:
    return None if number is None else wrap(number)
