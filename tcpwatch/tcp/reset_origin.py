"""Who sent an RST: the other end, or something in between that speaks in its name.

Rule: the way that a segment came is told by its TTL, which each router lowers by one; all segments of one end come the
same way, or nearly. A host counts the IP ids of a connection up, so an id that goes on is the socket's own. Both are
heuristics, and a box may imitate them; `sure` says how far they go. Routes may differ by a hop (RFC 2991), so a single
hop proves nothing by itself.
"""

from dataclasses import dataclass
from enum import StrEnum

INITIAL_TTLS = (64, 128, 255)  # Linux, macOS and BSD; Windows; routers and other devices
STEADY_SEGS = 3  # segments of a direction from which its TTL is known well enough
NEAR_IDS = 256  # of 65,536: so far an id may have gone on unseen
_IDS = 1 << 16


class ResetSender(StrEnum):
    """Who sent an RST, as far as the wire shows."""

    PEER = "peer"
    IN_BETWEEN = "in between"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ResetOrigin:
    """Who sent an RST, and what tells it.

    `ttl` (IPv6: hop limit) and `ip_id` (None: IPv6) are the RST's; `usual_ttls` the lowest and the highest of the other
    segments of its direction, None where none was seen; `last_ip_id` the newest id among them. `silent_ns` is how long
    its sender had said nothing before it: boxes in between forget a connection after some minutes without a segment.
    `sure` is false where it is only likely.
    """

    sender: ResetSender
    sure: bool
    ttl: int
    usual_ttls: tuple[int, int] | None
    ip_id: int | None
    last_ip_id: int | None
    silent_ns: int | None

    @property
    def hops(self) -> int:
        """Over how many routers the RST came, if it began with a usual TTL; 0 is this host or its own link."""
        return _hops(self.ttl)

    @property
    def usual_hops(self) -> int | None:
        """The same of the other segments."""
        return _hops(self.usual_ttls[1]) if self.usual_ttls else None


class Way:
    """What the segments of one direction show of the way they came."""

    __slots__ = ("counts_ids", "highest", "ip_id", "lowest", "segs")

    def __init__(self) -> None:
        self.lowest = 255
        self.highest = 0
        self.segs = 0
        self.ip_id: int | None = None
        self.counts_ids = False

    def note(self, ttl: int, ip_id: int | None) -> None:
        """Note a segment that is no RST."""
        self.segs += 1
        self.lowest, self.highest = min(self.lowest, ttl), max(self.highest, ttl)
        self.counts_ids = _goes_on(self.ip_id, ip_id)
        self.ip_id = ip_id

    def origin_of_reset(self, ttl: int, ip_id: int | None, silent_ns: int | None = None) -> ResetOrigin:
        """Who sent an RST of this direction."""
        goes_on = self.counts_ids and _goes_on(self.ip_id, ip_id)
        sender, sure = self._sender(ttl, goes_on)
        usual = (self.lowest, self.highest) if self.segs else None
        return ResetOrigin(sender, sure, ttl, usual, ip_id, self.ip_id, silent_ns)

    def _sender(self, ttl: int, goes_on: bool) -> tuple[ResetSender, bool]:
        steady = self.segs >= STEADY_SEGS
        off = max(self.lowest - ttl, ttl - self.highest, 0)
        if not self.segs:
            return ResetSender.UNKNOWN, False
        if not off:
            return ResetSender.PEER, goes_on
        if goes_on or _hops(ttl) == _hops(self.highest):  # as far away, with another initial TTL: perhaps its kernel's
            return ResetSender.UNKNOWN, False
        if off == 1:
            nearer = steady and self.lowest == self.highest < ttl
            return (ResetSender.IN_BETWEEN if nearer else ResetSender.UNKNOWN), False
        return ResetSender.IN_BETWEEN, steady and _hops(ttl) < _hops(self.highest)


def _hops(ttl: int) -> int:
    return next(initial for initial in INITIAL_TTLS if initial >= ttl) - ttl


def _goes_on(before: int | None, ip_id: int | None) -> bool:
    """Whether an id is the next or one of the next after `before`."""
    return before is not None and ip_id is not None and 0 < (ip_id - before) % _IDS <= NEAR_IDS
