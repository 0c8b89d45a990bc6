"""What is said of each segment of a capture: by this package, and by tshark."""

import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.wire.decode import Decoder
from tcpwatch.wire.files.record import Record

Row = dict[str, Any]

COMPARED = ("stream", "seq", "ack", "window", "len", "analysis")
WORDS = (
    "retransmission", "fast_retransmission", "spurious_retransmission", "out_of_order", "lost_segment",
    "ack_lost_segment", "duplicate_ack", "zero_window", "zero_window_probe", "zero_window_probe_ack", "window_update",
    "window_full", "keep_alive", "keep_alive_ack", "reused_ports", "tfo_syn", "tfo_ack",
)  # fmt: skip
NUMBERS = (
    "frame.number", "tcp.stream", "tcp.seq", "tcp.ack", "tcp.window_size", "tcp.len", "tcp.completeness",
)  # fmt: skip
FIELDS = (*NUMBERS, *(f"tcp.analysis.{word}" for word in WORDS))


def ours(records: Iterable[Record]) -> dict[int, Row]:
    """What this package says, by frame. The completeness is that of the whole stream."""
    decoder, tracker, rows = Decoder(), FlowTracker(), {}
    for frame, record in enumerate(records, 1):
        segment = decoder.decode(frame, *record)
        if segment is not None:
            event = tracker.receive_segment(segment)
            said = (event.stream, event.seq, event.ack, event.window, segment.length, sorted(event.analysis))
            rows[frame] = dict(zip(COMPARED, said, strict=True))
    return _with_completeness(rows, {flow.stream: flow.completeness for flow in tracker.flows()})


def tsharks(capture: Path) -> dict[int, Row]:
    """What tshark says, by frame; segments of which it could not read all numbers are left out."""
    asked = [word for field in FIELDS for word in ("-e", field)]
    command = ["tshark", "-n", "-2", "-r", str(capture), "-Y", "tcp", "-T", "fields", "-E", "occurrence=f", *asked]
    ended = subprocess.run(command, capture_output=True, text=True, errors="replace", check=True)
    rows, completeness = {}, {}
    for line in ended.stdout.splitlines():
        cells = line.split("\t")
        if all(numbers := cells[: len(NUMBERS)]):
            frame, *said, saw = map(int, numbers)
            words = sorted(word for word, mark in zip(WORDS, cells[len(NUMBERS) :], strict=True) if mark)
            rows[frame] = dict(zip(COMPARED, (*said, words), strict=True))
            completeness[said[0]] = saw
    return _with_completeness(rows, completeness)


def _with_completeness(rows: dict[int, Row], of_stream: Mapping[int, int]) -> dict[int, Row]:
    return {frame: row | {"completeness": of_stream[row["stream"]]} for frame, row in rows.items()}
