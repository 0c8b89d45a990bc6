"""`tcpwatch sockets`: the socket table, once."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from tcpwatch.cli.arguments import Arguments
from tcpwatch.cli.live import open_sockets
from tcpwatch.kernel.proc.cgroups import Cgroups
from tcpwatch.kernel.sock_diag.module_info import complete_attributes
from tcpwatch.monitor.filter.language import compile_filter
from tcpwatch.monitor.snapshot import Connection
from tcpwatch.report import ndjson, table


def run(arguments: Arguments) -> int:
    """Print every TCP socket, or those that pass the filter and have one of the ports asked for."""
    passes = compile_filter(arguments.filter)
    monitor = open_sockets(arguments)
    monitor.refresh()
    snapshot = monitor.snapshot()
    monitor.stop()
    chosen = [
        connection
        for connection in snapshot.connections
        if wanted(connection, arguments) and passes(connection, snapshot.mono_ns)
    ]
    lines: Iterable[str]
    if arguments.json:
        lines = _json_lines(chosen, snapshot.mono_ns)
    else:
        lines = table.sockets(chosen, snapshot.mono_ns)
    for line in lines:
        sys.stdout.write(line + "\n")
    kernel, *_ = snapshot.sources
    if not kernel.working:
        sys.stderr.write(f"tcpwatch: {kernel.message}\n")
    return 0


def _json_lines(chosen: Sequence[Connection], now_ns: int) -> Iterator[str]:
    cgroups = Cgroups()
    rows = complete_attributes([connection.row for connection in chosen])
    for connection, row in zip(chosen, rows, strict=True):
        yield ndjson.line(ndjson.socket(replace(connection, row=row), now_ns, cgroups.path))


def wanted(connection: Connection, arguments: Arguments) -> bool:
    """Whether the socket has one of the ports asked for, at either end."""
    row = connection.row
    return not arguments.port or row.local.port in arguments.port or row.remote.port in arguments.port
