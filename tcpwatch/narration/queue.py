"""What waits to be narrated: the earliest first, and of one moment what arrived first.

Segments, acts and sockets come from different threads and late by different times, so each is put in its place by its
own time. While a segment waits, a later one may prove that it was lost: then it is corrected in its place.
"""

from collections.abc import Sequence
from heapq import heappop, heappush
from itertools import count, takewhile
from typing import Generic, TypeVar

from tcpwatch.monitor.traffic.packet_log import LATENESS_NS
from tcpwatch.narration.step import NarratedSegment, corrected

Other = TypeVar("Other")


class NarrationQueue(Generic[Other]):
    """Segments and other items, each with its time in nanoseconds of the wall clock."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, NarratedSegment | Other]] = []  # time, number of its arrival, item
        self._arrivals = count()

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def first(self) -> NarratedSegment | Other | None:
        """The first item; None where there is none."""
        return self._heap[0][2] if self._heap else None

    def add(self, time_ns: int, item: NarratedSegment | Other) -> None:
        """Put an item in its place."""
        heappush(self._heap, (time_ns, next(self._arrivals), item))

    def has_due(self, now_ns: int | None) -> bool:
        """Whether the first item is old enough for nothing earlier to be on its way; without a time any is."""
        return bool(self._heap) and (now_ns is None or self._heap[0][0] <= now_ns - LATENESS_NS)

    def due(self, now_ns: int) -> list[NarratedSegment | Other]:
        """The items that are old enough, in their order."""
        return [item for time_ns, _, item in sorted(self._heap) if time_ns <= now_ns - LATENESS_NS]

    def pop(self) -> tuple[int, NarratedSegment | Other]:
        """Take out the first item."""
        time_ns, _, item = heappop(self._heap)
        return time_ns, item

    def take_alike(self, narrated: NarratedSegment) -> list[NarratedSegment]:
        """Take out the segments of other connections that are like this one, as far as only segments wait."""
        waiting = sorted(self._heap)
        segments = [item for _, _, item in takewhile(lambda entry: isinstance(entry[2], NarratedSegment), waiting)]
        alike = {
            id(item): item
            for item in segments
            if isinstance(item, NarratedSegment)
            and item.event.stream != narrated.event.stream
            and item.kind == narrated.kind
        }
        self._heap = [entry for entry in waiting if id(entry[2]) not in alike]
        return list(alike.values())

    def correct(self, by: NarratedSegment, earlier: Sequence[NarratedSegment] = ()) -> list[NarratedSegment]:
        """Correct the segments of the connection of `by` as it proves them to have been.

        `earlier` are those of the same connection that have left the queue; they are returned corrected.
        """
        self._heap.sort()
        own = {
            place: item
            for place, (_, _, item) in enumerate(self._heap)
            if isinstance(item, NarratedSegment) and item.event.stream == by.event.stream
        }
        better = corrected([*earlier, *own.values()], by)
        for place, segment in zip(own, better[len(earlier) :], strict=True):
            self._heap[place] = (*self._heap[place][:2], segment)
        return better[: len(earlier)]
