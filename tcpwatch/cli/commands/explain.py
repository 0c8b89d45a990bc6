"""`tcpwatch explain`: what is wrong on this host, in plain words, the worst first."""

from collections.abc import Iterator

from tcpwatch.cli.live import open_sockets
from tcpwatch.cli.options import ExplainOptions
from tcpwatch.cli.sources import give_up_privileges
from tcpwatch.cli.streams import say
from tcpwatch.diagnose.problem import Level, Problem
from tcpwatch.errors import SourceError
from tcpwatch.monitor.live import Monitor
from tcpwatch.monitor.snapshot import Snapshot
from tcpwatch.report.formats import FORMATS
from tcpwatch.report.output import Output
from tcpwatch.report.records.problems import PROBLEMS, reported
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.text.quantity import counted
from tcpwatch.why.catalog import translation

NOTHING = "Nothing is wrong with {sockets}, as far as was looked."


def run(options: ExplainOptions, entered: Namespace | None = None) -> int:
    """Print the problems once, or again after each pause."""
    monitor = open_sockets(options.kernel, entered, again=options.watch_s is not None)
    give_up_privileges(keep_owner_lookup=monitor.reads_processes)
    try:
        with Output() as output:
            write = FORMATS[options.format].open_writer(PROBLEMS, output)
            for snapshot in pictures(monitor, options.watch_s):
                chosen = [
                    problem for problem in snapshot.problems if concerns(problem, snapshot, frozenset(options.ports))
                ]
                write(reported(snapshot, chosen.__contains__, translation(options.language)))
                output.flush()
                _say_what_was_looked_at(snapshot, bool(chosen))
    finally:
        monitor.stop()
    return 0


def pictures(monitor: Monitor, pause_s: float | None) -> Iterator[Snapshot]:
    """A picture, and others after each pause where there is one. Raises SourceError where there are no sockets."""
    while True:
        yield picture(monitor)
        if pause_s is None:
            return
        monitor.listen(pause_s)


def picture(monitor: Monitor) -> Snapshot:
    """A picture of now. Raises SourceError where there are no sockets."""
    monitor.refresh()
    snapshot = monitor.snapshot()
    if not (table := snapshot.sources[0]).working:
        raise SourceError(f"the socket table cannot be read: {table.message}")
    return snapshot


def concerns(problem: Problem, snapshot: Snapshot, ports: frozenset[int]) -> bool:
    """Whether the problem is one of these ports, or of the whole host; without ports, all are meant."""
    if not ports or problem.level is Level.HOST:
        return True
    rows = (snapshot.by_key[key].row for key in problem.members if key in snapshot.by_key)
    return any(row.local.port in ports or row.remote.port in ports for row in rows)


def _say_what_was_looked_at(snapshot: Snapshot, found: bool) -> None:
    """On stderr: that nothing was found, and what of the sources was not there to be looked at."""
    if not found:
        say(NOTHING.format(sockets=counted(len(snapshot.connections), "socket")))
    if snapshot.not_looked_at:
        say(f"not looked at: {', '.join(snapshot.not_looked_at)}; tcpwatch doctor says how to have that.")
