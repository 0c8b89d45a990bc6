"""Segments -> events: finds the flow of each segment, and detects when a four-tuple begins a new flow.

Rule: the number of flows is bounded. What strangers can start in any number is evicted before a connection of two ends
(`Flow.standing`), and then what was longest without a segment; evictions are counted, and those of two ends apart.
"""

from collections.abc import Callable, Container, Iterable, Sequence
from itertools import islice

from tcpwatch.tcp.copies import CopyFilter
from tcpwatch.tcp.event import Event
from tcpwatch.tcp.flow import Flow
from tcpwatch.tcp.seqnum import HALF, ahead, wrap
from tcpwatch.wire.segment import ACK, SYN, Segment, reversed_ends

EVICT_SHARE = 16  # a sixteenth is evicted at once, so the search for candidates is rare
MOST_WITH_SAME_ENDS = 16  # flows with the same ends among which a segment's is looked for
FAR = 1 << 24  # more numbers than a window of TCP ordinarily has
REUSED = ("reused_ports",)


class FlowTracker:
    """The flows of a capture, at most `limit` at a time; a flow is a four-tuple and an initial sequence number.

    `on_evict` is called with the flows before they are evicted.
    """

    def __init__(self, limit: int = 65_536, on_evict: Callable[[Sequence[Flow]], None] = lambda flows: None) -> None:
        self.limit = limit
        self._on_evict = on_evict
        self._flows: dict[int, Flow] = {}
        self._latest: dict[bytes, tuple[Flow, int]] = {}
        self._apart: dict[bytes, list[tuple[Flow, int]]] = {}  # of ends that two links or VLANs have at once
        self._streams = 0
        self.evicted = 0
        self.evicted_open = 0
        self._copies = CopyFilter()

    @property
    def copies(self) -> int:
        """How many segments were left out because another interface had shown them."""
        return self._copies.count

    def receive_segments(self, segments: Iterable[Segment | None]) -> list[Event]:
        """Process the next segments, in capture order, those apart that are copies of what another interface saw."""
        receive, is_copy = self.receive_segment, self._copies.is_copy
        return [receive(one) for one in segments if one is not None and not (one.link and is_copy(one))]

    def receive_segment(self, segment: Segment) -> Event:
        """Process the next segment, in capture order."""
        found = self._latest.get(segment.ends)
        if found is None:
            flow, side = self._open(segment)
            return flow.receive(segment, side)
        flow, side = found if not self._apart else self._of_its_link(segment, found)
        if segment.flags & SYN:
            return self._receive_syn(segment, flow, side)
        if (segment.link != flow.link or segment.vlan != flow.vlan) and _is_of_another(segment, flow, side):
            return self._open_apart(segment, flow, side)
        return flow.receive(segment, side)

    def flow(self, ends: bytes, link: int = 0) -> tuple[Flow, int] | None:
        """The latest flow between these ends, and the side that comes first in `ends`: 0 is the initiator.

        Where several links have these ends, the latest of that link.
        """
        of_link = [found for found in self._apart.get(ends, ()) if link and found[0].link == link]
        return of_link[-1] if of_link else self._latest.get(ends)

    def stream(self, number: int) -> Flow | None:
        """The flow of this number; None where it was forgotten."""
        return self._flows.get(number)

    def flows(self) -> list[Flow]:
        """All current flows, by stream number."""
        return list(self._flows.values())

    def newest(self, count: int) -> list[Flow]:
        """The flows that began last, the newest first."""
        return list(islice(reversed(self._flows.values()), count))

    def register(self, flow: Flow) -> None:
        """Add this flow, which another tracker may have started."""
        self._flows[flow.stream] = flow
        self._latest[reversed_ends(flow.ends)] = flow, 1
        self._latest[flow.ends] = flow, 0

    def _receive_syn(self, segment: Segment, flow: Flow, side: int) -> Event:
        """A SYN between ends that have a flow: a SYN with another number begins a new flow, as in Wireshark."""
        base = flow.streams[side].base
        if base is None:
            return flow.receive(segment, side)
        fits = segment.seq == wrap(base)
        if fits and not segment.flags & ACK:
            flow.restart(side)
        if fits:
            return flow.receive(segment, side)
        if segment.flags & ACK:
            flow.rebase(side, segment.seq)
        elif flow.is_elsewhere(segment, side) and not flow.over:
            return self._open_apart(segment, flow, side)
        elif segment.damaged:
            return self._receive_damaged_syn(segment, flow)
        else:
            flow, side = self._open(segment, reused=True)
        return flow.receive(segment, side, REUSED)

    def _receive_damaged_syn(self, segment: Segment, present: Flow) -> Event:
        """A SYN that its receiver drops has a flow of its own, and ends none."""
        flow, side = self._open(segment, reused=True)
        self.register(present)
        return flow.receive(segment, side, REUSED)

    def _open_apart(self, segment: Segment, before: Flow, before_side: int) -> Event:
        """Another connection with the same ends, on another link: link-local addresses, a VRF, a VLAN."""
        self._apart.setdefault(segment.ends, [(before, before_side)])
        self._apart.setdefault(reversed_ends(segment.ends), [(before, 1 - before_side)])
        flow, side = self._open(segment)
        return flow.receive(segment, side)

    def _of_its_link(self, segment: Segment, latest: tuple[Flow, int]) -> tuple[Flow, int]:
        """The flow whose way and numbers fit best, where several links have the ends of this segment."""
        several = self._apart.get(segment.ends)
        if several is None:
            return latest
        newest = several[-MOST_WITH_SAME_ENDS:]
        return min(newest, key=lambda found: (found[0].is_elsewhere(segment, found[1]), _distance(segment, *found)))

    def _open(self, segment: Segment, reused: bool = False) -> tuple[Flow, int]:
        """Start a flow. The sender of a SYN-ACK is the responder; any other first sender is the initiator."""
        if len(self._flows) >= self.limit:
            self._evict()
        mirrored = reversed_ends(segment.ends)
        side = 1 if segment.flags & (SYN | ACK) == SYN | ACK else 0
        flow = Flow(self._streams, mirrored if side else segment.ends, segment, reused)
        self._streams += 1
        self.register(flow)
        if segment.ends in self._apart:
            self._apart[segment.ends].append((flow, side))
            self._apart[mirrored].append((flow, 1 - side))
        return flow, side

    def expire(self, before_ns: int, living: Container[bytes] = ()) -> None:
        """Forget flows that are over, except those between `living` ends or with a segment since `before_ns`."""
        over = (flow for flow in self._flows.values() if flow.over and flow.last_ns < before_ns)
        self._forget([flow for flow in over if flow.ends not in living and reversed_ends(flow.ends) not in living])

    def _evict(self) -> None:
        """Evict flows. An open connection may be idle for days, and a flood sends all the time."""
        by_use = sorted(self._flows.values(), key=lambda flow: (flow.standing, flow.last_ns))
        least = by_use[: self.limit // EVICT_SHARE + 1]
        self._on_evict(least)
        self._forget(least)
        self.evicted += len(least)
        self.evicted_open += sum(not flow.over for flow in least)

    def _forget(self, flows: Sequence[Flow]) -> None:
        for flow in flows:
            del self._flows[flow.stream]
            for ends in (flow.ends, reversed_ends(flow.ends)):
                if self._latest.get(ends, (None,))[0] is flow:
                    del self._latest[ends]
                if ends in self._apart:
                    self._forget_apart(ends, flow)

    def _forget_apart(self, ends: bytes, flow: Flow) -> None:
        left = [found for found in self._apart.pop(ends) if found[0] is not flow]
        if left:
            self._latest[ends] = left[-1]
        if len(left) > 1:
            self._apart[ends] = left


def _is_of_another(segment: Segment, flow: Flow, side: int) -> bool:
    """Whether a segment that came another way than the flow's first has nothing in common with it but the ends.

    A connection that has moved to another link goes on with its numbers: of one direction at least, if the capture lost
    many of its segments.
    """
    if segment.vlan == flow.vlan and not (segment.link and flow.link):
        return False
    sender, receiver = flow.streams[side], flow.streams[1 - side]
    distances = []
    if sender.expected:
        distances.append(ahead(segment.seq, wrap(sender.expected)))
    if segment.flags & ACK and receiver.expected:
        distances.append(ahead(segment.ack, wrap(receiver.expected)))
    return bool(distances) and all(abs(distance) > FAR for distance in distances)


def _distance(segment: Segment, flow: Flow, side: int) -> int:
    """How far the numbers of a segment are from what this flow expects from `side`."""
    sender, receiver = flow.streams[side], flow.streams[1 - side]
    if sender.expected:
        return abs(ahead(segment.seq, wrap(sender.expected)))
    if segment.flags & ACK and receiver.expected:
        return abs(ahead(segment.ack, wrap(receiver.expected)))
    return HALF
