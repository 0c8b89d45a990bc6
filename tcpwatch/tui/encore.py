"""The dashboard on the recording of what might have been played: narrated in the same way, but there is no socket."""

from collections.abc import Callable

from textual.binding import Binding

from tcpwatch.tui.app import run, terminal_pace
from tcpwatch.tui.connection_lines import WIRE_COLUMNS
from tcpwatch.tui.demo import DemoDashboard
from tcpwatch.tui.model import MonitorView, Play, Subject
from tcpwatch.tui.replay_lines import replay_status_line


class EncoreDashboard(DemoDashboard):
    """Three panes over recordings that play, and their narration by the recordings' clock."""

    def __init__(
        self,
        recorded: MonitorView,
        subject: Subject,
        play: Play,
        clock: Callable[[], int],
        *,
        filter_text: str = "",
        pace: float = 1.0,
    ) -> None:
        super().__init__(recorded, subject, play, filter_text=filter_text, pace=pace, clock=clock)
        self._connections.columns = WIRE_COLUMNS

    def all_bindings(self) -> tuple[Binding, ...]:
        """There is nothing to end."""
        return tuple(key for key in super().all_bindings() if key.id != "app.kill")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool:
        """A recording has no sockets to end."""
        return action != "kill" and super().check_action(action, parameters)

    def _show_status(self) -> None:
        if self._snapshot:
            self._status.show(replay_status_line(self._subject, self._snapshot, self.size.width))


def run_encore(
    recorded: MonitorView, subject: Subject, play: Play, clock: Callable[[], int], filter_text: str = ""
) -> int:
    """Show it until the user, a signal or the terminal ends it; the program's exit code."""
    dashboard = EncoreDashboard(recorded, subject, play, clock, filter_text=filter_text, pace=terminal_pace())
    return run(dashboard, recorded.stop)
