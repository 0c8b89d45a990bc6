"""The tracker of a replay, which lets its flows go as soon as no more segments are kept."""

from collections.abc import Iterable

from tcpwatch.tcp.event import Event, Meaning
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.wire.segment import Segment

UNTOLD = Meaning(State.CLOSED, State.CLOSED)


class ReplayTracker(FlowTracker):
    """A FlowTracker up to the last segment that is kept; what comes after it is only to be counted."""

    _only_counts = False

    def let_go(self) -> None:
        """Forget all flows: from now on a segment's event has no meaning."""
        self._only_counts = True
        self._flows.clear()
        self._latest.clear()
        self._apart.clear()

    def receive_segments(self, segments: Iterable[Segment | None]) -> list[Event]:
        """Process the next segments, those apart that are copies of what another interface saw."""
        if not self._only_counts:
            return super().receive_segments(segments)
        is_copy = self._copies.is_copy
        return [
            Event(one, 0, 0, 0, 0, 0, False, UNTOLD)
            for one in segments
            if one is not None and not (one.link and is_copy(one))
        ]
