"""Copies of one frame that several interfaces have seen: a bridge and its port, a bond, a VLAN, a tunnel, a router.

Rule: a segment is a copy if another interface has seen its content, and its own has not seen it as often. So what is
sent again stays, and so does what one interface shows twice: it is a retransmission on each interface that shows it.
"""

from collections import deque

from tcpwatch.tcp.seqnum import ahead
from tcpwatch.wire.segment import Segment

# What is sent again has another timestamp, so equal timestamps make a copy sure. Without them, time alone tells it
# from what is sent again on another route: Linux's least RTO is 200 ms (TCP_RTO_MIN, include/net/tcp.h).
TIMESTAMPED_NS, PLAIN_NS = 1_000_000_000, 100_000_000
TIMESTAMP_BYTES = 10  # the shortest options that may have them
REMEMBERED = 32_768  # contents in one of two generations
BEFORE_SECOND = 256  # segments of the only interface so far that may turn out to have copies
MOST_LINKS = 16  # of one content

Content = tuple[bytes, int, int, int, int, int, bytes]
Way = tuple[bytes, int, bytes]  # ends, ack and options are the same in all parts that offload makes of one segment
Seen = tuple[int, int, tuple[int, ...]]  # when first, how often sent, and each interface that has seen it
Range = tuple[int, int, int]  # when last, first number, one past the last


class CopyFilter:
    """Tells copies apart, in memory that is bounded; `count` is how many there were."""

    def __init__(self) -> None:
        self.count = 0
        self._first_link = 0
        self._several = False
        self._recent: deque[Segment] = deque(maxlen=BEFORE_SECOND)
        self._seen: dict[Content, Seen] = {}
        self._seen_before: dict[Content, Seen] = {}
        self._ranges: dict[Way, dict[int, Range]] = {}
        self._ranges_before: dict[Way, dict[int, Range]] = {}

    def is_copy(self, segment: Segment) -> bool:
        """Whether another interface has shown this segment already; its `link` is known. Call it once for each."""
        if not self._several:
            if segment.link == self._first_link or not self._first_link:
                self._first_link = segment.link
                self._recent.append(segment)
                return False
            self._several = True
            for earlier in self._recent:
                self._examine(earlier)
            self._recent.clear()
        found = self._examine(segment)
        self.count += found
        return found

    def _examine(self, segment: Segment) -> bool:
        link, time_ns = segment.link, segment.time_ns
        content = (
            segment.ends, segment.seq, segment.ack, segment.flags, segment.window, segment.length, segment.option_bytes,
        )  # fmt: skip
        seen = self._seen.get(content) or self._seen_before.get(content)
        limit_ns = TIMESTAMPED_NS if len(segment.option_bytes) >= TIMESTAMP_BYTES else PLAIN_NS
        part = self._is_part(segment, limit_ns) if segment.length else False
        if seen is None or abs(time_ns - seen[0]) > limit_ns or len(seen[2]) >= MOST_LINKS:
            self._remember(content, (time_ns, 1, (link,)))
            return part and seen is None
        since_ns, times, links = seen
        if links.count(link) < times:
            self._remember(content, (since_ns, times, (*links, link)))
            return True
        self._remember(content, (time_ns, times + 1, (*links, link)))
        return False

    def _is_part(self, segment: Segment, limit_ns: int) -> bool:
        """Whether another interface has shown its bytes, cut in other pieces (GSO, GRO), and its own has not."""
        link, start, time_ns = segment.link, segment.seq, segment.time_ns
        way = (segment.ends, segment.ack, segment.option_bytes)
        ranges = self._ranges.get(way)
        if ranges is None:
            ranges = self._ranges[way] = self._ranges_before.get(way) or {}
        own = ranges.get(link)
        if own is not None and 0 <= ahead(start, own[1]) <= ahead(own[2], own[1]):
            known = ahead(start, own[2]) < 0
            end = max(segment.length, ahead(own[2], start))
            ranges[link] = time_ns, own[1], start + end
        else:
            known = False
            ranges[link] = time_ns, start, start + segment.length
        if known or len(ranges) < 2:
            return False
        return any(
            other != link
            and abs(time_ns - last_ns) <= limit_ns
            and ahead(start, first) >= 0
            and ahead(start + segment.length, end) <= 0
            for other, (last_ns, first, end) in ranges.items()
        )

    def _remember(self, content: Content, seen: Seen) -> None:
        self._seen[content] = seen
        if len(self._seen) >= REMEMBERED:
            self._seen_before, self._seen = self._seen, {}
            self._ranges_before, self._ranges = self._ranges, {}
