"""What the Monitor publishes: frozen, so that it may cross threads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tcpwatch.diagnose.diagnosis import trouble_of
from tcpwatch.diagnose.half_close import HalfClose
from tcpwatch.diagnose.local_cause import ListenerQueues, LocalCause
from tcpwatch.diagnose.problem import Problem, Since
from tcpwatch.diagnose.rule import Trouble
from tcpwatch.monitor.icmp_errors import NO_ICMP_ERRORS, IcmpErrors
from tcpwatch.monitor.interruptions import Interruption
from tcpwatch.sockets.counters import NO_STACK, Stack
from tcpwatch.sockets.host import Route
from tcpwatch.sockets.mishaps import NOTHING_WENT_WRONG, Mishaps
from tcpwatch.sockets.program import Program
from tcpwatch.sockets.row import NoOwner, Owner, SocketRow
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.sockets.timeline import Interval, Precision, Timeline
from tcpwatch.tcp.flow_facts import FlowFacts as FlowFacts  # front ends find it here
from tcpwatch.tcp.tcb import Tcb


class Mark(StrEnum):
    """What happened to a row a moment ago."""

    NONE = ""
    NEW = "new"
    CHANGED = "changed"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Connection:
    """A socket with its owners and the time it has been in its state.

    `since_ns` is on the monotonic clock; where `since_seen` is false the state began before it was first seen, and its
    age is "at least". `no_owner` says why `owners` is empty. `peer` is the cookie of the other end where that is on
    this host. `past` is None where nothing but this state is known. `turned_away` is how many clients a listener has
    refused in the last minute. `half_close` says why its CLOSE-WAIT is ordinary; `local_cause` why it waits, where
    another socket of this host tells; `queues` what is in those of a listener; `unread_ns` for how long its program has
    not read, where its window is shut therefore.
    """

    row: SocketRow
    owners: tuple[Owner, ...]
    no_owner: NoOwner | None
    user: str | None
    since_ns: int
    since_seen: bool
    mark: Mark
    peer: int | None
    past: Timeline | None = None
    turned_away: int = 0
    half_close: HalfClose | None = None
    local_cause: LocalCause | None = None
    queues: ListenerQueues | None = None
    unread_ns: int | None = None

    @property
    def timeline(self) -> Timeline:
        """The states it went through, its present one last."""
        known = Precision.BETWEEN if self.since_seen else Precision.AT_LEAST
        return self.past or Timeline((Interval(self.row.state, self.since_ns, known),))

    @property
    def trouble(self) -> Trouble | None:
        """The worst trouble it is in that marks its row; None ordinarily, and of one that is gone."""
        trouble = None if self.mark is Mark.GONE else trouble_of(self)
        return trouble if trouble is not None and trouble.marks else None

    @property
    def key(self) -> int:
        """The socket's identity."""
        return self.row.cookie

    @property
    def holders(self) -> str:
        """All who hold the socket, or why that is not known; never blank."""
        if not self.owners:
            return str(self.no_owner or NoOwner.UNKNOWN)
        return ", ".join(map(str, self.owners))


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """Whether one of the sources works, in words; `fix` is the command that would make it work.

    `left_out` says in a few words each what of its facts is not shown, and how many.

    `partly` is what a source gives that could give more; `lost` is how many of its reports were lost, at least.
    `since_ns` (wall clock) is since when a source that had worked does not; `interruptions` are those of the capture,
    and `place` the name that its interface has now where that is another than at the start.
    """

    name: str  # "kernel", "packets"
    working: bool
    message: str
    fix: str | None = None
    lost: int = 0
    partly: str | None = None
    since_ns: int | None = None
    interruptions: tuple[Interruption, ...] = ()
    place: str | None = None
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The whole picture at one moment. `mono_ns` is the monotonic clock's, `time_ns` the wall clock's.

    `closed` are connections that ended a while ago, however short they were, oldest end first; `closed_left_out` more
    were left out. They are in `by_key` too, and in `by_ends` where no living one has their ends.

    `problems` are what is wrong, the worst first; `not_looked_at` says what the rules had no facts on.
    `trouble_since` has by cookie since when a connection is in trouble, where that is younger than its state.
    `earlier` has by cookie the record, some seconds older, of a socket that had data to send then and has now.
    `icmp_errors` are those about what was sent by the first of the ends. `mishaps` are the RSTs that this kernel sent,
    the errors that it gave to programs and the segments that it dropped in the last minutes.
    """

    mono_ns: int
    time_ns: int
    connections: tuple[Connection, ...]
    by_key: Mapping[int, Connection]
    by_ends: Mapping[bytes, Connection]
    sources: tuple[SourceStatus, ...]
    captured: int
    dropped: int
    closed: tuple[Connection, ...] = ()
    closed_left_out: int = 0
    stack: Stack = NO_STACK
    problems: tuple[Problem, ...] = ()
    trouble_since: Mapping[int, Since] = field(default_factory=dict)
    icmp_errors: Mapping[bytes, IcmpErrors] = field(default_factory=lambda: NO_ICMP_ERRORS)
    mishaps: Mishaps = NOTHING_WENT_WRONG
    not_looked_at: tuple[str, ...] = ()
    earlier: Mapping[int, SocketRow] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Detail:
    """All that is known of one connection. TCBs stand in order of trust: the first with a value is the one to show.

    `timelines` are those of the first end and of the other, on the monotonic clock; `wall_ns` is what the wall clock is
    ahead of it; `disagreements` what the kernel and the wire have not agreed on for a while; `cgroup` the path of the
    first end's control group; `listeners` those that the ends in SYN-RECEIVED are for. `route` is where what the first
    end sends goes now, `icmp_errors` what came of it. `program` holds the first end; `of_its_program` are the problems
    of the picture that the first end is in.
    """

    ends: bytes
    connection: Connection | None
    peer: Connection | None
    here: tuple[Tcb, ...]
    there: tuple[Tcb, ...]
    info: TcpInfo | None
    peer_info: TcpInfo | None
    flow: FlowFacts | None
    problems: tuple[Problem, ...]
    stack: Stack = NO_STACK
    timelines: tuple[Timeline, Timeline] = (Timeline(), Timeline())
    wall_ns: int = 0
    disagreements: tuple[Problem, ...] = ()
    cgroup: str | None = None
    route: Route | None = None
    icmp_errors: IcmpErrors | None = None
    listeners: tuple[SocketRow | None, ...] = (None, None)
    program: Program | None = None
    of_its_program: tuple[Problem, ...] = ()
