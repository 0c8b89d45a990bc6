"""`tcpwatch sockets`: the socket table, once."""

import sys
from collections.abc import Collection, Iterator, Sequence
from functools import cache, partial

from tcpwatch.cli.live import open_sockets
from tcpwatch.cli.options import SocketsOptions
from tcpwatch.kernel.proc.cgroups import Cgroups
from tcpwatch.kernel.sock_diag.module_info import complete_attributes
from tcpwatch.monitor.filter.language import compile_filter
from tcpwatch.monitor.snapshot import Connection
from tcpwatch.report.formats import FORMATS
from tcpwatch.report.output import Output
from tcpwatch.report.records.sockets import SOCKETS, ReportedSocket
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.row import SocketRow


def run(options: SocketsOptions, entered: Namespace | None = None) -> int:
    """Print every TCP socket, or those that pass the filter and have one of the ports asked for."""
    passes = compile_filter(options.filter)
    monitor = open_sockets(options.kernel, entered)
    monitor.refresh()
    snapshot = monitor.snapshot()
    monitor.stop()
    chosen = [
        connection
        for connection in snapshot.connections
        if row_has_port(connection.row, options.ports) and passes(connection, snapshot.mono_ns)
    ]
    with Output() as output:
        FORMATS[options.format].open_writer(SOCKETS, output)(records_of(chosen, snapshot.mono_ns))
    kernel, *_ = snapshot.sources
    if not kernel.working:
        sys.stderr.write(f"tcpwatch: {kernel.message}\n")
    return 0


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
