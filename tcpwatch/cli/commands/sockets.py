"""`tcpwatch sockets`: the socket table, once."""

from collections.abc import Collection, Iterator, Sequence
from functools import cache, partial

from tcpwatch.cli.live import open_sockets
from tcpwatch.cli.options import KernelOptions, SocketsOptions
from tcpwatch.cli.streams import say
from tcpwatch.errors import SourceError
from tcpwatch.kernel.proc.cgroups import Cgroups
from tcpwatch.kernel.sock_diag.module_info import complete_attributes
from tcpwatch.monitor.filter.language import compile_filter
from tcpwatch.monitor.snapshot import Connection, Snapshot
from tcpwatch.report.formats import FORMATS
from tcpwatch.report.output import Output
from tcpwatch.report.records.sockets import SOCKETS, ReportedSocket
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.row import SocketRow


def run(options: SocketsOptions, entered: Namespace | None = None) -> int:
    """Print every TCP socket, or those that pass the filter and have one of the ports asked for."""
    passes = compile_filter(options.filter)
    snapshot = whole_picture(options.kernel, entered)
    chosen = [
        connection
        for connection in snapshot.connections
        if row_has_port(connection.row, options.ports) and passes(connection, snapshot.mono_ns)
    ]
    with Output() as output:
        FORMATS[options.format].open_writer(SOCKETS, output)(records_of(chosen, snapshot.mono_ns))
    return 0


def whole_picture(kernel: KernelOptions, entered: Namespace | None) -> Snapshot:
    """All sockets now, from the best source that gives them; what others said of themselves goes to stderr.

    Raises SourceError where none does.
    """
    ways = (kernel, kernel._replace(bpf=False)) if kernel.bpf and not kernel.portable else (kernel,)
    for way in ways:
        monitor = open_sockets(way, entered)
        monitor.refresh()
        snapshot = monitor.snapshot()
        monitor.stop()
        table = snapshot.sources[0]
        if table.working:
            return snapshot
        if way is not ways[-1]:
            say(f"{table.message.rstrip('.')}. Trying without BPF.")
    raise SourceError(f"the socket table cannot be read: {table.message}")


def records_of(chosen: Sequence[Connection], now_ns: int) -> Iterator[ReportedSocket]:
    """A record for each; the kernel is asked for the rest of their attributes when the first of them is read."""
    cgroups = Cgroups()

    @cache
    def complete_rows() -> list[SocketRow]:
        return complete_attributes([connection.row for connection in chosen])

    def read_row(index: int) -> SocketRow:
        return complete_rows()[index]

    for index, connection in enumerate(chosen):
        yield ReportedSocket(connection, now_ns, partial(read_row, index), cgroups.path)


def row_has_port(row: SocketRow, ports: Collection[int]) -> bool:
    """Whether the socket has one of the ports at either end; without ports, all have."""
    return not ports or row.local.port in ports or row.remote.port in ports
