"""Damaged captures through the whole path: reader, decoder, tracker, and the lines of every command.

`python -m tests.fuzz.flips ROUNDS FILE...` prints the slowest file and what all took in memory. One byte in fifty is
another one (the share that Wireshark fuzzes with): in odd rounds anywhere in the file, in even ones in its packets
alone, as a damaged file header hides all that comes after it. Nothing may come of it but a CaptureFileError.
"""

import json
import random
import resource
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path

from tcpwatch.errors import CaptureFileError
from tcpwatch.report.formats import json as json_lines
from tcpwatch.report.formats import text
from tcpwatch.report.records.flows import FLOWS
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.wire.decode import Decoder
from tcpwatch.wire.files.capture_file import Record, read_records

SHARE = 0.02


def flipped(content: bytes, chance: random.Random) -> bytes:
    """The content with another value in `SHARE` of its bytes."""
    damaged = bytearray(content)
    for place in chance.sample(range(len(damaged)), round(len(damaged) * SHARE)):
        damaged[place] ^= chance.randrange(1, 256)
    return bytes(damaged)


def damaged_records(content: bytes, number: int, chance: random.Random) -> Iterator[Record]:
    """The records of a round, as far as they can be read."""
    with suppress(CaptureFileError):
        if number % 2:
            yield from read_records(BytesIO(flipped(content, chance)))
        else:
            for time_ns, link_type, data, wire_length in read_records(BytesIO(content)):
                yield time_ns, link_type, flipped(data, chance), wire_length


def read_through(records: Iterable[Record]) -> None:
    """Read records as `packets`, `packets --json`, `flows` and `flows --json` do."""
    decoder, tracker = Decoder(), FlowTracker()
    for number, record in enumerate(records, 1):
        segment = decoder.decode(number, *record)
        if segment is not None:
            event = tracker.receive_segment(segment)
            assert text.packet(event).isprintable()
            assert json.loads(json_lines.packet(event))["frame"] == number
    for flow in tracker.flows():
        assert json.loads(json_lines.line(FLOWS.as_dict(flow)))["stream"] == flow.stream
    assert len(list(text.FlowTable().lines(tracker.flows()))) == len(tracker.flows()) + bool(tracker.flows())


def flip_rounds(path: Path, rounds: int) -> float:
    """Seconds that the slowest of so many rounds took; the same damage every time for a file of the same name."""
    content = path.read_bytes()
    slowest = 0.0
    for number in range(rounds):
        records = damaged_records(content, number, random.Random(f"{path.name} {number}"))
        begun = time.perf_counter()
        read_through(records)
        slowest = max(slowest, time.perf_counter() - begun)
    return slowest


def main(words: list[str]) -> None:
    """The long run, by hand."""
    paths = [Path(word) for word in words[1:]]
    taken = {path: flip_rounds(path, int(words[0])) for path in paths}
    slowest = max(paths, key=taken.__getitem__)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sys.stdout.write(
        f"{len(paths)} files, {words[0]} rounds each: slowest {slowest.name} {taken[slowest]:.2f} s, {peak_mb} MB\n"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
