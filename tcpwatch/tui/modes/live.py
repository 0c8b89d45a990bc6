"""The dashboard on this host as it is now."""

from tcpwatch.tui.mode import THIS_HOST, Mode
from tcpwatch.tui.protocols import MonitorView, Target
from tcpwatch.tui.run import show


class LiveMode(Mode):
    """Adds nothing to what every dashboard has."""

    def __init__(self) -> None:
        super().__init__(THIS_HOST)


def run_dashboard(monitor: MonitorView, target: Target, filter_text: str = "") -> int:
    """Show this host until the user, a signal or the terminal ends it; the program's exit code.

    Raises FilterError where `filter_text` cannot be understood.
    """
    return show(monitor, target, LiveMode(), filter_text)
