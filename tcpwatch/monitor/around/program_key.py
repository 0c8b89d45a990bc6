"""Which program a connection belongs to."""

from tcpwatch.monitor.snapshot import Connection
from tcpwatch.sockets.row import NoOwner

ProgramKey = int | NoOwner | None
"""Its pid; why nobody is known to hold a socket."""


def program_of(connection: Connection) -> ProgramKey:
    """The first of those who hold the socket, or why there is none."""
    return connection.owners[0].pid if connection.owners else connection.no_owner
