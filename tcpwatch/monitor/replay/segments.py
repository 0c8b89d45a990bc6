"""The segments of a capture file with their meaning: objects for what is asked of all of them, columns for the rest.

Law of the room: all of it only grows, by one thread. Others read what lies below a number that they were given after it
was written. What tells one connection from another, and trouble from none, an object has at once; its numbers, times
and bytes it takes from the columns at the first question, so that most take a third of the memory.
"""

from array import array
from collections.abc import Sequence
from struct import Struct
from typing import overload

from tcpwatch.tcp.analysis import CONTROL
from tcpwatch.tcp.event import Event, Meaning
from tcpwatch.wire.segment import Segment

# frame, seq, ack, window, length; relative seq and ack, bytes of the window, round-trip time, in flight;
# origin; where its bytes begin, how many of them are options, and payload; TTL and IP id
RECORD = Struct("<QIIHQqqIqqIQHHhi")
NOT_OBSERVED = -1

Origin = tuple[bool, tuple[int, ...], int, tuple[str, ...]]
"""Whether the options are cut, the VLANs, the link, the faults."""


class HeldSegment(Segment):
    """A segment whose ends and flags are known; all else is in the columns until somebody asks."""

    __slots__ = ("_held", "_number")
    _held: "HeldSegments"
    _number: int

    def __getattr__(self, name: str) -> object:
        if name.startswith("_"):
            raise AttributeError(name)
        self._held.fill_segment(self, self._number)
        return object.__getattribute__(self, name)

    def fill(self, event: Event) -> None:
        """Give its event all that is in the columns."""
        self._held.fill_event(event, self._number)


class HeldEvent(Event):
    """An event whose segment, connection and meaning are known; its numbers are in the columns until somebody asks."""

    __slots__ = ()

    def __getattr__(self, name: str) -> object:
        if name in KNOWN or not isinstance(self.segment, HeldSegment):
            raise AttributeError(name)
        self.segment.fill(self)
        return object.__getattribute__(self, name)


KNOWN = frozenset({"segment", "stream", "side", "scaled", "meaning"})


class HeldSegments(Sequence[Event]):
    """The events in the order of the file. `times` are those of the segments, `control` their flags SYN, FIN, RST.

    `before` has for each event the number of the one before it of its connection, itself where it is the first.
    """

    def __init__(self) -> None:
        self.times = array("q")
        self.control = bytearray()
        self.before = array("I")
        self._events: list[Event] = []
        self._records = bytearray()
        self._bytes = bytearray()
        self._meanings: dict[Meaning, Meaning] = {}
        self._shared_meanings: dict[int, Meaning] = {}  # by identity
        self._origins: list[Origin] = []
        self._origin_index: dict[Origin, int] = {}

    def append(self, event: Event, ends: bytes, before: int) -> None:
        """Hold the next event. `ends` are equal to its segment's; `before` is the one before it, or itself."""
        segment = event.segment
        option_bytes, payload = segment.option_bytes, segment.payload
        origin = (segment.options_cut, segment.vlan, segment.link, segment.faults)
        ttl, ip_id = segment.way or (NOT_OBSERVED, None)
        if (from_where := self._origin_index.get(origin)) is None:
            from_where = self._origin_index[origin] = len(self._origins)
            self._origins.append(origin)
        self._records += RECORD.pack(
            segment.frame, segment.seq, segment.ack, segment.window, segment.length,
            event.seq, event.ack, event.window,
            NOT_OBSERVED if event.rtt_ns is None else event.rtt_ns,
            NOT_OBSERVED if event.in_flight is None else event.in_flight,
            from_where, len(self._bytes), len(option_bytes), len(payload),
            ttl, NOT_OBSERVED if ip_id is None else ip_id,
        )  # fmt: skip
        self._bytes += option_bytes
        self._bytes += payload
        self.control.append(segment.flags & CONTROL)
        self.before.append(before)
        self.times.append(segment.time_ns)
        self._events.append(self._held(event, ends))

    def __len__(self) -> int:
        return len(self._events)

    @overload
    def __getitem__(self, index: int) -> Event: ...

    @overload
    def __getitem__(self, index: slice) -> list[Event]: ...

    def __getitem__(self, index: int | slice) -> Event | list[Event]:
        return self._events[index]

    def fill_segment(self, segment: Segment, number: int) -> None:
        """Give the segment with this number all that is in the columns."""
        frame, seq, ack, window, length, *_, origin, at, options, payload, ttl, ip_id = self._record(number)
        segment.frame, segment.time_ns, segment.seq, segment.ack = frame, self.times[number], seq, ack
        segment.window, segment.length = window, length
        segment.option_bytes = bytes(self._bytes[at : at + options])
        segment.payload = bytes(self._bytes[at + options : at + options + payload])
        segment.options_cut, segment.vlan, segment.link, segment.faults = self._origins[origin]
        segment.way = None if ttl == NOT_OBSERVED else (ttl, None if ip_id == NOT_OBSERVED else ip_id)

    def fill_event(self, event: Event, number: int) -> None:
        """Give the event with this number all that is in the columns."""
        _, _, _, _, _, event.seq, event.ack, event.window, rtt_ns, in_flight, *_ = self._record(number)
        event.rtt_ns = None if rtt_ns == NOT_OBSERVED else rtt_ns
        event.in_flight = None if in_flight == NOT_OBSERVED else in_flight

    def _held(self, event: Event, ends: bytes) -> Event:
        segment = HeldSegment.__new__(HeldSegment)
        segment._held, segment._number = self, len(self._events)
        segment.ends, segment.flags = ends, event.segment.flags
        one = HeldEvent.__new__(HeldEvent)
        one.segment, one.stream, one.side, one.scaled = segment, event.stream, event.side, event.scaled
        one.meaning = self._shared(event.meaning)
        return one

    def _record(self, number: int) -> tuple[int, ...]:
        return RECORD.unpack_from(self._records, number * RECORD.size)

    def _shared(self, meaning: Meaning) -> Meaning:
        """An equal one that is held; ordinary segments share one object, which is found without comparing it."""
        found = self._shared_meanings.get(id(meaning))
        if found is None:
            found = self._meanings.setdefault(meaning, meaning)
            if found is meaning:
                self._shared_meanings[id(meaning)] = meaning
        return found
