"""`tcpwatch flows`: one line for each connection of a capture file, or of an interface when the capture ends."""

from collections import deque
from collections.abc import Sequence
from functools import partial

from tcpwatch.cli.arguments import Arguments
from tcpwatch.cli.reading import Reading
from tcpwatch.report import ndjson, table
from tcpwatch.report.output import Output
from tcpwatch.tcp.flow import Flow
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.wire.segment import endpoints


def run(arguments: Arguments) -> int:
    """Print what became of each connection, when all is read; those that memory has no room for go out before."""
    with Output() as output:
        report = partial(add_lines, output, arguments)
        tracker = FlowTracker(on_evict=report)
        try:
            with Reading(arguments, tracker, output.flush) as reading:
                deque(reading.events(), maxlen=0)
        finally:
            report(tracker.flows())
    return 0


def add_lines(output: Output, arguments: Arguments, flows: Sequence[Flow]) -> None:
    """Put out the connections that have one of the wanted ports."""
    wanted = [
        flow for flow in flows if not arguments.port or any(end.port in arguments.port for end in endpoints(flow.ends))
    ]
    lines = (ndjson.line(ndjson.flow(flow)) for flow in wanted) if arguments.json else table.flows(wanted)
    for line in lines:
        output.add(line)
