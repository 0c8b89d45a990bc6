"""`tcpwatch flows`: one line for each connection of a capture file, or of an interface when the capture ends."""

from collections import deque
from collections.abc import Collection, Sequence

from tcpwatch.cli.options import FlowsOptions
from tcpwatch.cli.reading import Reading
from tcpwatch.monitor.filter.language import compile_filter
from tcpwatch.monitor.filter.segments import WireFilter
from tcpwatch.report.formats import FORMATS
from tcpwatch.report.output import Output
from tcpwatch.report.records.flows import FLOWS
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.tcp.flow import Flow
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.wire.segment import endpoints


def run(options: FlowsOptions, _: Namespace | None = None) -> int:
    """Print what became of each connection, when all is read; those that memory has no room for go out before."""
    passes, ports = WireFilter(compile_filter(options.filter)).passes_flow, options.frames.ports
    with Output() as output:
        write = FORMATS[options.format].open_writer(FLOWS, output)

        def report(flows: Sequence[Flow]) -> None:
            write([flow for flow in flows if flow_has_port(flow, ports) and passes(flow)])

        tracker = FlowTracker(on_evict=report)
        try:
            with Reading(options.frames, tracker, output.flush) as reading:
                deque(reading.events(), maxlen=0)
        finally:
            report(tracker.flows())
    return 0


def flow_has_port(flow: Flow, ports: Collection[int]) -> bool:
    """Whether the connection has one of the ports at either end; without ports, all have."""
    return not ports or any(end.port in ports for end in endpoints(flow.ends))
