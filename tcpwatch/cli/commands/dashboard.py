"""`tcpwatch`: the dashboard on this host."""

import os
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from tcpwatch.cli.kill import open_destroyer
from tcpwatch.cli.live import open_monitor
from tcpwatch.cli.netns import namespace_scope
from tcpwatch.cli.options import DashboardOptions, FrameOptions
from tcpwatch.cli.sources import give_up_privileges, wanted_interface
from tcpwatch.errors import RecordingError
from tcpwatch.monitor.filter.language import compile_filter
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.text.clean import clean
from tcpwatch.tui.modes.live import run_dashboard
from tcpwatch.tui.protocols import MonitorView, Target
from tcpwatch.tui.terminal import check_terminal

FrontEnd = Callable[[MonitorView, Target, str], int]


def run(options: DashboardOptions, entered: Namespace | None = None) -> int:
    """Show this host live, or the capture file that was named."""
    if options.frames.read is not None:
        from tcpwatch.cli.file_dashboard import show_file  # a live picture starts sooner without it

        return show_file(options, options.frames.read)
    check_terminal(os.environ)
    return show_live(options, options.frames, nullcontext(), entered)


def show_live(
    options: DashboardOptions,
    frames: FrameOptions,
    played: AbstractContextManager[object],
    entered: Namespace | None = None,
    front_end: FrontEnd = run_dashboard,
) -> int:
    """Open the sources, begin what is `played`, give the privileges up, and show the screen until the user quits.

    It begins after the capture does, so that its first segment is seen, and ends with the screen.
    """
    compile_filter(options.filter)  # a wrong one is an error before anything is opened
    interface = wanted_interface(frames.iface)
    scope = namespace_scope(options.kernel, entered)
    destroyer = open_destroyer(options.allow_kill, scope.namespace_threads)
    target = Target(
        clean(socket.gethostname()),
        interface.title,
        frames.ports,
        options.language,
        entered.label if entered else None,
        options.kernel.all_netns,
        options.presenter,
    )
    monitor = open_monitor(frames, options.kernel, interface, scope, destroyer)
    try:
        monitor.refresh()  # what begins while it is played is then known to be new
        with played:
            give_up_privileges(monitor.reads_processes, options.allow_kill)
            monitor.start()
            code = front_end(monitor, target, options.filter)
    finally:
        monitor.stop()
    if monitor.recording_failure is not None and not code:
        raise RecordingError(monitor.recording_failure)
    return code
