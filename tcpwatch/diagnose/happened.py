"""What happened to a program's connections in the last minute: how they ended, and what the kernel dropped of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.sockets.mishaps import ResetSent, SegmentDropped
from tcpwatch.sockets.timeline import OccurrenceKind
from tcpwatch.tcp.reset_origin import ResetOrigin
from tcpwatch.tcp.state import State


@dataclass(frozen=True, slots=True)
class OddEnd:
    """A connection that ended with an RST; `peer_reset` is the one that its other end sent, where that is known."""

    facts: SocketFacts
    peer_reset: ResetSent | None = None

    @property
    def key(self) -> int:
        """The socket's identity."""
        return self.facts.row.cookie

    @property
    def was_opening(self) -> bool:
        """Whether no SYN of it had been answered."""
        return len(self.facts.timeline.intervals) > 1 and self.facts.timeline.intervals[-2].state is State.SYN_SENT

    @property
    def reset_came(self) -> bool:
        """Whether an RST that came ended it; else this end sent one."""
        return OccurrenceKind.RESET_RECEIVED in self.facts.timeline.occurrences

    @property
    def origin(self) -> ResetOrigin | None:
        """Who sent the RST that came, as the wire shows it; None where it was not captured."""
        return self.facts.flow.reset_origin if self.facts.flow is not None else None

    @property
    def reason(self) -> str | None:
        """Why this end sent the RST, in the kernel's word."""
        mishaps = self.facts.mishaps
        return mishaps.reset_sent.reason if mishaps is not None and mishaps.reset_sent is not None else None


@dataclass(frozen=True, slots=True)
class EndedAt:
    """The connections of one program that ended at one place in the last minute.

    `place` is the port where they were `served`, as `:8080`; else the other end. `total` counts all that ended there,
    as far as they were kept; `odd` are those that an RST ended, the oldest first. `resets` is how often this host sent
    one by its reason, also for connections that were not kept; empty where only those are known.
    """

    place: str
    served: bool
    total: int
    odd: tuple[OddEnd, ...]
    resets: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DroppedAt:
    """Segments of one place that this kernel dropped for one reason in the last minute.

    `of_connection`: they belong to a connection that is known; else they came to a listener. `newest` is one of them.
    """

    place: str
    served: bool
    reason: str
    times: int
    of_connection: bool
    newest: SegmentDropped | None = None
    members: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class StrayResets:
    """RSTs that this kernel sent in the last minute and that ended no known connection: by local port and reason.

    `port` is None where there were too many to tell them apart.
    """

    port: int | None
    reason: str
    times: int
