"""What tshark 4.0.17 says of every segment of a corpus of captures, said by this package too."""

import json
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tcpwatch.errors import CaptureFileError
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.wire.decode import Decoder
from tcpwatch.wire.pcapfile import read_records

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "pcaps"
ORACLE = CORPUS / "oracle.jsonl"
COMPARED = ("stream", "seq", "ack", "window", "len", "analysis")

Row = dict[str, Any]

# Segments where tshark is not followed: file, frame -> the fields, and why.
DIFFERENT = {
    ("zeek/rst-inject-rae.pcap", 2): (
        {"seq", "window"},
        "tshark's second pass counts this RST from the ISN of a SYN-ACK that comes after it, and scales its window by"
        " that SYN-ACK's option; RFC 7323 §2.2 has no scale before both SYNs",
    ),
}
UNREADABLE = {
    "pcapplusplus/solaris.snoop": "snoop files are refused by name",
    "tcpdump/tcp_header_heapoverflow.pcap": "its TCP header is cut off; tshark itself gives it no stream",
}

pytestmark = pytest.mark.skipif(not ORACLE.exists(), reason=f"no capture corpus at {CORPUS}")


@cache
def oracle() -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = defaultdict(list)
    if ORACLE.exists():
        for line in ORACLE.read_text().splitlines():
            row = json.loads(line)
            rows[row["file"]].append(row)
    return rows


def verdicts(path: Path) -> tuple[dict[int, Row], FlowTracker]:
    """What this package says of each segment of a capture file, by frame."""
    decoder, tracker, rows = Decoder(), FlowTracker(), {}
    with path.open("rb") as file:
        for frame, record in enumerate(read_records(file), 1):
            segment = decoder.decode(frame, *record)
            if segment is not None:
                event = tracker.receive_segment(segment)
                said = (event.stream, event.seq, event.ack, event.window, segment.length, sorted(event.analysis))
                rows[frame] = dict(zip(COMPARED, said, strict=True))
    return rows, tracker


def differences(path: str, expected: Row, said: Row) -> set[str]:
    allowed, _ = DIFFERENT.get((path, expected["frame"]), (set(), ""))
    return {field for field in COMPARED if said[field] != expected[field]} ^ allowed


@pytest.mark.parametrize("path", [path for path in oracle() if path not in UNREADABLE])
def test_corpus_file_equals_tshark(path: str) -> None:
    rows, tracker = verdicts(CORPUS / path)
    expected = oracle()[path]
    wrong = [(row, rows[row["frame"]]) for row in expected if differences(path, row, rows[row["frame"]])]
    assert not wrong
    completeness = {row["stream"]: row["completeness"] for row in expected}  # the last row has seen the whole stream
    assert {flow.stream: flow.completeness for flow in tracker.flows()} == completeness


@pytest.mark.parametrize("path", UNREADABLE)
def test_corpus_file_that_is_refused_has_no_segments(path: str) -> None:
    try:
        rows, _ = verdicts(CORPUS / path)
    except CaptureFileError:
        rows = {}
    assert not rows
