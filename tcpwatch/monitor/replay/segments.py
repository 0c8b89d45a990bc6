"""The segments of a capture file with their meaning, in columns: a sixth of the memory that as many Events take.

Law of the room: columns only grow, by one thread. Others read what lies below a number that they were given after it
was written. An Event is made when it is looked at, and takes from the columns what is asked of it.
"""

from array import array
from collections.abc import Sequence
from struct import Struct
from typing import overload

from tcpwatch.tcp.analysis import CONTROL
from tcpwatch.tcp.event import Event, Meaning
from tcpwatch.wire.segment import Segment, reversed_ends

# frame, seq, ack, flags, window, length; relative seq and ack, bytes of the window, round-trip time, in flight;
# origin; where its bytes begin, how many of them are options, and payload
RECORD = Struct("<QIIHHQqqQqqIQHH")
SCALED = 1 << 15  # beside the nine flags
NOT_OBSERVED = -1

Origin = tuple[bool, tuple[int, ...], int]
"""Whether the options are cut, the VLANs, the link."""


class HeldSegment(Segment):
    """A segment of the columns: all but its ends is taken from there at the first question."""

    __slots__ = ("_held", "_number")
    _held: "HeldSegments"
    _number: int

    def __getattr__(self, name: str) -> object:
        if name.startswith("_"):
            raise AttributeError(name)
        self._held.fill_segment(self, self._number)
        return object.__getattribute__(self, name)


class HeldEvent(Event):
    """An event of the columns: all but its stream is taken from there at the first question."""

    __slots__ = ("_held", "_number")
    _held: "HeldSegments"
    _number: int

    def __getattr__(self, name: str) -> object:
        if name.startswith("_"):
            raise AttributeError(name)
        if name == "segment":
            self.segment = self._held.segment(self._number)
        elif name == "meaning":
            self.meaning = self._held.meaning(self._number)
        else:
            self._held.fill_event(self, self._number)
        return object.__getattribute__(self, name)


class HeldSegments(Sequence[Event]):
    """The events in the order of the file. `times` are those of the segments, `control` their flags SYN, FIN, RST.

    `before` has for each event the number of the one before it of its connection, itself where it is the first.
    """

    def __init__(self, streams: Sequence[int], ends: Sequence[bytes]) -> None:
        """`streams` and `ends` have the number of each connection, and its ends, the initiator first."""
        self.times = array("q")
        self.control = bytearray()
        self.before = array("I")
        self._streams, self._ends = streams, ends
        self._sides = array("I")  # index of the connection << 1 | side
        self._records = bytearray()
        self._bytes = bytearray()
        self._meaning_of = array("I")
        self._meanings: list[Meaning] = []
        self._meaning_index: dict[Meaning, int] = {}
        self._by_identity: dict[int, int] = {}
        self._origins: list[Origin] = []
        self._origin_index: dict[Origin, int] = {}

    def append(self, event: Event, connection: int, before: int) -> None:
        """Hold the next event, which is of the connection with this index; `before` is the one before it, or itself."""
        segment = event.segment
        option_bytes, payload = segment.option_bytes, segment.payload
        origin = (segment.options_cut, segment.vlan, segment.link)
        if (from_where := self._origin_index.get(origin)) is None:
            from_where = self._origin_index[origin] = len(self._origins)
            self._origins.append(origin)
        self._records += RECORD.pack(
            segment.frame, segment.seq, segment.ack, segment.flags | (SCALED if event.scaled else 0), segment.window,
            segment.length, event.seq, event.ack, event.window,
            NOT_OBSERVED if event.rtt_ns is None else event.rtt_ns,
            NOT_OBSERVED if event.in_flight is None else event.in_flight,
            from_where, len(self._bytes), len(option_bytes), len(payload),
        )  # fmt: skip
        self._bytes += option_bytes
        self._bytes += payload
        self._meaning_of.append(self._index_of(event.meaning))
        self._sides.append(connection << 1 | event.side)
        self.control.append(segment.flags & CONTROL)
        self.before.append(before)
        self.times.append(segment.time_ns)

    def __len__(self) -> int:
        return len(self.times)

    @overload
    def __getitem__(self, index: int) -> Event: ...

    @overload
    def __getitem__(self, index: slice) -> list[Event]: ...

    def __getitem__(self, index: int | slice) -> Event | list[Event]:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            sides = self._sides[index]
            return [self._held(number, side) for number, side in zip(range(start, stop, step), sides, strict=True)]
        number = range(len(self))[index]
        return self._held(number, self._sides[number])

    def segment(self, number: int) -> Segment:
        """The segment with this number."""
        side = self._sides[number]
        ends = self._ends[side >> 1]
        one = HeldSegment.__new__(HeldSegment)
        one._held, one._number = self, number
        one.ends = reversed_ends(ends) if side & 1 else ends
        return one

    def meaning(self, number: int) -> Meaning:
        """What the segment with this number means, apart from its numbers."""
        return self._meanings[self._meaning_of[number]]

    def fill_segment(self, segment: Segment, number: int) -> None:
        """Give it all that was held of it."""
        frame, seq, ack, flags, window, length, *_, origin, at, options, payload = self._record(number)
        segment.frame, segment.time_ns, segment.seq, segment.ack = frame, self.times[number], seq, ack
        segment.flags, segment.window, segment.length = flags & ~SCALED, window, length
        segment.option_bytes = bytes(self._bytes[at : at + options])
        segment.payload = bytes(self._bytes[at + options : at + options + payload])
        segment.options_cut, segment.vlan, segment.link = self._origins[origin]

    def fill_event(self, event: Event, number: int) -> None:
        """Give it its numbers."""
        _, _, _, flags, _, _, seq, ack, window, rtt_ns, in_flight, *_ = self._record(number)
        event.side = self._sides[number] & 1
        event.seq, event.ack, event.window, event.scaled = seq, ack, window, bool(flags & SCALED)
        event.rtt_ns = None if rtt_ns == NOT_OBSERVED else rtt_ns
        event.in_flight = None if in_flight == NOT_OBSERVED else in_flight

    def _held(self, number: int, side: int) -> Event:
        one = HeldEvent.__new__(HeldEvent)
        one._held, one._number = self, number
        one.stream = self._streams[side >> 1]
        return one

    def _record(self, number: int) -> tuple[int, ...]:
        return RECORD.unpack_from(self._records, number * RECORD.size)

    def _index_of(self, meaning: Meaning) -> int:
        """Where an equal one is held; ordinary segments share one object, which is found without comparing it."""
        found = self._by_identity.get(id(meaning))
        if found is None and (found := self._meaning_index.get(meaning)) is None:
            found = self._meaning_index[meaning] = self._by_identity[id(meaning)] = len(self._meanings)
            self._meanings.append(meaning)
        return found
