"""The problems of a dump: its sockets brought together by program and by trouble, and what the rules find on them.

Reads no clock: the moment of each dump comes in.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from tcpwatch.diagnose.diagnosis import problem_of_trouble
from tcpwatch.diagnose.gathering import Ranked, problems_of_host, problems_of_program
from tcpwatch.diagnose.host import HostFacts, OneWayFlows
from tcpwatch.diagnose.problem import SEVERITY_RANK, Problem, Severity, Since
from tcpwatch.diagnose.program import ProgramFacts, ProgramSocket
from tcpwatch.diagnose.rule import Trouble
from tcpwatch.diagnose.rules.closing import NOT_CLOSED
from tcpwatch.diagnose.rules.leak import LEAK
from tcpwatch.diagnose.rules.listener import LISTEN_DROPS
from tcpwatch.monitor.around.listener_of import listener_of
from tcpwatch.monitor.around.local_ports import LocalPortUse
from tcpwatch.monitor.around.program_key import ProgramKey, program_of
from tcpwatch.monitor.around.successors import Successors
from tcpwatch.monitor.detail import facts_of
from tcpwatch.monitor.judging.blocked_ways import RouteOf, blocked_ways
from tcpwatch.monitor.judging.happened import FlowOf, Happened, what_happened
from tcpwatch.monitor.judging.trouble_ages import TroubleAges, in_trouble
from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.monitor.trends import Trends
from tcpwatch.sockets.counters import Stack
from tcpwatch.sockets.mishaps import NOTHING_WENT_WRONG, Mishaps
from tcpwatch.sockets.program import Program
from tcpwatch.sockets.row import NoOwner, Owner

MANY = 64  # sockets of a program, from which on its descriptors are looked at


class Surroundings(NamedTuple):
    """What is known beside the table: ended connections and mishaps, what the wire showed, where segments are sent."""

    closed: Sequence[Connection] = ()
    mishaps: Mishaps = NOTHING_WENT_WRONG
    flow_of: FlowOf = lambda connection: None
    route_of: RouteOf = lambda row: None
    one_way: OneWayFlows | None = None


NOTHING_AROUND = Surroundings()


class FoundProblems(NamedTuple):
    """What is wrong, the worst first; by cookie since when a socket is in trouble, where its state is older.

    `programs` are those who hold sockets, and the reasons why of others nobody is known.
    """

    problems: tuple[Problem, ...]
    trouble_since: Mapping[int, Since]
    programs: Collection[ProgramKey] = ()


class ProblemFinder:
    """Applies the rules to one dump after another."""

    def __init__(self) -> None:
        self._ages = TroubleAges()
        self._trends: Trends[tuple[ProgramKey, Trouble]] = Trends()
        self._local_port_use = LocalPortUse()

    def find(
        self,
        connections: Sequence[Connection],
        stack: Stack,
        now_ns: int,
        read_program: Callable[[Owner], Program | None] = lambda owner: None,
        around: Surroundings = NOTHING_AROUND,
    ) -> FoundProblems:
        """The problems as of a dump made at `now_ns` (monotonic); `read_program` looks into a process."""
        happened = what_happened(connections, around.closed, around.mishaps, stack, now_ns, around.flow_of)
        troubled = list(in_trouble(connections))
        trouble_since = self._ages.update(troubled, now_ns)
        programs = by_program(connections)
        ranked = [
            *self._of_programs(troubled, connections, programs, trouble_since, stack, now_ns, read_program, happened),
            *problems_of_host(self._host(connections, stack, now_ns, around, happened)),
        ]
        ranked.sort(key=_worst_first)
        return FoundProblems(tuple(problem for _, problem in ranked), trouble_since, programs.keys())

    def _of_programs(
        self,
        troubled: Sequence[tuple[Trouble, Connection]],
        connections: Sequence[Connection],
        programs: Mapping[ProgramKey, Sequence[Connection]],
        trouble_since: Mapping[int, Since],
        stack: Stack,
        now_ns: int,
        read_program: Callable[[Owner], Program | None],
        happened: Happened,
    ) -> Iterator[Ranked]:
        since = {one.key: _since(trouble, one, trouble_since) for trouble, one in troubled}
        members: dict[ProgramKey, dict[Trouble, list[Connection]]] = {}
        for trouble, one in troubled:
            members.setdefault(program_of(one), {}).setdefault(trouble, []).append(one)
        for program, by_trouble in members.items():
            for one in _young_of_a_leak(by_trouble.get(NOT_CLOSED, ()), programs.get(program, ())):
                by_trouble[NOT_CLOSED].append(one)
                since[one.key] = Since(one.since_ns, one.since_seen)
        for ones in (ones for by_trouble in members.values() for ones in by_trouble.values()):
            ones.sort(key=lambda one: (-one.turned_away, since[one.key]))
        trends = self._trends.update(
            {
                (program, trouble): [since[one.key] for one in ones]
                for program, by_trouble in members.items()
                for trouble, ones in by_trouble.items()
            },
            now_ns,
        )
        by_key = {one.key: one for one in connections} if troubled else {}

        def on_socket(socket: ProgramSocket, trouble: Trouble) -> Problem | None:
            one = by_key[socket.key]
            peer = by_key.get(one.peer) if one.peer is not None else None
            listener = listener_of(one.row, connections)
            return problem_of_trouble(facts_of(one, peer, stack, listener, now_ns), trouble)

        successors = Successors(connections)
        for program in (*programs, *(happened.programs - programs.keys())):
            sockets = programs.get(program, ())
            by_trouble = members.get(program, {})
            owner = sockets[0].owners[0] if sockets and sockets[0].owners else happened.owners.get(program)
            looked_into = owner is not None and (by_trouble or len(sockets) >= MANY or successors.listens(owner))
            facts = ProgramFacts(
                owner=owner,
                no_owner=program if isinstance(program, NoOwner) else None,
                sockets=sockets,
                now_ns=now_ns,
                troubled=by_trouble,
                since=since,
                trends={trouble: trends[program, trouble] for trouble in by_trouble},
                stack=stack,
                program=read_program(owner) if owner is not None and looked_into else None,
                successor=successors.of(owner, sockets) if owner is not None else None,
                ended=happened.ended.get(program, ()),
                drops=happened.drops.get(program, ()),
            )
            yield from problems_of_program(facts, on_socket)

    def _host(
        self, connections: Sequence[Connection], stack: Stack, now_ns: int, around: Surroundings, happened: Happened
    ) -> HostFacts:
        uses = self._local_port_use.update(connections, stack, now_ns)
        return HostFacts(
            stack,
            port_uses=uses,
            blamed=bool(stack.last_minute(LISTEN_DROPS)) and any(one.turned_away for one in connections),
            held_ports=self._local_port_use.held,
            stray_resets=happened.stray_resets,
            blocked_ways=blocked_ways(connections, stack.host.links, around.route_of),
            one_way=around.one_way,
        )


def by_program(connections: Iterable[Connection]) -> dict[ProgramKey, list[Connection]]:
    """The open sockets of each program."""
    sockets: dict[ProgramKey, list[Connection]] = defaultdict(list)
    gone = Mark.GONE  # looked up once, and program_of() is written out: this runs over 50,000 sockets
    for one in connections:
        if one.mark is not gone:
            sockets[owners[0].pid if (owners := one.owners) else one.no_owner].append(one)
    return sockets


def _young_of_a_leak(leaked: Sequence[Connection], sockets: Sequence[Connection]) -> list[Connection]:
    """Where a program leaks, those that came a moment ago and would be ordinary elsewhere."""
    if len(leaked) < LEAK:
        return []
    return [one for one in sockets if one.half_close is not None and not one.half_close.sends]


def _since(trouble: Trouble, one: Connection, trouble_since: Mapping[int, Since]) -> Since:
    return trouble_since.get(one.key) or Since(one.since_ns, one.since_seen)


def _worst_first(ranked: Ranked) -> tuple[bool, int, int, int]:
    rank, problem = ranked
    return problem.rank < SEVERITY_RANK[Severity.WARN], rank, -problem.rank, -len(problem.members)
