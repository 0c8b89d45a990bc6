"""Segments with a wrong checksum: a receiver drops them, so they change no state; analysis goes on, as in Wireshark.

Rule: what the other end acknowledges was not dropped. Then its sender is the capturing host, whose card puts the sums
in behind the capture, and wrong sums of this sender mean nothing.
"""

from typing import NamedTuple

from tcpwatch.tcp.stream import UnwrappedSegment
from tcpwatch.wire.segment import ACK, Segment


class Withheld(NamedTuple):
    """A segment with a wrong checksum that has not changed any state; an ACK would show that it was taken."""

    segment: Segment
    side: int
    unwrapped: UnwrappedSegment
    relative_ack: int

    def was_dropped(self, unwrapped: UnwrappedSegment, side: int) -> bool:
        """Whether this segment of `side` is a sound copy: its ACK would tell nothing of what is withheld."""
        held = self.unwrapped
        return side == self.side and unwrapped.seq < held.end and unwrapped.end > held.seq

    def was_taken(self, unwrapped: UnwrappedSegment, side: int) -> bool:
        """Whether this segment of `side` acknowledges it."""
        return side != self.side and bool(unwrapped.flags & ACK) and unwrapped.ack >= self.unwrapped.end


def damage_note(checksum: str) -> str:
    """The note of a segment that this checksum tells to be damaged (Wireshark: "Bad checksum")."""
    return f"bad {checksum}: a receiver drops it"
