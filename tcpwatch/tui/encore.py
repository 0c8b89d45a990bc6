"""The dashboard on the recording of what might have been played: narrated in the same way, but there is no socket."""

from collections.abc import Callable

from tcpwatch.monitor.recorded import Recorded
from tcpwatch.tui.app import run, terminal_pace
from tcpwatch.tui.connection_lines import WIRE_COLUMNS
from tcpwatch.tui.demo import DemoDashboard
from tcpwatch.tui.model import Play, Subject
from tcpwatch.tui.replay_lines import replay_status_line


class EncoreDashboard(DemoDashboard):
    """Three panes over one Recorded that plays, and the narration of it by the recording's clock."""

    def __init__(
        self,
        recorded: Recorded,
        subject: Subject,
        play: Play,
        clock: Callable[[], int],
        *,
        filter_text: str = "",
        pace: float = 1.0,
    ) -> None:
        super().__init__(recorded, subject, play, filter_text=filter_text, pace=pace, clock=clock)
        self._connections.columns = WIRE_COLUMNS

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """A recording has no sockets to end."""
        return action != "kill" and super().check_action(action, parameters)

    def _show_status(self) -> None:
        if self._snapshot:
            self._status.show(replay_status_line(self._subject, self._snapshot, self.size.width))


def run_encore(
    recorded: Recorded, subject: Subject, play: Play, clock: Callable[[], int], filter_text: str = ""
) -> int:
    """Show it until the user, a signal or the terminal ends it; the program's exit code."""
    dashboard = EncoreDashboard(recorded, subject, play, clock, filter_text=filter_text, pace=terminal_pace())
    return run(dashboard, recorded.stop)
