"""One connection of a capture file, at any moment of it: the rows of its two ends, and the flow with its TCBs.

Law of the room: a moment is a number of events, those of the whole file that have passed, and what the file's clock
shows. States are looked up, TCBs are worked out anew from the segments; nothing is ever undone.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import NamedTuple

from tcpwatch.diagnose.half_close import SENDING_NS, YOUNG_NS, HalfClose
from tcpwatch.monitor.replay.spans import StateChange, StateSpan
from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.sockets.row import NoOwner, SocketRow
from tcpwatch.tcp.event import Event
from tcpwatch.tcp.flow import Flow
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tracker import REUSED, FlowTracker
from tcpwatch.wire.segment import reversed_ends

SIDES = (0, 1)

Sent = tuple[Sequence[int], Sequence[int]]
"""By side, when it sent data in CLOSE-WAIT."""


class EndsAt(NamedTuple):
    """Both ends of a connection after a change of their states. `ends` has the initiator first."""

    stream: int
    ends: bytes
    change: StateChange
    sent_ns: Sent

    @property
    def may_send(self) -> bool:
        """Whether an end is in CLOSE-WAIT, in which what it sends makes a difference."""
        return any(span.state is State.CLOSE_WAIT for span in self.change.spans)

    @property
    def settles(self) -> bool:
        """Whether its rows stay as they are, once its marks are over: not while an end in CLOSE-WAIT sends."""
        return self.sent_ns == ((), ()) or not self.may_send

    def rows(self, now_ns: int) -> tuple[Connection, ...]:
        """The rows of its ends when the file's clock shows `now_ns`."""
        shown = [(side, found) for side in SIDES if (found := self.change.spans[side].shown(now_ns))]
        return tuple(self._judged(side, *found, now_ns) for side, found in shown)

    def both(self, now_ns: int) -> tuple[Connection | None, Connection | None]:
        """Both its ends then, the initiator first, and CLOSED ones too; None for one that still listens."""
        first, second = (
            None if span.state is State.LISTEN else self._judged(side, span, Mark.NONE, now_ns)
            for side, span in zip(SIDES, self.change.spans, strict=True)
        )
        return first, second

    def _judged(self, side: int, span: StateSpan, mark: Mark, now_ns: int) -> Connection:
        """One end, and why its CLOSE-WAIT is ordinary where it is."""
        one = self._connection(side, span, mark)
        ordinary = None if mark is Mark.GONE else self._half_close(side, span, now_ns)
        return one if ordinary is None else replace(one, half_close=ordinary)

    def _half_close(self, side: int, span: StateSpan, now_ns: int) -> HalfClose | None:
        """Why its CLOSE-WAIT is ordinary at this moment; None where it is not, or in other states."""
        if span.state is not State.CLOSE_WAIT:
            return None
        sent_ns = self.sent_ns[side]
        last = bisect_right(sent_ns, now_ns)
        ago_ns = now_ns - sent_ns[last - 1] if last else None
        if ago_ns is not None and ago_ns < SENDING_NS:
            return HalfClose(True, ago_ns)
        return HalfClose(False) if span.seen and now_ns - span.since_ns < YOUNG_NS else None

    def _connection(self, side: int, span: StateSpan, mark: Mark) -> Connection:
        key = self.stream << 1 | side
        peer = key ^ 1 if self.change.spans[1 - side].has_socket else None
        ends = reversed_ends(self.ends) if side else self.ends
        row = SocketRow(key, ends, False, span.state, None, 0, None, None)
        return Connection(row, (), NoOwner.FILE, None, span.since_ns, span.seen, mark, peer)


class Checkpoints:
    """A connection's flow after every so many of its events, so that a later moment of it is soon worked out."""

    def __init__(self, stream: int, ends: bytes, every: int) -> None:
        """`every` is how many events lie between two of them; `ends` has the initiator first."""
        self._stream, self._ends, self._every = stream, ends, every
        self._flows: list[Flow] = []

    def flow(self, numbers: Sequence[int], events: Sequence[Event]) -> Flow:
        """The flow after the events with these numbers, all that it had until then; `events` are those of the file."""
        flows = self._flows
        saved = min(len(numbers) // self._every, len(flows))
        flow = deepcopy(flows[saved - 1]) if saved else self._begun(events[numbers[0]])
        return _advanced(flow, (events[number] for number in numbers[saved * self._every or 1 :]))

    def save(self, numbers: Sequence[int], events: Sequence[Event]) -> None:
        """Keep the flow as it is after `every` events more, which have these numbers."""
        flow = deepcopy(self._flows[-1]) if self._flows else self._begun(events[numbers[0]])
        first = 0 if self._flows else 1
        self._flows.append(_advanced(flow, (events[number] for number in numbers[first:])))

    def _begun(self, first: Event) -> Flow:
        """The flow after its first event."""
        words = tuple(word for word in first.analysis if word in REUSED)
        flow = Flow(self._stream, self._ends, first.segment, reused=bool(words))
        flow.receive(first.segment, first.side, words)
        return flow


def _advanced(flow: Flow, events: Iterable[Event]) -> Flow:
    """The same flow after these events."""
    tracker = FlowTracker()
    tracker.register(flow)
    for event in events:
        tracker.receive_segment(event.segment)
    return flow
