"""One connection, segment by segment: which of them are worth a note.

Rule: most segments are ordinary, and take two comparisons. The state kept is small and does not grow. What the capture
did not show is no sign: a silence counts only from a segment that was seen.
"""

from collections.abc import Callable, Sequence

from tcpwatch.diagnose.wire.signs import Note, Sign, code
from tcpwatch.tcp.event import Event, Meaning
from tcpwatch.tcp.reset_origin import ResetOrigin, ResetSender
from tcpwatch.tcp.state import State
from tcpwatch.text.duration import SECOND_NS
from tcpwatch.wire.segment import ACK, RST, SYN

LATE_ANSWER_NS = 2 * SECOND_NS  # a person has noticed by then
LATE_OPEN_NS = SECOND_NS  # Linux sends a SYN again after a second (TCP_TIMEOUT_INIT, include/net/tcp.h)
LONG_SHUT_NS = 2 * SECOND_NS
NOTABLE_SHUT_NS = SECOND_NS // 5  # less is ordinary flow control (the least time of a probe, TCP_RTO_MIN)
REPEATS = 3  # once or twice is ordinary loss; Linux too suspects the path then (tcp_retries1)
MANY, MANY_SHARE = 20, 50  # retransmissions, and one in so many bytes: from here on a path is called lossy
ONE_SIDE_SEGS = 3
LEAST_FULL_SIZE = 1_000  # bytes; any path carries what is smaller by much (RFC 8200 §5: 1,280 with headers)
KEEP_ALIVES = 2
OPENING = frozenset({State.LISTEN, State.SYN_SENT, State.SYN_RECEIVED, State.CLOSED})
HELLO = "TLS ClientHello"
REPEATED_WORDS = frozenset({"retransmission", "fast_retransmission", "spurious_retransmission"})

Notes = Sequence[Note]
NOTHING: Notes = ()
FindOrigin = Callable[[Event], ResetOrigin | None]
"""Who sent an RST, where that is known."""
CLIENT, SERVER = 0, 1


def unknown_origin(event: Event) -> ResetOrigin | None:
    """Nobody knows."""
    return None


class SentAgain:
    """What one end has sent again, and asked for again.

    `begin`, `end`: of the segment that was sent again `times` times in a row; `largest` is the length that it had, and
    `shorter` whether it was cut at last. `waits`: it has no ACK yet; `acked` is where the newest begins that has one.
    `segs` and `octets` are all that was sent again. `dup_ack` is the number that it asked for again, `keep_alives` how
    many of its own had no answer yet.
    """

    __slots__ = (
        "acked",
        "begin",
        "dup_ack",
        "end",
        "keep_alives",
        "largest",
        "octets",
        "segs",
        "shorter",
        "times",
        "waits",
    )

    def __init__(self) -> None:
        self.begin = self.acked = self.dup_ack = -1
        self.end = self.times = self.segs = self.octets = self.keep_alives = self.largest = 0
        self.waits = self.shorter = False


