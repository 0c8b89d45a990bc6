"""`tcpwatch explain -r FILE`: what is wrong in a capture file, from the wire alone.

Its memory does not grow with the number of segments: a connection is judged when the tracker lets go of it.
"""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from tcpwatch.capture.frame import Frame
from tcpwatch.cli.options import ExplainOptions
from tcpwatch.cli.reading import Reading
from tcpwatch.cli.streams import say
from tcpwatch.diagnose.problem import Problem
from tcpwatch.diagnose.wire_connections import WatchedConnections
from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.report.formats import FORMATS
from tcpwatch.report.output import Output
from tcpwatch.report.records.problems import PROBLEMS, ReportedProblem
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.row import NoOwner, SocketRow
from tcpwatch.tcp.flow import Flow
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.text.clean import clean
from tcpwatch.text.quantity import counted
from tcpwatch.why.catalog import translation
from tcpwatch.wire.icmp import read_icmp_error
from tcpwatch.wire.segment import reversed_ends

NOTHING = "Nothing is wrong with {connections}, as far as the capture shows."
MOST_ROWS = 4_096  # connections that are listed with their problems


def run(options: ExplainOptions, _: Namespace | None = None) -> int:
    """Print the problems when all is read, those of what was read where the file is damaged."""
    with Output() as output:
        write = FORMATS[options.format].open_writer(PROBLEMS, output)
        explained = ExplainedFile(options)
        try:
            explained.read(output)
        finally:
            write(explained.reported())
            output.flush()
    explained.say_what_was_found()
    return 0


class ExplainedFile:
    """One pass over a file: its connections, and what is wrong with them."""

    def __init__(self, options: ExplainOptions) -> None:
        self._options = options
        self._tracker = FlowTracker(on_evict=self._keep)
        self._connections = WatchedConnections(self._tracker.stream)
        self._rows: dict[int, Connection] = {}
        self._found = False

    def read(self, output: Output) -> None:
        """Read all of it. Raises CaptureFileError where it is no capture, or is damaged."""
        with Reading(self._options.frames, self._tracker, output.flush, on_unread=self._icmp_errors) as reading:
            self._connections.watch(reading.events())

    def reported(self) -> Iterator[ReportedProblem]:
        """The problems, the worst first."""
        self._keep_rows(self._connections.finish(self._tracker.flows()))
        now_ns, translate = self._connections.now_ns, translation(self._options.language)
        for problem in self._connections.problems.problems():
            self._found = True
            members = tuple(self._rows[key] for key in problem.members if key in self._rows)
            yield ReportedProblem(replace(problem, next_steps=self._next_steps(problem)), now_ns, members, translate)

    def say_what_was_found(self) -> None:
        """On stderr, where nothing was."""
        if not self._found:
            say(NOTHING.format(connections=counted(self._connections.streams, "connection")))

    def _keep(self, flows: Sequence[Flow]) -> None:
        self._keep_rows(self._connections.leave(flows))

    def _keep_rows(self, members: Iterable[tuple[int, Flow]]) -> None:
        for key, flow in members:
            if len(self._rows) < MOST_ROWS:
                self._rows[key] = as_row(key, flow)

    def _icmp_errors(self, frames: Sequence[tuple[int, Frame]]) -> None:
        """What routers say of the segments, in frames that hold none."""
        for number, (time_ns, link_type, data, wire_length) in frames:
            error = read_icmp_error(time_ns, link_type, data, wire_length)
            if error is not None and (found := self._tracker.flow(error.ends)) is not None:
                flow, side = found
                self._connections.icmp_error(error, number, flow.stream, side)

    def _next_steps(self, problem: Problem) -> tuple[str, ...]:
        """The segments of the connections, where the file can be read again."""
        path = self._options.frames.read
        rows = [self._rows[key] for key in problem.members if key in self._rows]
        if path is None or path == "-" or clean(path) != path or not rows:
            return ()
        initiator = rows[0].row.remote if rows[0].key & 1 else rows[0].row.local
        responder = rows[0].row.local if rows[0].key & 1 else rows[0].row.remote
        port = initiator.port if len(problem.members) == 1 else responder.port
        return (f"tcpwatch packets -r {shlex.quote(path)} -p {port}",)


def as_row(key: int, flow: Flow) -> Connection:
    """One end of a connection, as it was left: the key is twice the number of its stream, plus its side."""
    side = key & 1
    ends = reversed_ends(flow.ends) if side else flow.ends
    row = SocketRow(key, ends, False, flow.state(side), None, 0, None, None)
    return Connection(row, (), NoOwner.FILE, None, flow.last_ns, True, Mark.NONE, None)
