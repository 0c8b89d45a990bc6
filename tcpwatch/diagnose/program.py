"""What the rules on a program look at: all its sockets, and those of them that are in trouble."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from tcpwatch.diagnose.context import subject
from tcpwatch.diagnose.happened import DroppedAt, EndedAt
from tcpwatch.diagnose.message import Message, message
from tcpwatch.diagnose.problem import Since, Trend
from tcpwatch.diagnose.rule import ObservedSocket, Trouble
from tcpwatch.sockets.counters import NO_STACK, Stack
from tcpwatch.sockets.program import Program
from tcpwatch.sockets.row import NoOwner, Owner
from tcpwatch.tcp.state import State

UNOWNED = {
    NoOwner.KERNEL: message("the kernel, whose program let go,"),
    NoOwner.NOT_ACCEPTED: message("its program, which has not accepted it,"),
}
"""Who must act where no program has the sockets open."""


class ProgramSocket(ObservedSocket, Protocol):
    """One of its sockets, as a rule on the program may look at it."""

    @property
    def key(self) -> int:
        """The socket's identity."""
        ...

    @property
    def owners(self) -> tuple[Owner, ...]:
        """The processes that hold it."""
        ...

    @property
    def no_owner(self) -> NoOwner | None:
        """Why there are none."""
        ...

    @property
    def since_ns(self) -> int:
        """When its state began, on the monotonic clock; earlier where that was not seen."""
        ...

    @property
    def since_seen(self) -> bool:
        """Whether the beginning of its state is known."""
        ...


@dataclass(frozen=True, slots=True)
class ProgramFacts:
    """A program at `now_ns`, on the clock of its sockets; `owner` is None where nobody is known to hold them.

    `sockets` are all that it holds first among its owners; `troubled` those that are in a trouble, the oldest first,
    and `since` has by cookie since when, `trends` how many there were. Sockets without an owner are one program for
    each reason. `program` is what is known of the process, where it was looked into; `successor` a process of the same
    name that started later, and listens where this one has connections. `ended` are its connections that ended in the
    last minute, by place, where an RST ended some of them; `drops` the segments of its connections and for its
    listeners that the kernel dropped.
    """

    owner: Owner | None
    no_owner: NoOwner | None
    sockets: Sequence[ProgramSocket]
    now_ns: int
    troubled: Mapping[Trouble, Sequence[ProgramSocket]] = field(default_factory=dict)
    since: Mapping[int, Since] = field(default_factory=dict)
    trends: Mapping[Trouble, Trend] = field(default_factory=dict)
    program: Program | None = None
    successor: Owner | None = None
    stack: Stack = NO_STACK
    ended: Sequence[EndedAt] = ()
    drops: Sequence[DroppedAt] = ()

    @property
    def name(self) -> Message | str:
        """As the subject of a sentence."""
        if self.owner is None and self.no_owner in UNOWNED:
            return UNOWNED[self.no_owner]
        return subject((self.owner,) if self.owner is not None else (), self.no_owner)

    @property
    def in_brackets(self) -> str:
        """Its name behind another word; empty where nobody is known to hold the sockets."""
        return f" ({self.name})" if self.owner is not None else ""

    def in_state(self, state: State) -> list[ProgramSocket]:
        """Its sockets in this state."""
        return [one for one in self.sockets if one.row.state is state]

    def oldest(self, members: Sequence[ProgramSocket]) -> Since | None:
        """Since when the first of them has been in its trouble; None where that is not known."""
        return min((since for one in members if (since := self.since.get(one.key)) is not None), default=None)