class FlowWatch:
    """What of a connection's past its next segment is judged by."""

    __slots__ = (
        "_again", "_asked", "_largest", "_opening_ns", "_opens_again", "_origin", "_plain", "_segs", "_shut_ns",
        "_spoke", "_standing", "_states", "_talker", "_tls", "_unclosed",
    )  # fmt: skip

    def __init__(self, origin: FindOrigin = unknown_origin) -> None:
        self._origin = origin
        self._plain: list[Meaning | None] = [None, None]
        self._states: tuple[State, State] = (State.CLOSED, State.LISTEN)
        self._segs = [0, 0]  # exact only while one end alone was seen
        self._opens_again = False
        self._opening_ns: int | None = None
        self._unclosed: int | None = None  # the end that has yet to close
        self._shut_ns: list[int | None] = [None, None]
        self._largest = [(0, 0), (0, 0)]  # the length of the largest segment, and where the first such begins
        self._again: tuple[SentAgain, SentAgain] | None = None  # from the first segment that is
        self._standing = 0  # a bit for each sign of each end
        self._talker: int | None = None
        self._spoke = (0, 0)  # time and frame of the newest data
        self._asked: str | None = None
        self._tls = False

    def see(self, event: Event) -> Notes:
        """The connection's next segment."""
        side, segment = event.side, event.segment
        if event.meaning is not self._plain[side]:
            return self._examine(event)
        if segment.length:
            if segment.length > self._largest[side][0]:
                self._largest[side] = segment.length, event.seq
            if side != self._talker:
                return self._takes_turn(event)
            self._spoke = segment.time_ns, segment.frame
        return NOTHING

    def _examine(self, event: Event) -> Notes:
        """A segment that is unusual, or comes at a time when any may tell something."""
        side, segment, meaning = event.side, event.segment, event.meaning
        notes: list[Note] = []

        def note(sign: Sign, of: int = side, value: int = 0, stands: bool = True, detail: object = None) -> None:
            if stands or self._standing >> code(sign, of) & 1:
                self._stands(sign, of, stands)
                notes.append(Note(sign, of, segment.frame, segment.time_ns, value, stands, detail))

        self._one_sided(event, note)
        if meaning.analysis:
            self._judge_words(event, note)
        if segment.flags & RST:
            self._reset(event, note)
        else:
            self._follow(event, note)
            self._window(event, note)
            self._acknowledged(event, note)
        if segment.length:
            if segment.length > self._largest[side][0]:
                self._largest[side] = segment.length, event.seq
            if self._unclosed == side:
                note(Sign.STREAMED)
                note(Sign.UNCLOSED, stands=False)
                note(Sign.UNCLOSED)
            if side == CLIENT and meaning.app:
                self._asks(event, meaning.app, note)
            if side != self._talker:
                notes += self._takes_turn(event)
            self._spoke = segment.time_ns, segment.frame
        ordinary = not (meaning.step or meaning.analysis or meaning.note or meaning.app)
        self._plain[side] = meaning if ordinary and not self._is_watched(side) else None
        return notes

    def _stands(self, sign: Sign, side: int, stands: bool) -> None:
        bit = 1 << code(sign, side)
        self._standing = self._standing | bit if stands else self._standing & ~bit

    def _is_watched(self, side: int) -> bool:
        """Whether any segment of this end may tell something."""
        return (
            self._shut_ns[side] is not None
            or self._unclosed == side
            or not self._segs[1 - side]
            or self._opening_ns is not None
            or (self._again is not None and (self._again[1 - side].waits or self._again[1 - side].keep_alives > 0))
        )

    def _one_sided(self, event: Event, note: Callable[..., None]) -> None:
        side = event.side
        self._segs[side] += 1
        if self._segs[1 - side]:
            if self._segs[side] == 1 and self._segs[1 - side] >= ONE_SIDE_SEGS:
                note(Sign.ONE_SIDED, 1 - side, stands=False)
        elif event.segment.flags & (SYN | RST | ACK) == ACK and self._segs[side] >= ONE_SIDE_SEGS:
            note(Sign.ONE_SIDED)

    def _judge_words(self, event: Event, note: Callable[..., None]) -> None:
        side, words = event.side, event.meaning.analysis
        if "reused_ports" in words:
            note(Sign.REUSED)
        if "duplicate_ack" in words:
            self._of(side).dup_ack = event.ack
        if "zero_window" in words:
            if self._shut_ns[side] is None:
                self._shut_ns[side] = event.segment.time_ns
            note(Sign.SHUT)
        if "ack_lost_segment" in words or "lost_segment" in words:
            note(Sign.NOT_CAPTURED)
        probes = "zero_window_probe" in words or "keep_alive" in words
        if probes and self._shut_ns[1 - side] is not None:
            note(Sign.PROBED)
        elif "keep_alive" in words:
            self._of(side).keep_alives += 1
        if not REPEATED_WORDS.isdisjoint(words) and not event.segment.flags & SYN:
            self._sent_again(event, note)

    def _sent_again(self, event: Event, note: Callable[..., None]) -> None:
        side, segment = event.side, event.segment
        occupied, again = segment.length or 1, self._of(side)
        again.times = again.times + 1 if event.seq == again.begin else 1
        if again.times == 1:
            again.end = again.largest = 0
        again.shorter = segment.length < again.largest and again.times > REPEATS
        again.largest = max(again.largest, segment.length)
        again.end = max(again.end, event.seq + occupied)
        again.begin = event.seq
        again.segs += 1
        again.octets += occupied
        note(Sign.RETRANSMITTED)
        if self._shut_ns[1 - side] is not None:
            return  # it waits for room
        again.waits, self._plain[1 - side] = True, None
        if again.times >= REPEATS:
            note(Sign.REPEATED, value=again.times, detail=again.acked == event.seq)
            note(Sign.UNACKNOWLEDGED)
            largest, first = self._largest[side]
            arrives = self._of(1 - side).dup_ack == event.seq  # what is smaller and was sent later
            if arrives and segment.length >= LEAST_FULL_SIZE and event.seq == first > 1 and largest >= segment.length:
                note(Sign.TOO_LARGE, value=segment.length)
        if again.segs >= MANY and again.octets * MANY_SHARE >= event.seq:
            note(Sign.MANY_RETRANSMISSIONS, value=again.segs)

    def _of(self, side: int) -> SentAgain:
        if self._again is None:
            self._again = SentAgain(), SentAgain()
        return self._again[side]

    def _acknowledged(self, event: Event, note: Callable[..., None]) -> None:
        if self._again is None:
            return
        other = 1 - event.side
        again = self._again[other]
        again.keep_alives = 0
        if again.waits and event.segment.flags & ACK and event.ack > again.begin:
            again.waits, again.acked = False, again.begin
            note(Sign.UNACKNOWLEDGED, other, stands=False)
            if again.shorter and event.ack < again.end and again.largest >= LEAST_FULL_SIZE:
                note(Sign.TOO_LARGE, other, again.largest)  # as path MTU probing finds it (RFC 4821)
            elif event.ack >= again.end and again.largest >= LEAST_FULL_SIZE and again.times >= REPEATS:
                note(Sign.TOO_LARGE, other, stands=False)

    def _window(self, event: Event, note: Callable[..., None]) -> None:
        side = event.side
        since_ns = self._shut_ns[side]
        if since_ns is not None and event.segment.window and not event.segment.flags & SYN:
            self._shut_ns[side] = None
            note(Sign.SHUT, stands=False)
            if (span_ns := event.segment.time_ns - since_ns) >= NOTABLE_SHUT_NS:
                note(Sign.REOPENED, value=span_ns)

    def _follow(self, event: Event, note: Callable[..., None]) -> None:
        """What the states tell, which the tracker has just moved."""
        segment, meaning, side = event.segment, event.meaning, event.side
        if segment.flags & SYN:
            self._opens(event, note)
        first, second = meaning.src_state, meaning.dst_state
        states = (second, first) if side else (first, second)
        if self._opening_ns is not None and OPENING.isdisjoint(states):
            waited_ns, self._opening_ns = segment.time_ns - self._opening_ns, None
            for end in (CLIENT, SERVER):
                note(Sign.SYN, end, stands=False)
                note(Sign.SYN_ACK, end, stands=False)
            if waited_ns >= LATE_OPEN_NS and self._opens_again:
                note(Sign.OPENED_LATE, SERVER, waited_ns)
        if states == self._states:
            return
        self._states = states
        half_closed = State.CLOSE_WAIT in states and State.FIN_WAIT_2 in states
        unclosed = states.index(State.CLOSE_WAIT) if half_closed else None
        if unclosed != self._unclosed:
            if self._unclosed is not None:
                note(Sign.UNCLOSED, self._unclosed, stands=False)
            if unclosed is not None:
                note(Sign.UNCLOSED, unclosed)
                note(Sign.ASKED, unclosed, stands=False)
                self._plain[unclosed] = None
            self._unclosed = unclosed
        if states[0] in ENDED and states[1] in ENDED:
            self._ends_shut(event, note)

    def _opens(self, event: Event, note: Callable[..., None]) -> None:
        side, acks = event.side, event.segment.flags & ACK
        if event.meaning.note and "another SYN" in event.meaning.note:
            return
        self._opens_again = self._opens_again or "retransmission" in event.analysis
        if acks:
            note(Sign.SYN, 1 - side, stands=False)
            note(Sign.SYN_ACK)
        else:
            if self._opening_ns is None:
                self._opening_ns = event.segment.time_ns
            note(Sign.SYN)

    def _reset(self, event: Event, note: Callable[..., None]) -> None:
        words, side = event.meaning.note, event.side
        rejects = words is not None and words.startswith("rejects")
        if words not in (None, "refused", "aborted") and not rejects:
            return  # its receiver ignores it
        opening, self._opening_ns = self._opening_ns is not None, None
        for end in (CLIENT, SERVER):
            for sign in (Sign.SYN, Sign.SYN_ACK, Sign.UNCLOSED, Sign.ASKED, Sign.UNACKNOWLEDGED):
                note(sign, end, stands=False)
        if words is not None:
            origin = self._origin(event)
            note(self._kind_of_reset(side, words, opening, origin), detail=origin)
        self._ends_shut(event, note)
        self._unclosed = None
        self._asked = None

    def _kind_of_reset(self, side: int, words: str, opening: bool, origin: ResetOrigin | None) -> Sign:
        if words == "refused":
            return Sign.REFUSED
        if opening or words != "aborted":
            return Sign.REJECTED
        if origin is not None and origin.sender is ResetSender.IN_BETWEEN:
            return Sign.RESET_IN_BETWEEN
        if self._again is not None and self._again[side].keep_alives >= KEEP_ALIVES and self._segs[1 - side]:
            return Sign.GIVEN_UP
        return Sign.RESET_AFTER_FIN if not CLOSING.isdisjoint(self._states) else Sign.RESET

    def _ends_shut(self, event: Event, note: Callable[..., None]) -> None:
        """The connection is over: a window that was shut then never opened."""
        for end in (CLIENT, SERVER):
            since_ns, self._shut_ns[end] = self._shut_ns[end], None
            if since_ns is not None:
                note(Sign.SHUT, end, stands=False)
                if (span_ns := event.segment.time_ns - since_ns) >= LONG_SHUT_NS:
                    note(Sign.ENDED_SHUT, end, span_ns)

    def _asks(self, event: Event, app: str, note: Callable[..., None]) -> None:
        """A client's request, as far as it can be read."""
        self._tls = self._tls or app.startswith("TLS")
        if self._asked is None and self._segs[SERVER]:
            note(Sign.ASKED, SERVER, detail=app[:MOST_OF_REQUEST])
        self._asked = app[:MOST_OF_REQUEST]

    def _takes_turn(self, event: Event) -> Notes:
        """Data, the other end's having come before."""
        side, segment = event.side, event.segment
        before, self._talker = self._talker, side
        (asked_ns, frame), self._spoke = self._spoke, (segment.time_ns, segment.frame)
        if side == CLIENT or before is None:
            return NOTHING
        asked, self._asked = self._asked, None
        self._stands(Sign.ASKED, SERVER, False)
        notes = [Note(Sign.ASKED, SERVER, segment.frame, segment.time_ns, stands=False)] if asked else []
        if (waited_ns := segment.time_ns - asked_ns) >= LATE_ANSWER_NS:
            sign = Sign.ANSWERED_LATE if asked else Sign.TLS_LATE if self._tls else Sign.SPOKE_LATE
            notes.append(Note(sign, SERVER, segment.frame, segment.time_ns, waited_ns, detail=(asked, frame)))
        return notes


MOST_OF_REQUEST = 80  # characters
CLOSING = frozenset(State) - OPENING - {State.ESTABLISHED}
ENDED = frozenset({State.CLOSED, State.TIME_WAIT, State.LISTEN})
