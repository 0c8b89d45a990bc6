"""Shows a dashboard until the user, a signal or the terminal ends it."""

import gc
import os

from tcpwatch.tui.app import Dashboard
from tcpwatch.tui.mode import Mode
from tcpwatch.tui.protocols import MonitorView, Target
from tcpwatch.tui.terminal import guarded, over_ssh

FAILED = 1
OVER_SSH = 2  # times as long between two pictures
# Rows come and go without cycles, and a full collection walks 50,000 of them, which takes longer than a key may.
GC_THRESHOLDS = (50_000, 20, 20)


def show(monitor: MonitorView, target: Target, mode: Mode, filter_text: str) -> int:
    """The program's exit code. `monitor` is stopped where the dashboard does not end by itself when it should.

    Raises FilterError where `filter_text` cannot be understood.
    """
    pace = OVER_SSH if over_ssh(os.environ) else 1.0
    dashboard = Dashboard(monitor, target, mode, filter_text=filter_text, pace=pace)
    gc.set_threshold(*GC_THRESHOLDS)
    with guarded(dashboard.leave, monitor.stop):
        dashboard.run()
    return FAILED if dashboard.return_code is None else dashboard.return_code  # no code: it ended by itself
