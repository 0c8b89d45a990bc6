"""`tcpwatch ladder`: one connection of a capture file as a picture or as text."""

from collections.abc import Callable, Iterable, Mapping

from tcpwatch.cli.ladders import drawn
from tcpwatch.cli.options import LadderOptions
from tcpwatch.cli.reading import Reading
from tcpwatch.errors import UsageError
from tcpwatch.narration.ladder import LADDER_LIMIT
from tcpwatch.narration.step import NarratedSegment, NarratedSegments, corrected
from tcpwatch.report.ladder import Ladder
from tcpwatch.report.ladder_svg import svg_file
from tcpwatch.report.ladder_text import as_markdown, as_text
from tcpwatch.report.output import Output
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.why.catalog import translation

LINES: Mapping[str, Callable[[Ladder], Iterable[str]]] = {
    "text": as_text,
    "markdown": as_markdown,
    "svg": lambda ladder: svg_file([ladder]).splitlines(),
}


def run(options: LadderOptions, _: Namespace | None = None) -> int:
    """Print the ladder of the connection with the number asked for; of the first where none was."""
    if options.frames.read is None:
        raise UsageError("a ladder is drawn of a capture file: name it with -r FILE")
    with Output() as output:
        segments = read_segments(options)
        for line in LINES[options.format](drawn(segments, translation(options.language))):
            output.add(line)
    return 0


def read_segments(options: LadderOptions) -> list[NarratedSegment]:
    """The segments of the connection, as far as they are drawn. Raises UsageError where there is none."""
    segments: list[NarratedSegment] = []
    narrated, stream = NarratedSegments(), options.stream
    with Reading(options.frames, FlowTracker(), lambda: None) as reading:
        for event in reading.events():
            stream = event.stream if stream is None else stream
            if event.stream == stream and len(segments) < LADDER_LIMIT:
                one = narrated.of(event)
                segments = corrected(segments, one) if one.corrects else segments
                segments.append(one)
    if not segments:
        which = "no TCP segment" if stream is None else f"no segment of connection {stream}"
        raise UsageError(f"there is {which} in it: tcpwatch flows lists the connections and their numbers")
    return segments
