"""Captures written by others, against what tshark says of them (`../shared/pcaps`, not a part of the project)."""

import json
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tcpwatch.errors import CaptureFileError
from tcpwatch.wire.decode import Decoder
from tcpwatch.wire.files.capture_file import read_records
from tcpwatch.wire.options import parse_options
from tcpwatch.wire.payload import describe_payload
from tcpwatch.wire.segment import Segment
from tests.wire.captures import records_and_error

CORPUS = Path(__file__).resolve().parents[3] / "shared" / "pcaps"
FILES = sorted(
    str(path.relative_to(CORPUS)) for path in CORPUS.rglob("*.*") if "pcap" in path.suffix or path.suffix == ".snoop"
)
SMALLEST = sorted(FILES, key=lambda name: (CORPUS / name).stat().st_size)[:40]

# Where this room and tshark 4.0.17 differ, and why.
EXPLAINED = {
    "tcpdump/bigtcp-ipv6.pcap": "BIG TCP (Linux 5.19): payload length 0 on a frame of 80 kB; tshark finds no TCP",
    "tcpdump/tcp_header_heapoverflow.pcap": "the TCP header is cut; tshark has the ports and nothing else",
}

pytestmark = pytest.mark.skipif(not FILES, reason="the capture corpus is not here")


@cache
def oracle() -> dict[str, dict[int, int]]:
    """By file, the payload length of each frame in which tshark finds a segment."""
    lengths: dict[str, dict[int, int]] = defaultdict(dict)
    with (CORPUS / "oracle.jsonl").open() as lines:
        for row in map(json.loads, lines):
            lengths[row["file"]][row["frame"]] = row["len"]
    return lengths


def segments(name: str) -> Iterator[Segment]:
    """The segments of a capture, up to where it is damaged."""
    decoder = Decoder()
    with (CORPUS / name).open("rb") as file:
        try:
            for frame, record in enumerate(read_records(file), 1):
                if segment := decoder.decode(frame, *record):
                    yield segment
        except CaptureFileError:
            return


@pytest.mark.parametrize("name", FILES)
def test_segments_are_those_that_tshark_finds(name: str) -> None:
    found = {segment.frame: segment.length for segment in segments(name)}
    assert (found == oracle()[name]) != (name in EXPLAINED)


@pytest.mark.parametrize("name", FILES)
def test_options_and_payloads_of_strangers_are_described(name: str) -> None:
    for segment in segments(name):
        json.dumps(parse_options(segment.option_bytes).as_dict())
        describe_payload(segment.payload)


@pytest.mark.parametrize("name", SMALLEST)
def test_every_prefix_gives_a_prefix_of_the_records(name: str) -> None:
    content = (CORPUS / name).read_bytes()
    whole, _ = records_and_error(content)
    for length in range(len(content)):
        records, _ = records_and_error(content[:length])
        assert records == whole[: len(records)]
