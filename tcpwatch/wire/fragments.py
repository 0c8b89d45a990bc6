"""IP reassembly (RFC 791 §3.2, RFC 8200 §4.5).

Rule: a datagram is complete when every byte has arrived and overlapping bytes agree; else it is dropped. Incomplete
datagrams are limited in number and age; the oldest is dropped first.
"""

from dataclasses import dataclass, field, replace

from tcpwatch.text.duration import SECOND_NS
from tcpwatch.wire.ip import LARGEST_PAYLOAD, Datagram, Fragment
from tcpwatch.wire.layer import UndecodableError

MAX_WAITING = 1_024
LIFETIME_NS = 30 * SECOND_NS  # Linux's net.ipv4.ipfrag_time

DatagramKey = tuple[bytes, int, int]


@dataclass(slots=True)
class _Pieces:
    """The received pieces of one datagram, by offset."""

    first_ns: int
    at: dict[int, bytes] = field(default_factory=dict)
    received_bytes: int = 0
    total: int | None = None

    def add(self, fragment: Fragment, piece: bytes) -> bool:
        """Add a piece; False if it contradicts an earlier one. A repeated piece is allowed."""
        end = fragment.offset + len(piece)
        if not fragment.more:
            self.total = self.total or end
        if fragment.offset not in self.at:
            self.at[fragment.offset] = piece
            self.received_bytes += len(piece)
        limit = LARGEST_PAYLOAD if self.total is None else self.total
        return self.at[fragment.offset] == piece and end <= limit and self.received_bytes <= LARGEST_PAYLOAD

    def whole(self) -> bytes | None:
        """All bytes in order; None if some are missing or overlapping pieces differ."""
        if self.total is None or self.received_bytes < self.total:
            return None
        joined = bytearray()
        for offset in sorted(self.at):
            piece = self.at[offset]
            overlap = len(joined) - offset
            if overlap < 0 or joined[offset : offset + len(piece)] != piece[:overlap]:
                return None
            joined += piece[overlap:]
        return bytes(joined) if len(joined) == self.total else None


class Reassembly:
    """Datagrams of which some fragments have arrived."""

    def __init__(self) -> None:
        self._waiting: dict[DatagramKey, _Pieces] = {}

    def add(self, datagram: Datagram, fragment: Fragment, time_ns: int) -> Datagram:
        """The whole datagram if this was its last missing fragment; otherwise raises UndecodableError."""
        piece = datagram.data[datagram.start : datagram.end]
        if len(piece) < datagram.end - datagram.start:
            raise UndecodableError("sliced fragment")
        key = (datagram.addresses, datagram.protocol, fragment.ident)
        pieces = self._pieces_of(key, time_ns)
        if not pieces.add(fragment, piece):
            del self._waiting[key]
            raise UndecodableError("overlapping fragments")
        whole = pieces.whole()
        if whole is None:
            raise UndecodableError("fragment")
        del self._waiting[key]
        return replace(datagram, data=whole, start=0, end=len(whole), fragment=None)

    def _pieces_of(self, key: DatagramKey, time_ns: int) -> _Pieces:
        pieces = self._waiting.get(key)
        if pieces is not None and time_ns - pieces.first_ns <= LIFETIME_NS:
            return pieces
        self._waiting.pop(key, None)
        if len(self._waiting) >= MAX_WAITING:
            del self._waiting[next(iter(self._waiting))]
        pieces = self._waiting[key] = _Pieces(time_ns)
        return pieces
