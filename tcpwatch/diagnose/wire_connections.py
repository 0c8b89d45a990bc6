"""The connections of a capture while it is read: each is watched, and judged when it is over or let go of."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from tcpwatch.diagnose.wire.signs import Note, Sign, WireFacts
from tcpwatch.diagnose.wire.watch import FlowWatch, Notes
from tcpwatch.diagnose.wire_gathering import WireProblems
from tcpwatch.tcp.event import Event
from tcpwatch.tcp.flow import Flow
from tcpwatch.tcp.reset_origin import ResetOrigin
from tcpwatch.wire.icmp import IcmpError
from tcpwatch.wire.segment import reversed_ends

MOST_EARLY = 1_024


class Watched(NamedTuple):
    """One connection that is read: what looks at its next segment, and what it has shown."""

    see: Callable[[Event], Notes]
    facts: WireFacts


class WatchedConnections:
    """Those that are read now. `find_flow` gives the flow of a stream, None where it was let go of."""

    def __init__(self, find_flow: Callable[[int], Flow | None]) -> None:
        self.problems = WireProblems()
        self.now_ns = 0
        self.streams = 0
        self._find_flow = find_flow
        self._watched: dict[int, Watched] = {}
        self._leaving: list[Flow] = []
        self._early: dict[int, Note] = {}  # by stream, an error that came before the events of its batch

    def watch(self, events: Iterable[Event]) -> None:
        """Look at all of them, in their order."""
        watched, event = self._watched, None
        for event in events:
            found = watched.get(event.stream)
            if found is None:
                found = self._begin(event)
            if notes := found.see(event):
                self._note(found.facts, notes, event)
        if event is not None:
            self.now_ns = max(self.now_ns, event.segment.time_ns)

    def icmp_error(self, error: IcmpError, frame: int, stream: int, side: int) -> None:
        """An error about what this end sent; the events of its connection may still come."""
        if not error.too_big:
            return
        note = Note(Sign.ICMP_TOO_BIG, side, frame, error.time_ns, error.mtu or 0)
        if (found := self._watched.get(stream)) is not None:
            found.facts.add(note)
        elif len(self._early) < MOST_EARLY:
            self._early.setdefault(stream, note)

    def leave(self, flows: Iterable[Flow]) -> Iterator[tuple[int, Flow]]:
        """These are let go of. Judges those that were before, since events of these may still come.

        Gives the keys of the ends that are members of a problem, each with its flow.
        """
        leaving, self._leaving = self._leaving, list(flows)
        return self.judge(leaving)

    def judge(self, flows: Iterable[Flow]) -> Iterator[tuple[int, Flow]]:
        """What has become of these, the last that is known of them; keys as those of `leave`."""
        for flow in flows:
            found = self._watched.pop(flow.stream, None)
            if found is not None:
                yield from ((key, flow) for key in self.problems.add(found.facts, self.now_ns))

    def finish(self, flows: Iterable[Flow]) -> Iterator[tuple[int, Flow]]:
        """The end: all that are left, those that were let go of first."""
        yield from self.leave(())
        yield from self.judge(flows)

    def _begin(self, event: Event) -> Watched:
        ends, side = event.segment.ends, event.side
        flow = self._find_flow(event.stream)
        initiator_first = flow.ends if flow is not None else reversed_ends(ends) if side else ends
        found = Watched(FlowWatch(self._origin).see, WireFacts(event.stream, initiator_first))
        self._watched[event.stream] = found
        if early := self._early.pop(event.stream, None):
            found.facts.add(early)
        self.streams += 1
        return found

    def _note(self, facts: WireFacts, notes: Notes, event: Event) -> None:
        for note in notes:
            facts.add(note)
        self.now_ns = max(self.now_ns, event.segment.time_ns)

    def _origin(self, event: Event) -> ResetOrigin | None:
        flow = self._find_flow(event.stream)
        return None if flow is None else flow.streams[event.side].reset_origin
