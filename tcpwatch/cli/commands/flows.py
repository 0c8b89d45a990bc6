"""`tcpwatch flows`: one line for each connection of a capture file, or of an interface when the capture ends."""

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from tcpwatch.cli.arguments import Arguments
from tcpwatch.cli.reading import Reading
from tcpwatch.monitor.filter.language import compile_filter
from tcpwatch.monitor.filter.segments import WireFilter
from tcpwatch.report import ndjson, table
from tcpwatch.report.output import Output
from tcpwatch.tcp.flow import Flow
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.wire.segment import endpoints


def run(arguments: Arguments) -> int:
    """Print what became of each connection, when all is read; those that memory has no room for go out before."""
    passes = WireFilter(compile_filter(arguments.filter)).passes_flow
    with Output() as output:
        report = partial(add_lines, output, arguments, passes)
        tracker = FlowTracker(on_evict=report)
        try:
            with Reading(arguments, tracker, output.flush) as reading:
                deque(reading.events(), maxlen=0)
        finally:
            report(tracker.flows())
    return 0


def add_lines(output: Output, arguments: Arguments, passes: Callable[[Flow], bool], flows: Sequence[Flow]) -> None:
    """Put out the connections that have one of the wanted ports and pass the filter."""
    ports = arguments.port
    wanted = [
        flow for flow in flows if (not ports or any(end.port in ports for end in endpoints(flow.ends))) and passes(flow)
    ]
    lines = (ndjson.line(ndjson.flow(flow)) for flow in wanted) if arguments.json else table.flows(wanted)
    for line in lines:
        output.add(line)
