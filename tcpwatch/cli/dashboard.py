"""`tcpwatch`: the dashboard on this host."""

import os
import socket
import sys
from contextlib import AbstractContextManager, nullcontext

from tcpwatch.cli.arguments import Arguments
from tcpwatch.cli.sources import drop_privileges, open_monitor, wanted_interface
from tcpwatch.text import clean
from tcpwatch.tui.app import run_dashboard
from tcpwatch.tui.model import Subject
from tcpwatch.tui.terminal import check_terminal


def run(arguments: Arguments) -> int:
    """Show what there is."""
    check_terminal(os.environ)
    return show(arguments, nullcontext())


def show(arguments: Arguments, scene: AbstractContextManager[object]) -> int:
    """Open the sources, enter the scene, give the privileges up, and show the screen until the user quits.

    The scene begins after the capture does, so that its first segment is seen, and ends with the screen.
    """
    interface = wanted_interface(arguments)
    if interface.note:
        sys.stderr.write(f"tcpwatch: {interface.note}\n")
    monitor = open_monitor(arguments, interface)
    try:
        monitor.refresh()  # what begins in the scene is then known to be new
        with scene:
            drop_privileges()
            monitor.start()
            return run_dashboard(monitor, Subject(clean(socket.gethostname()), interface.name, tuple(arguments.port)))
    finally:
        monitor.stop()
