"""Capture files: segments a second beside tshark's, memory beside the file's length, and where the time goes."""

import cProfile
import io
import os
import pstats
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tcpwatch.report.formats import text
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.wire.decode import Decoder
from tcpwatch.wire.files.capture_file import read_records
from tests.perf.traffic import write_capture

SHORT, LONG = 100_000, 1_000_000
PROFILED = 50_000
ROUNDS = 3
OURS = {
    "packets": (sys.executable, "-m", "tcpwatch", "packets", "-r"),
    "packets --json": (sys.executable, "-m", "tcpwatch", "packets", "--json", "-r"),
    "flows --json": (sys.executable, "-m", "tcpwatch", "flows", "--json", "-r"),
}
FIELDS = ("-T", "fields", "-e", "frame.number", "-e", "tcp.stream", "-e", "tcp.analysis.flags")
PEER_NAME = "tshark -T fields"
PEER = ("tshark", "-n", *FIELDS, "-r")


class Run(NamedTuple):
    """How long a program took from start to end, and the most memory it held."""

    seconds: float
    peak_mb: float


def run(command: Sequence[str], capture: Path) -> Run:
    """Run a command on a capture, its output into nothing."""
    begun = time.perf_counter()
    process = subprocess.Popen([*command, str(capture)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{command} ended with {process.returncode}"
    return Run(time.perf_counter() - begun, usage.ru_maxrss / 1024)


def profile(capture: Path) -> str:
    """The functions that take most of the time, by cProfile (which makes calls look dearer than they are)."""

    def read() -> None:
        decode, track = Decoder().decode, FlowTracker().receive_segment
        with capture.open("rb") as file:
            for number, record in zip(range(1, PROFILED + 1), read_records(file), strict=False):
                segment = decode(number, *record)
                if segment is not None:
                    text.packet(track(segment))

    profiler, report = cProfile.Profile(), io.StringIO()
    profiler.runcall(read)
    pstats.Stats(profiler, stream=report).strip_dirs().sort_stats("tottime").print_stats(12)
    return report.getvalue()


def compare(capture: Path) -> dict[str, Run]:
    """The best of `ROUNDS` for each program; they take turns, as a machine is not equally fast at all times."""
    programs = ({PEER_NAME: PEER} if shutil.which(PEER[0]) else {}) | OURS
    best: dict[str, Run] = {}
    for _ in range(ROUNDS):
        for name, command in programs.items():
            again = run(command, capture)
            best[name] = min(best.get(name, again), again)
    return best


def main() -> None:
    """Write the captures, then print the table."""
    with tempfile.TemporaryDirectory() as directory:
        short, long = Path(directory, "short.pcapng"), Path(directory, "long.pcapng")
        write_capture(short, SHORT)
        write_capture(long, LONG)
        print(f"one line per segment, {LONG:,} segments in a pcapng file of {long.stat().st_size >> 20} MB\n")
        runs = compare(long)
        for name, (seconds, peak_mb) in runs.items():
            ratio = f"{runs[PEER_NAME].seconds / seconds:.1f} x" if PEER_NAME in runs else "?"
            memory = f"; {run(OURS[name], short).peak_mb:.0f} MB for {SHORT:,}" if name in OURS else ""
            print(f"{name:18} {LONG / seconds:10,.0f}/s {ratio:>8} {peak_mb:6.0f} MB{memory}")
        print(f"\nwhere the time goes, {PROFILED:,} segments")
        print("\n".join(line for line in profile(short).splitlines()[6:] if line))
