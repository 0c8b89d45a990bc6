"""`tcpwatch packets`: one line for each segment of a capture file, or of an interface until stopped or counted out."""

from tcpwatch.cli.arguments import Arguments
from tcpwatch.cli.reading import Reading
from tcpwatch.monitor.filter.language import compile_filter
from tcpwatch.monitor.filter.segments import WireFilter
from tcpwatch.report import ndjson, table
from tcpwatch.report.output import Output
from tcpwatch.tcp.tracker import FlowTracker


def run(arguments: Arguments) -> int:
    """Print segments as they come."""
    line_of = ndjson.packet if arguments.json else table.packet
    passes = WireFilter(compile_filter(arguments.filter)).passes if arguments.filter else None
    with Output() as output, Reading(arguments, FlowTracker(), output.flush, passes) as reading:
        add = output.add
        for event in reading.events():
            add(line_of(event))
    return 0
