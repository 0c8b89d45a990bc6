"""The shape of a rule: one row of a table, from which the problems, the row marks, the headline and `n` follow.

A rule on a socket that is trouble names a `Trouble`; nothing else decides what is trouble. Several rules may share one.
A rule on a program that names a `Trouble` words all sockets of that program that are in it; where none does, they are
worded by the trouble's own name and by what must be done (`gathering`).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Generic, Protocol, TypeVar

from tcpwatch.diagnose.half_close import HalfClose
from tcpwatch.diagnose.local_cause import ListenerQueues, LocalCause
from tcpwatch.diagnose.problem import SEVERITY_RANK, Level, Problem, Severity
from tcpwatch.diagnose.timers.backoff import failing_ns
from tcpwatch.sockets.row import NoOwner, SocketRow
from tcpwatch.tcp.state import State

Facts = TypeVar("Facts")
LAST = 100  # the rank of what is worth a note


class Beginning(Enum):
    """When a trouble began, which is what its age counts from."""

    WITH_ITS_STATE = "the socket is in trouble as long as it is in this state"
    DURING_ITS_STATE = "the first table that shows it, or what `lasting_ns` tells by then"
    IN_THE_LAST_MINUTE = "its message names the time"


class ObservedSocket(Protocol):
    """What the test of a trouble may look at: it runs over every socket of the host once a second."""

    @property
    def row(self) -> SocketRow:
        """The socket's record."""
        ...

    @property
    def no_owner(self) -> NoOwner | None:
        """Why no program is known to hold it."""
        ...

    @property
    def turned_away(self) -> int:
        """How many clients it has refused in the last minute, where it is a listener."""
        ...

    @property
    def half_close(self) -> HalfClose | None:
        """Why its CLOSE-WAIT is ordinary; None where it is not."""
        ...

    @property
    def local_cause(self) -> LocalCause | None:
        """Why it waits, where another socket of this host tells."""
        ...

    @property
    def unread_ns(self) -> int | None:
        """For how long its program has not read, where its window is shut therefore; None elsewhere."""
        ...

    @property
    def queues(self) -> ListenerQueues | None:
        """What waits in them, where it is a listener in whose queues something does."""
        ...


def _by_its_timer(socket: ObservedSocket, now_ns: int) -> int:
    return failing_ns(socket.row, now_ns)


@dataclass(frozen=True, slots=True, eq=False)
class Trouble:
    """What marks a row and stands in the headline: `N <name>  oldest …  <program> <must>`.

    Where `meets` is true, `find` must find something, and the problem has the trouble's `severity`; elsewhere it keeps
    the one that `find` gave it, at most a note. The lowest `rank` counts where a socket is in two troubles, and leads
    the headline. `only_where_something_waits` promises that a socket without timer, queue and backlog, and with none
    above it, does not meet it, which spares most sockets the test. `lasting_ns` is for how long a socket has been in it
    at least, at that moment on the monotonic clock: by what its timer has backed off, where it has no other way.
    `who` is to act where it is not the program. `group` stands in the heading of a state that is trouble by itself. One
    that is less severe than a warning is listed among the problems, and marks no row.
    """

    name: str
    must: str
    rank: int
    meets: Callable[[ObservedSocket], bool]
    began: Beginning
    severity: Severity = Severity.WARN
    only_where_something_waits: bool = False
    group: str = ""
    who: str = ""
    lasting_ns: Callable[[ObservedSocket, int], int] = _by_its_timer

    @property
    def marks(self) -> bool:
        """Whether a row that is in it is marked."""
        return SEVERITY_RANK[self.severity] >= SEVERITY_RANK[Severity.WARN]


@dataclass(frozen=True, slots=True)
class Rule(Generic[Facts]):
    """One rule. `states` are those of a socket that it is asked about, None where it is asked about any.

    `topic` is the key of its explanation in `why`. `find` leaves the problem's `rule` and `level` empty; `apply` fills
    them in. The lower the `rank`, the worse; a trouble has its own.
    """

    id: str
    states: frozenset[State] | None
    find: Callable[[Facts], Problem | None]
    topic: str
    trouble: Trouble | None = None
    level: Level = Level.SOCKET
    rank: int = LAST

    def applies_in(self, state: State) -> bool:
        """Whether the rule is asked about a socket in this state."""
        return self.states is None or state in self.states

    def apply(self, facts: Facts) -> Problem | None:
        """What the rule finds, under the rule's id."""
        problem = self.find(facts)
        return None if problem is None else replace(problem, rule=self.id, level=self.level)
