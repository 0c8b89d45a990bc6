"""`tcpwatch packets`: one line for each segment of a capture file, or of an interface until stopped or counted out."""

from tcpwatch.cli.options import PacketsOptions
from tcpwatch.cli.reading import Reading
from tcpwatch.monitor.filter.language import compile_filter
from tcpwatch.monitor.filter.segments import WireFilter
from tcpwatch.report.formats import FORMATS
from tcpwatch.report.formats.json import with_dropped
from tcpwatch.report.output import Output
from tcpwatch.report.records.packets import PACKETS
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.tcp.tracker import FlowTracker


def run(options: PacketsOptions, _: Namespace | None = None) -> int:
    """Print segments as they come."""
    passes = WireFilter(compile_filter(options.filter)).passes if options.filter else None

    def tell_loss(frames: int) -> None:
        if options.format == "json":
            output.amend_next(lambda line: with_dropped(line, frames))

    with (
        Output() as output,
        Reading(options.frames, FlowTracker(), output.flush, passes, on_loss=tell_loss) as reading,
    ):
        FORMATS[options.format].open_writer(PACKETS, output)(reading.events())
    return 0
