"""What tshark 4.0.17 says of every segment of a corpus of captures, said by this package too."""

import json
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from tcpwatch.errors import CaptureFileError
from tcpwatch.wire.files.capture_file import read_records
from tests.tcp.verdicts import COMPARED, Row, ours

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "pcaps"
ORACLE = CORPUS / "oracle.jsonl"
# Segments where tshark is not followed: file, frame -> the fields, and why.
DIFFERENT = {
    ("zeek/rst-inject-rae.pcap", 2): (
        {"seq", "window"},
        "tshark's second pass counts this RST from the ISN of a SYN-ACK that comes after it, and scales its window by"
        " that SYN-ACK's option; RFC 7323 §2.2 has no scale before both SYNs",
    ),
}
UNREADABLE = {
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


def verdicts(path: str) -> dict[int, Row]:
    """What this package says of each segment of a capture file, by frame."""
    with (CORPUS / path).open("rb") as file:
        return ours(read_records(file))


def differences(path: str, expected: Row, said: Row) -> set[str]:
    allowed, _ = DIFFERENT.get((path, expected["frame"]), (set(), ""))
    return {field for field in COMPARED if said[field] != expected[field]} ^ allowed


@pytest.mark.parametrize("path", [path for path in oracle() if path not in UNREADABLE])
def test_corpus_file_equals_tshark(path: str) -> None:
    rows = verdicts(path)
    expected = oracle()[path]
    wrong = [(row, rows[row["frame"]]) for row in expected if differences(path, row, rows[row["frame"]])]
    assert not wrong
    completeness = {row["stream"]: row["completeness"] for row in expected}  # the last row has seen the whole stream
    assert {row["stream"]: row["completeness"] for row in rows.values()} == completeness


@pytest.mark.parametrize("path", UNREADABLE)
def test_corpus_file_that_is_refused_has_no_segments(path: str) -> None:
    try:
        rows = verdicts(path)
    except CaptureFileError:
        rows = {}
    assert not rows
