"""The dashboard on the recording of what might have been played: narrated in the same way, but there is no socket."""

from collections.abc import Callable

from tcpwatch.tui.app import run, terminal_pace
from tcpwatch.tui.demo import DemoDashboard
from tcpwatch.tui.model import MonitorView, Play, Subject


def run_encore(
    recorded: MonitorView, subject: Subject, play: Play, clock: Callable[[], int], filter_text: str = ""
) -> int:
    """Show it until the user, a signal or the terminal ends it; the program's exit code. `clock` is the recording's."""
    dashboard = DemoDashboard(recorded, subject, play, filter_text=filter_text, pace=terminal_pace(), clock=clock)
    return run(dashboard, recorded.stop)
