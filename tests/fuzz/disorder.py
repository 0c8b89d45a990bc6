"""Captures of which segments went astray, came twice, late or cut: what is said of them, beside what tshark says.

`python -m tests.fuzz.disorder ROUNDS FILE...` prints, for each kind of disorder, how many segments are told alike, and
the first differences. tshark reads a capture twice, and the second time it knows what came later: the scale of a window
before the SYN that offers it. Of a segment whose options were cut it tells the numbers and no words.
"""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tcpwatch.wire.files.capture_file import PcapngWriter, read_records
from tcpwatch.wire.files.record import Record
from tests.tcp.verdicts import Row, ours, tsharks

CHANCE = 0.1
PLACES = (1, 2, 3, 5, 9)
GAPS_NS = (1_000, 50_000, 1_000_000, 4_000_000, 30_000_000, 250_000_000, 1_200_000_000)
SNAPLENS = (68, 96, 128)


def lost(records: Sequence[Record], chance: Random) -> list[Record]:
    """Some are missing."""
    return [record for record in records if chance.random() > CHANCE]


def doubled(records: Sequence[Record], chance: Random) -> list[Record]:
    """Some come twice, the second time a little later."""
    chosen = [record for record in records if chance.random() < CHANCE]
    again = [(record[0] + chance.choice(GAPS_NS[:4]), *record[1:]) for record in chosen]
    return sorted([*records, *again], key=lambda record: record[0])


def late(records: Sequence[Record], chance: Random) -> list[Record]:
    """Some come a few places later; the times stay in order."""
    places = [place + (chance.choice(PLACES) + 0.5) * (chance.random() < CHANCE) for place in range(len(records))]
    order = sorted(range(len(records)), key=places.__getitem__)
    times = sorted(record[0] for record in records)
    return [(time_ns, *records[place][1:]) for time_ns, place in zip(times, order, strict=True)]


def from_the_middle(records: Sequence[Record], chance: Random) -> list[Record]:
    """The beginning was not captured."""
    return list(records[chance.randrange(12) :])


def at_other_times(records: Sequence[Record], chance: Random) -> list[Record]:
    """What rests on round trips and timeouts turns out otherwise."""
    time_ns, retimed = 0, []
    for record in records:
        time_ns += chance.choice(GAPS_NS)
        retimed.append((time_ns, *record[1:]))
    return retimed


def sliced(records: Sequence[Record], chance: Random) -> list[Record]:
    """Of each frame only the beginning was captured."""
    snaplen = chance.choice(SNAPLENS)
    return [(time_ns, link_type, data[:snaplen], length) for time_ns, link_type, data, length in records]


DISORDERS: dict[str, Callable[[Sequence[Record], Random], list[Record]]] = {
    disorder.__name__: disorder for disorder in (lost, doubled, late, from_the_middle, at_other_times, sliced)
}


class Compared(NamedTuple):
    """How many segments were told by tshark, and which of them otherwise by us: frame, its word, ours."""

    segments: int
    differences: list[tuple[int, Row, Row | None]]


def compare(capture: Path, kind: str, number: int, place: Path) -> Compared:
    """A round of one kind of disorder, the same every time; `place` is where the disordered capture is put."""
    with capture.open("rb") as file:
        records = DISORDERS[kind](list(read_records(file)), Random(f"{capture.name} {kind} {number}"))
    with place.open("wb") as file:
        writer = PcapngWriter(file)
        for time_ns, link_type, data, wire_length in records:
            writer.write("", link_type, time_ns, data, wire_length)
    by_tshark, said = tsharks(place), ours(records)
    return Compared(
        len(by_tshark), [(frame, row, said.get(frame)) for frame, row in by_tshark.items() if row != said.get(frame)]
    )


def main(words: list[str]) -> None:
    """The long run, by hand."""
    segments: Counter[str] = Counter()
    differing: Counter[str] = Counter()
    with TemporaryDirectory() as folder:
        for name, kind, number in product(words[1:], DISORDERS, range(int(words[0]))):
            found = compare(Path(name), kind, number, Path(folder, "disordered.pcapng"))
            segments[kind] += found.segments
            differing[kind] += len(found.differences)
            for difference in found.differences[:1]:
                sys.stdout.write(f"{name} {kind} {number}: {difference}\n")
    for kind, count in segments.items():
        sys.stdout.write(f"{kind:16} {count:9,} segments, {1 - differing[kind] / count:.3%} alike\n")


if __name__ == "__main__":
    main(sys.argv[1:])
