"""Takes recordings of scenarios, for tcpwatch/lab/recordings/; what `tcpwatch demo` needs, this needs.

Each scenario plays in a namespace of its own, at the pace at which the dashboard shows it. It is kept only where all
that it promises was seen.
"""

import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import BytesIO, StringIO
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

from tcpwatch.capture.replay import CaptureFile
from tcpwatch.cli.commands.demo.command import SHOWN_PACE_S
from tcpwatch.cli.commands.demo.headless import HeadlessScenario
from tcpwatch.cli.live import open_watch
from tcpwatch.cli.options import FrameOptions, KernelOptions
from tcpwatch.lab.address import PORT
from tcpwatch.lab.namespace import enter_own_namespace
from tcpwatch.lab.recordings import notes_of, segments_of
from tcpwatch.lab.scenario_process import ScenarioProcess
from tcpwatch.lab.stage import Act
from tcpwatch.wire.files.capture_file import PcapngWriter

AT_ONCE = 8  # they wait most of the time


class NotedProcess(ScenarioProcess):
    """One that remembers its acts."""

    def __init__(self, name: str) -> None:
        super().__init__(name, pace_s=SHOWN_PACE_S)
        self.noted: list[Act] = []

    def acts(self) -> list[Act]:
        acts = super().acts()
        self.noted += acts
        return acts


def record_all(names: Sequence[str]) -> bool:
    """Record these scenarios, several at once; whether every one was kept."""
    if not names:
        return True
    all_kept = True
    with get_context("spawn").Pool(min(AT_ONCE, len(names)), maxtasksperchild=1) as pool:
        for kept, line in pool.imap(record, names, chunksize=1):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
            all_kept = all_kept and kept
    return all_kept


def record(name: str) -> tuple[bool, str]:
    """Play the scenario and keep its recording; whether it was kept, and a line about it."""
    enter_own_namespace()
    with TemporaryDirectory() as folder:
        taken = Path(folder, "taken.pcapng")
        process = NotedProcess(name)
        transcript = StringIO()
        with redirect_stdout(transcript):
            code = watch(process, taken)
        if code:
            return False, f"{name}: not kept\n{transcript.getvalue()}"
        segments_of(name).write_bytes(frames_alone(taken))
    notes_of(name).write_text("".join(f"{act.line()}\n" for act in process.noted), encoding="utf-8")
    return True, f"{name}: {segments_of(name).stat().st_size:,} bytes, {len(process.noted)} acts"


def frames_alone(taken: Path) -> bytes:
    """The capture without its counts of frames and losses."""
    written, capture = BytesIO(), CaptureFile(str(taken))
    writer = PcapngWriter(written)
    for time_ns, link_type, data, wire_length in chain.from_iterable(capture.batches()):
        writer.write("lo", link_type, time_ns, data, wire_length)
    capture.close()
    return written.getvalue()


def watch(process: ScenarioProcess, taken: Path) -> int:
    """Play it to its end while it is captured into a file; 0 where all that it promises was seen."""
    monitor = open_watch(FrameOptions(iface="lo", ports=(PORT,), write=str(taken)), KernelOptions())
    with process:
        try:
            monitor.start()
            return HeadlessScenario(monitor, process).watch()
        finally:
            monitor.stop()  # before the programs are ended: that is no part of the scenario
