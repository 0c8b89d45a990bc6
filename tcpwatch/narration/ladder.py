"""One connection's segments in their order, and which of them is held: what the presenter and the report show.

Law: the capture goes on behind; what comes is added below, and the held segment stays until somebody moves on.
"""

from collections.abc import Collection, Sequence

from tcpwatch.monitor.traffic.packet_log import Segments
from tcpwatch.narration.step import NarratedSegment, NarratedSegments, corrected
from tcpwatch.wire.segment import ACK, flag_names, reversed_ends

LADDER_LIMIT = 10_000  # segments of one connection
NO_PORT = bytes(2)  # a listener's remote end


class Ladder:
    """The segments of one connection out of a log; `shown` of them are above the line, the last of these is held."""

    def __init__(self, log: Segments, ends: bytes | None = None, start: int = 0, by_hand: Collection[int] = ()) -> None:
        """Begins before the first segment of the newest connection with these ends.

        Without, or where they are a listener's, that is the first one from segment `start` of the log on. `by_hand` are
        the ports whose segments are made by hand.
        """
        self.segments: list[NarratedSegment] = []
        self.streams: list[int] = []
        self.stream: int | None = None
        self.shown = 0
        self._log = log
        self._asked_ends = ends if ends and ends[-2:] != NO_PORT else None
        self._start = start
        self._by_hand = by_hand
        self._read = NarratedSegments(by_hand)
        self._seen = start
        self.pull()

    @property
    def held(self) -> NarratedSegment | None:
        """The segment that is looked at; None before the first."""
        return self.segments[self.shown - 1] if self.shown else None

    @property
    def above(self) -> Sequence[NarratedSegment]:
        """The segments up to the held one."""
        return self.segments[: self.shown]

    @property
    def full(self) -> bool:
        """The connection has more segments than can be shown."""
        return len(self.segments) >= LADDER_LIMIT

    def pull(self) -> None:
        """Take in what has come; begin anew where a replay has gone back."""
        end = self._log.end
        if end < self._seen:
            self._scan(self.stream)
        elif end > self._seen:
            self._take(self._seen)
        if self.stream is None:
            self._scan(self._first_stream())

    def move(self, steps: int) -> bool:
        """So many segments on, or back, as far as there are any; whether that is anywhere else."""
        before = self.shown
        self.shown = max(0, min(self.shown + steps, len(self.segments)))
        return self.shown != before

    def next_connection(self, steps: int) -> None:
        """The connection so many further on in the log, before its first segment."""
        if self.stream is not None:
            self.shown = 0
            self._scan(self.streams[(self.streams.index(self.stream) + steps) % len(self.streams)])

    def _scan(self, stream: int | None) -> None:
        """Read the whole log for the segments of this connection."""
        self.stream, self.segments, self.streams, self._read = stream, [], [], NarratedSegments(self._by_hand)
        self._take(self._start)
        self.move(0)

    def _take(self, start: int) -> None:
        first, events = self._log.slice(start)
        self._seen = first + len(events)
        known = set(self.streams)
        for event in events:
            if event.stream not in known:
                known.add(event.stream)
                self.streams.append(event.stream)
            if event.stream == self.stream and not self.full:
                self._append(self._read.of(event))

    def _append(self, narrated: NarratedSegment) -> None:
        """Add it, and correct what it shows to have been otherwise."""
        if narrated.corrects:
            self.segments = corrected(self.segments, narrated)
        self.segments.append(narrated)

    def _first_stream(self) -> int | None:
        if self._asked_ends is None:
            return self.streams[0] if self.streams else None
        both = (self._asked_ends, reversed_ends(self._asked_ends))
        _, events = self._log.slice(self._start)
        return next((event.stream for event in reversed(events) if event.segment.ends in both), None)


def label_of(narrated: NarratedSegment, absolute: bool) -> str:
    """`2/3 SYN-ACK   SYN,ACK   seq 0   ack 1`; without a step, what it carries or the words of analysis."""
    event, segment = narrated.event, narrated.event.segment
    seq, ack = (segment.seq, segment.ack) if absolute else (event.seq, event.ack)
    name = event.step or event.app or ", ".join(word.replace("_", " ") for word in event.analysis)
    parts = (
        name,
        flag_names(segment.flags),
        f"seq {seq}",
        f"ack {ack}" if segment.flags & ACK else "",
        f"len {segment.length}" if segment.length else "",
    )
    return "   ".join(part for part in parts if part)
