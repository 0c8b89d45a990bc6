"""What ICMP said about connections: the newest error by the ends of the segment that it quotes.

Such an error may be forged by anybody who guesses ports and a sequence number: it is shown as what was said.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from tcpwatch.wire.icmp import IcmpError

KEPT = 512  # connections; those longest without an error are forgotten first
COPY_NS = 1_000_000  # the same error on another interface comes within this time


@dataclass(frozen=True, slots=True)
class IcmpErrors:
    """The errors about what one end sent: the newest, how many of its type and code, and when the first of these came.

    `smallest_mtu` is that of all errors that tell one. Times are the wall clock's.
    """

    newest: IcmpError
    count: int
    first_ns: int
    smallest_mtu: int | None


NO_ICMP_ERRORS: Mapping[bytes, IcmpErrors] = MappingProxyType({})


class IcmpErrorLog:
    """The errors until now. One thread adds; `by_ends` is frozen, and replaced when something was added."""

    def __init__(self) -> None:
        self.by_ends = NO_ICMP_ERRORS

    def extend(self, errors: list[IcmpError]) -> None:
        """Add errors in the order in which they came."""
        if not errors:
            return
        known = dict(self.by_ends)
        for error in errors:
            known[error.ends] = _added(known.pop(error.ends, None), error)
        for ends in list(known)[: max(0, len(known) - KEPT)]:
            del known[ends]
        self.by_ends = MappingProxyType(known)


def _added(before: IcmpErrors | None, error: IcmpError) -> IcmpErrors:
    if before is None:
        return IcmpErrors(error, 1, error.time_ns, error.mtu)
    mtus = [mtu for mtu in (before.smallest_mtu, error.mtu) if mtu is not None]
    smallest = min(mtus, default=None)
    newest = before.newest
    if (newest.kind, newest.code) != (error.kind, error.code):
        return IcmpErrors(error, 1, error.time_ns, smallest)
    if newest.seq == error.seq and error.time_ns - newest.time_ns < COPY_NS:
        return before
    return replace(before, newest=error, count=before.count + 1, smallest_mtu=smallest)
