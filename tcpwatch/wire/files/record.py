"""The records of a capture file, and the limits for their size."""

from collections.abc import Iterable, Iterator, Sequence

from tcpwatch.errors import CaptureFileError
from tcpwatch.text.quantity import counted

MAX_RECORD_BYTES = 262_144  # libpcap's and Wireshark's largest packet
MAX_TIME_NS = (1 << 63) - 1  # the year 2262

Record = tuple[int, int, bytes, int]
"""time_ns since 1970, link type, captured bytes, length on the wire."""


class Records(list[Record]):
    """Records of which those at the places `undated` have a time that the file does not have: the nearest to it."""

    def __init__(self, records: Iterable[Record], undated: Sequence[int] = ()) -> None:
        super().__init__(records)
        self.undated = undated


class InterfaceRecords(Records):
    """Records of a file with several interfaces: `interfaces` has the number of each record's, from 0."""

    def __init__(self, records: Iterable[Record], interfaces: Sequence[int], undated: Sequence[int] = ()) -> None:
        super().__init__(records, undated)
        self.interfaces = interfaces


def one_by_one(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """The same records, each a batch of its own."""
    undated = records.undated if isinstance(records, Records) else ()
    for place, one in enumerate(records):
        alone = (0,) if place in undated else ()
        if isinstance(records, InterfaceRecords):
            yield InterfaceRecords([one], [records.interfaces[place]], alone)
        else:
            yield Records([one], alone) if alone else [one]


def damaged(what: str, number: int, offset: int, claim: str) -> CaptureFileError:
    """The error for record or block `number` (from 1), `offset` bytes into the file."""
    return CaptureFileError(f"{what} {number:,} at byte {offset:,} {claim}. What comes before it was read.")


def too_long(claimed: int, limit: int) -> str:
    """The message for a length above the limit."""
    return f"claims {counted(claimed, 'byte')}; the limit is {limit:,}"


def cut_short(claimed: int, left: int) -> str:
    """The message for a length beyond the end of the file."""
    return f"claims {counted(claimed, 'byte')}; the file ends after {left:,}"
