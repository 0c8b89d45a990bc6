"""`tcpwatch --read FILE`: the dashboard on a capture file."""

import gc
import os
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from tcpwatch.capture.replay import STDIN
from tcpwatch.cli.options import DashboardOptions, FrameOptions
from tcpwatch.cli.progress import Progress, why_it_waits
from tcpwatch.cli.reading import Reading
from tcpwatch.cli.streams import say
from tcpwatch.errors import UsageError
from tcpwatch.monitor.filter.language import compile_filter
from tcpwatch.monitor.replay.capture_file import Recorded
from tcpwatch.monitor.replay.playhead import SILENCE_NS
from tcpwatch.monitor.replay.tracker import ReplayTracker
from tcpwatch.text.clean import clean
from tcpwatch.tui.modes.replay import run_replay
from tcpwatch.tui.protocols import Target
from tcpwatch.tui.terminal import check_terminal

AT_ONCE_NS = 150_000_000  # a file that is read sooner is shown whole from the first picture on


def show_file(options: DashboardOptions, path: str) -> int:
    """Show the file until the user quits; then say where it is damaged, if it is."""
    if path == STDIN:
        raise UsageError(
            "the dashboard takes its keys from stdin and cannot read a capture there: save it in a file first, "
            "or use tcpwatch packets --read -"
        )
    check_terminal(os.environ)
    frames = options.frames
    at_once_ns: int | None = AT_ONCE_NS
    if sentence := why_it_waits(path, needs_all=frames.write is not None):
        say(sentence)
        at_once_ns = 0  # what comes next may be long in coming
    if frames.write is not None:
        at_once_ns = None  # a recording is to be whole, however soon the user quits
    with ExitStack() as opened:
        with Progress(os.path.basename(path)) as progress:
            read = partial(_open, opened, path, frames.ports, frames.write, options.filter)
            recorded = read(tell=progress.tell, at_once_ns=at_once_ns)
        if recorded.reads:
            gc.enable()
        else:
            opened.close()
            gc.freeze()  # what was read stays to the end: the collector need not go through it again and again
        target = Target("file", recorded.name, frames.ports, options.language, presents=options.presenter)
        code = run_replay(recorded, target, options.filter)
        recorded.stop()
    if recorded.damage and not code:
        raise recorded.damage
    return code


def read_file(
    path: str,
    ports: tuple[int, ...],
    record_to: str | None,
    filter_text: str,
    silence_ns: int = SILENCE_NS,
) -> Recorded:
    """All of the file, or what it has of these ports; the privileges are given up before its first byte is read.

    No silence in it takes longer than `silence_ns` to play.
    """
    with ExitStack() as opened:
        return _open(opened, path, ports, record_to, filter_text, silence_ns)


def _open(
    opened: ExitStack,
    path: str,
    ports: tuple[int, ...],
    record_to: str | None,
    filter_text: str,
    silence_ns: int = SILENCE_NS,
    tell: Callable[[int], None] = lambda frames: None,
    at_once_ns: int | None = None,
) -> Recorded:
    """What `at_once_ns` was enough for, all of it where that is None; the rest comes while `opened` is not closed.

    `tell` is called now and then with how many frames have been read.
    """
    compile_filter(filter_text)  # a wrong one is an error before anything is read
    tracker = ReplayTracker()
    recorded: Recorded | None = None

    def before_wait() -> None:
        if recorded is None:
            tell(reading.frames)
        else:
            recorded.check()

    frames = FrameOptions(read=path, ports=ports, write=record_to)
    reading = opened.enter_context(Reading(frames, tracker, before_wait))
    name = clean(os.path.basename(path))
    recorded = Recorded(
        name, reading.events(), tracker, silence_ns=silence_ns, at_once_ns=at_once_ns, share=lambda: reading.share
    )
    return recorded
