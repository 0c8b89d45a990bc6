"""On which interface a frame was captured, where the frame or its file tells.

Rule: a number means an interface only within one capture. A cooked header of the first kind has no number, but
what it has differs between most interfaces.
"""

from collections.abc import Sequence

from tcpwatch.wire.files.record import InterfaceRecords, Record, Records
from tcpwatch.wire.link import LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2
from tcpwatch.wire.segment import INVALID_TIME, Segment

COOKED = frozenset({LINKTYPE_LINUX_SLL, LINKTYPE_LINUX_SLL2})
SLL2_IFINDEX, SLL2_HATYPE = slice(4, 8), slice(8, 10)
SLL_SENDER = slice(14)  # packet type, hardware type and address; the EtherType follows
SLL_HATYPE = slice(2, 4)
COOKED_BITS = 112  # the longest of what is read from a cooked header
LOOPBACK = (772).to_bytes(2)  # ARPHRD_LOOPBACK: its frames appear on no other interface


def mark_links(frames: Sequence[Record], segments: Sequence[Segment | None]) -> None:
    """Set `link` of each segment whose interface its frame tells, and mark those to which the file gives no valid time.

    They are new, and nobody else has seen them.
    """
    if isinstance(frames, Records):
        for place in frames.undated:
            if (undated := segments[place]) is not None:
                undated.faults += (INVALID_TIME,)
    if isinstance(frames, InterfaceRecords):
        for number, segment in zip(frames.interfaces, segments, strict=True):
            if segment is not None:
                segment.link = 1 + number
    elif not frames or frames[0][1] not in COOKED:
        return  # one interface has one link type
    for (_, link_type, data, _), segment in zip(frames, segments, strict=True):
        if segment is not None and link_type in COOKED:
            cooked = _cooked_link(link_type, data)
            segment.link = segment.link << COOKED_BITS | cooked if segment.link else cooked


def _cooked_link(link_type: int, data: bytes) -> int:
    if link_type == LINKTYPE_LINUX_SLL2:
        return 0 if data[SLL2_HATYPE] == LOOPBACK else int.from_bytes(data[SLL2_IFINDEX])
    return 0 if data[SLL_HATYPE] == LOOPBACK else int.from_bytes(data[SLL_SENDER])
