"""`tcpwatch --read FILE`: the dashboard on a capture file."""

import gc
import os
from collections.abc import Callable

from tcpwatch.capture.replay import STDIN
from tcpwatch.cli.options import DashboardOptions, FrameOptions
from tcpwatch.cli.progress import Progress, why_it_waits
from tcpwatch.cli.reading import Reading
from tcpwatch.cli.streams import say
from tcpwatch.errors import UsageError
from tcpwatch.monitor.filter.language import compile_filter
from tcpwatch.monitor.replay.capture_file import Recorded
from tcpwatch.monitor.replay.playhead import SILENCE_NS
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.text.clean import clean
from tcpwatch.tui.modes.replay import run_replay
from tcpwatch.tui.protocols import Target
from tcpwatch.tui.terminal import check_terminal


def show_file(options: DashboardOptions, path: str) -> int:
    """Show the file until the user quits; then say where it is damaged, if it is."""
    if path == STDIN:
        raise UsageError(
            "the dashboard takes its keys from stdin and cannot read a capture there: save it in a file first, "
            "or use tcpwatch packets --read -"
        )
    check_terminal(os.environ)
    if sentence := why_it_waits(path):
        say(sentence)
    with Progress(os.path.basename(path)) as progress:
        recorded = read_file(path, options.frames.ports, options.frames.write, options.filter, tell=progress.tell)
    gc.freeze()  # what was read stays to the end: the collector need not go through it again and again
    target = Target("file", recorded.name, options.frames.ports, options.language, presents=options.presenter)
    code = run_replay(recorded, target, options.filter)
    if recorded.damage and not code:
        raise recorded.damage
    return code


def read_file(
    path: str,
    ports: tuple[int, ...],
    record_to: str | None,
    filter_text: str,
    silence_ns: int = SILENCE_NS,
    tell: Callable[[int], None] = lambda frames: None,
) -> Recorded:
    """All of the file, or what it has of these ports; the privileges are given up before its first byte is read.

    No silence in it takes longer than `silence_ns` to play. `tell` is called now and then with how many frames have
    been read.
    """
    compile_filter(filter_text)  # a wrong one is an error before anything is read
    tracker = FlowTracker()
    frames = FrameOptions(read=path, ports=ports, write=record_to)
    with Reading(frames, tracker, lambda: tell(reading.frames)) as reading:
        return Recorded(clean(os.path.basename(path)), reading.events(), tracker, silence_ns=silence_ns)
