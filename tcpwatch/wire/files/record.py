"""The records of a capture file, and the limits for their size."""

from collections.abc import Iterable, Iterator, Sequence

from tcpwatch.errors import CaptureFileError
from tcpwatch.text.quantity import counted

MAX_RECORD_BYTES = 262_144  # libpcap's and Wireshark's largest packet
MAX_TIME_NS = (1 << 63) - 1  # the year 2262

Record = tuple[int, int, bytes, int]
"""time_ns since 1970, link type, captured bytes, length on the wire."""


class InterfaceRecords(list[Record]):
    """Records of a file with several interfaces: `interfaces` has the number of each record's, from 0."""

    def __init__(self, records: Iterable[Record], interfaces: Sequence[int]) -> None:
        super().__init__(records)
        self.interfaces = interfaces


def one_by_one(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """The same records, each a batch of its own."""
    if isinstance(records, InterfaceRecords):
        return (InterfaceRecords([one], [number]) for one, number in zip(records, records.interfaces, strict=True))
    return ([one] for one in records)


def damaged(what: str, number: int, offset: int, claim: str) -> CaptureFileError:
    """The error for record or block `number` (from 1), `offset` bytes into the file."""
    return CaptureFileError(f"{what} {number:,} at byte {offset:,} {claim}. What comes before it was read.")


def too_long(claimed: int, limit: int) -> str:
    """The message for a length above the limit."""
    return f"claims {counted(claimed, 'byte')}; the limit is {limit:,}"


def cut_short(claimed: int, left: int) -> str:
    """The message for a length beyond the end of the file."""
    return f"claims {counted(claimed, 'byte')}; the file ends after {left:,}"
