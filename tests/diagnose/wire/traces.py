"""The problems that a wire trace shows."""

from collections.abc import Iterable

from tcpwatch.diagnose.problem import Problem
from tcpwatch.diagnose.wire_connections import WatchedConnections
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.wire.segment import Segment
from tests.tcp.trace import segments

OPEN = (
    "> S 0:0(0) win 64240 <mss 1460,wscale 7>",
    "< S. 0:0(0) ack 1 win 65160 <mss 1460,wscale 7>",
    "> . 1(0) ack 1 win 502",
)


def problems_of_segments(of: Iterable[Segment], later_ns: int = 0) -> tuple[Problem, ...]:
    """The problems by the end of these segments, or so much later, where others have come in the file."""
    tracker = FlowTracker()
    connections = WatchedConnections(tracker.stream)
    connections.watch(map(tracker.receive_segment, of))
    connections.now_ns += later_ns
    for _ in connections.finish(tracker.flows()):
        pass
    return connections.problems.problems()


def problems(*lines: str, later_ns: int = 0) -> tuple[Problem, ...]:
    """Those of a connection of these lines (see tests.tcp.trace)."""
    return problems_of_segments(segments(lines), later_ns)


def ids(found: Iterable[Problem]) -> list[str]:
    """Their rules."""
    return [problem.rule for problem in found]
