"""`tcpwatch demo`: real connections on loopback, and the dashboard on them."""

import os
from collections.abc import Sequence

from tcpwatch.cli.arguments import Arguments
from tcpwatch.cli.dashboard import show
from tcpwatch.cli.sources import open_sockets
from tcpwatch.errors import UsageError
from tcpwatch.lab.demo import Demo
from tcpwatch.tcp.state import State
from tcpwatch.tui.terminal import check_terminal

LOOPBACK = "lo"
DEFAULT_PORT = 9999


def run(arguments: Arguments) -> int:
    """Start the capture, then the server and its clients, then the screen; end them all when it ends."""
    check_terminal(os.environ)
    demo = Demo(one_port(arguments.port), who_holds)
    arguments.iface, arguments.port = LOOPBACK, (demo.port,)
    return show(arguments, demo)


def one_port(ports: Sequence[int]) -> int:
    """The server's port."""
    if len(ports) > 1:
        raise UsageError("the demo has one server: give it one --port")
    return ports[0] if ports else DEFAULT_PORT


def who_holds(port: int) -> str | None:
    """The process that listens on the port, as far as this user may know."""
    monitor = open_sockets(Arguments())
    monitor.refresh()
    listeners = (
        connection
        for connection in monitor.snapshot().connections
        if connection.row.state is State.LISTEN and connection.row.local.port == port
    )
    holders = [str(owner) for listener in listeners for owner in listener.owners]
    monitor.stop()
    return ", ".join(holders) or None
