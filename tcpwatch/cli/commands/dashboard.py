"""`tcpwatch`: the dashboard on this host."""

import os
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from tcpwatch.capture.interfaces import Interface
from tcpwatch.cli.arguments import Arguments
from tcpwatch.cli.kill import open_destroyer
from tcpwatch.cli.live import open_monitor
from tcpwatch.cli.netns import namespace_scope
from tcpwatch.cli.sources import drop_privileges, wanted_interface
from tcpwatch.monitor.filter.language import compile_filter
from tcpwatch.text.clean import clean
from tcpwatch.tui.app import run_dashboard
from tcpwatch.tui.protocols import MonitorView, Target
from tcpwatch.tui.terminal import check_terminal

FrontEnd = Callable[[MonitorView, Target, str], int]


def run(arguments: Arguments) -> int:
    """Show what there is."""
    if arguments.read is not None:
        from tcpwatch.cli.commands.replay import show_file  # a live picture starts sooner without it

        return show_file(arguments, arguments.read)
    check_terminal(os.environ)
    return show(arguments, nullcontext())


def target_of(arguments: Arguments, interface: Interface) -> Target:
    """What the title says."""
    return Target(
        clean(socket.gethostname()),
        interface.title,
        tuple(arguments.port),
        arguments.language,
        arguments.entered.label if arguments.entered else None,
        arguments.all_netns,
        arguments.presenter,
    )


def show(arguments: Arguments, scene: AbstractContextManager[object], front_end: FrontEnd = run_dashboard) -> int:
    """Open the sources, enter the scene, give the privileges up, and show the screen until the user quits.

    The scene begins after the capture does, so that its first segment is seen, and ends with the screen.
    """
    compile_filter(arguments.filter)  # a wrong one is told before anything is opened
    interface = wanted_interface(arguments)
    look = namespace_scope(arguments)
    destroyer = open_destroyer(arguments, look.namespace_threads)
    monitor = open_monitor(arguments, interface, look, destroyer)
    try:
        monitor.refresh()  # what begins in the scene is then known to be new
        with scene:
            drop_privileges(monitor.reads_processes, arguments.allow_kill)
            monitor.start()
            return front_end(monitor, target_of(arguments, interface), arguments.filter)
    finally:
        monitor.stop()
