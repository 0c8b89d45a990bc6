"""Which program the resets and the drops of the last minute belong to. Reads no clock.

A connection that is gone belongs to the program that held it; where that was not seen, to that of the listener at its
port. What belongs to no connection and no listener is a scan, or late: it is told of the host.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tcpwatch.diagnose.happened import DroppedAt, EndedAt, OddEnd, StrayResets
from tcpwatch.diagnose.rules.drops import is_worth_telling
from tcpwatch.monitor.around.program_key import ProgramKey, program_of
from tcpwatch.monitor.counter_window import MINUTE_NS
from tcpwatch.monitor.detail import facts_of, mishaps_of
from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.sockets.counters import LocalPorts, Stack
from tcpwatch.sockets.mishaps import MishapKind, Mishaps, SegmentDropped
from tcpwatch.sockets.reasons import NOBODY_THERE
from tcpwatch.sockets.row import Owner
from tcpwatch.sockets.timeline import RESETS
from tcpwatch.tcp.flow_facts import FlowFacts
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import endpoints, reversed_ends

FlowOf = Callable[[Connection], FlowFacts | None]
NO_CONNECTION = frozenset({State.TIME_WAIT, State.LISTEN})  # one that has ended before, and one that never was
Place = tuple[str, bool]  # its name, whether connections are served there


@dataclass(frozen=True, slots=True)
class Happened:
    """By program how its connections ended and what was dropped; `stray_resets` are None where nobody watched."""

    ended: Mapping[ProgramKey, Sequence[EndedAt]] = field(default_factory=dict)
    drops: Mapping[ProgramKey, Sequence[DroppedAt]] = field(default_factory=dict)
    owners: Mapping[ProgramKey, Owner] = field(default_factory=dict)
    stray_resets: Sequence[StrayResets] | None = None

    @property
    def programs(self) -> set[ProgramKey]:
        """Those that something happened to."""
        return self.ended.keys() | self.drops.keys()


def what_happened(
    connections: Sequence[Connection],
    closed: Sequence[Connection],
    mishaps: Mishaps,
    stack: Stack,
    now_ns: int,
    flow_of: FlowOf = lambda connection: None,
) -> Happened:
    """As of `now_ns` (monotonic); `closed` are connections that ended a while ago, `flow_of` what the wire showed."""
    watched = MishapKind.RESET_SENT not in mishaps.unavailable
    gone = Mark.GONE  # looked up once: this runs over 50,000 sockets
    ended = [*closed, *(one for one in connections if one.mark is gone and one.row.state not in NO_CONNECTION)]
    odd = [one for one in ended if _ended_by_reset(one, mishaps)]
    if not odd and not mishaps.last_minute:
        return Happened(stray_resets=() if watched else None)
    look = _Look(connections, ended, mishaps, stack.local_ports)
    programs = look.by_program_and_place(odd, stack, flow_of)
    reset_here = {one.row.local.port for one in odd}
    strays = tuple(_strays(mishaps, reset_here)) if watched else None
    return Happened(programs, look.drops(now_ns), look.owners, strays)


def _ended_by_reset(one: Connection, mishaps: Mishaps) -> bool:
    if one.timeline.occurrences & RESETS:
        return True
    found = mishaps_of(one, mishaps)
    return found is not None and found.reset_sent is not None and found.reset_sent.cookie == one.key


def _strays(mishaps: Mishaps, reset_here: set[int]) -> Iterator[StrayResets]:
    """Those that are not of connections that are told by program."""
    for cause, times in mishaps.last_minute.items():
        if cause.kind is MishapKind.RESET_SENT and (cause.reason == NOBODY_THERE or cause.port not in reset_here):
            yield StrayResets(cause.port, cause.reason, times)


class _Drop(NamedTuple):
    """How often segments of a connection were dropped, and the newest."""

    of: Connection
    times: int
    newest: SegmentDropped


class _Look:
    """One look at what happened, with what is needed to find whose it is."""

    def __init__(
        self,
        connections: Sequence[Connection],
        ended: Sequence[Connection],
        mishaps: Mishaps,
        chosen: LocalPorts | None,
    ) -> None:
        """`chosen` are the ports that connect() takes."""
        self._connections = connections
        self._ended = ended
        self._mishaps = mishaps
        self._chosen = chosen
        self._listeners = {
            one.row.local.port: one for one in connections if one.row.state is State.LISTEN and one.row.is_here
        }
        self.owners: dict[ProgramKey, Owner] = {}

    def by_program_and_place(
        self, odd: Sequence[Connection], stack: Stack, flow_of: FlowOf
    ) -> dict[ProgramKey, list[EndedAt]]:
        """Those that an RST ended, with how many ended there in all."""
        if not odd:
            return {}
        totals = self._totals({self._place(one) for one in odd})
        groups: dict[tuple[ProgramKey, Place], list[OddEnd]] = defaultdict(list)
        for one in odd:
            groups[self._program(one), self._place(one)].append(self._odd_end(one, stack, flow_of))
        sharing = Counter(place for _, place in groups)
        found: dict[ProgramKey, list[EndedAt]] = defaultdict(list)
        for (program, place), members in groups.items():
            name, served = place
            alone = served and sharing[place] == 1
            resets = self._mishaps.count(MishapKind.RESET_SENT, int(name[1:])) if alone else {}
            found[program].append(EndedAt(name, served, totals[place], tuple(members), resets))
        return found

    def drops(self, now_ns: int) -> dict[ProgramKey, list[DroppedAt]]:
        """What was dropped of connections that are known; the rest, where it came for a listener."""
        counts = {
            (cause.port, cause.reason): times
            for cause, times in self._mishaps.last_minute.items()
            if cause.kind is MishapKind.DROPPED and cause.port is not None and is_worth_telling(cause.reason)
        }
        if not counts:
            return {}
        found: dict[ProgramKey, list[DroppedAt]] = defaultdict(list)
        for (program, place, reason), these in self._by_place(counts, now_ns - MINUTE_NS).items():
            newest = max((drop.newest for drop in these), key=lambda drop: drop.time_ns)
            members = tuple(dict.fromkeys(drop.of.key for drop in these))
            times = sum(drop.times for drop in these)
            found[program].append(DroppedAt(*place, reason, times, True, newest, members))
        for (port, reason), times in counts.items():
            if times and (listener := self._listeners.get(port)) is not None:
                drop_at = DroppedAt(f":{port}", True, reason, times, False, None, (listener.key,))
                found[self._program(listener)].append(drop_at)
        return found

    def _by_place(
        self, counts: dict[tuple[int, str], int], after_ns: int
    ) -> dict[tuple[ProgramKey, Place, str], list[_Drop]]:
        """The drops of known connections, brought together; they are taken off the `counts` of the last minute.

        What is kept of a connection may be older than that.
        """
        found: dict[tuple[ProgramKey, Place, str], list[_Drop]] = defaultdict(list)
        for (port, reason), drops in self._of_connections(after_ns).items():
            for drop in drops:
                times = min(counts.get((port, reason), 0), drop.times)
                if times:
                    counts[port, reason] -= times
                    found[self._program(drop.of), self._place(drop.of), reason].append(drop._replace(times=times))
        return found

    def _of_connections(self, after_ns: int) -> dict[tuple[int, str], list[_Drop]]:
        """By local port and reason what was dropped of connections that are known, at this end or at the other."""
        known = {one.row.ends: one for one in (*self._ended, *self._connections) if one.row.is_here}
        found: dict[tuple[int, str], list[_Drop]] = defaultdict(list)
        for ends, mishaps in self._mishaps.by_ends.items():
            if mishaps.drops and (one := known.get(ends) or known.get(reversed_ends(ends))) is not None:
                port = endpoints(ends)[0].port
                for reason, (times, newest) in mishaps.drops.items():
                    if newest.time_ns > after_ns:
                        found[port, reason].append(_Drop(one, times, newest))
        return found

    def _totals(self, wanted: set[Place]) -> Counter[Place]:
        """How many ended at these places in the last minute; what is in TIME-WAIT ended in order."""
        waiting = (one for one in self._connections if one.row.state is State.TIME_WAIT)
        return Counter(place for one in (*self._ended, *waiting) if (place := self._place(one)) in wanted)

    def _odd_end(self, one: Connection, stack: Stack, flow_of: FlowOf) -> OddEnd:
        mishaps = mishaps_of(one, self._mishaps)
        other = self._mishaps.between(reversed_ends(one.row.ends)).newest_reset if one.row.is_here else None
        return OddEnd(facts_of(one, None, stack, mishaps=mishaps, flow=flow_of(one)), other)

    def _place(self, one: Connection) -> Place:
        """`:8080` where connections are served; else the other end."""
        row = one.row
        first = one.timeline.intervals[0].state
        if row.state is State.LISTEN or row.local.port in self._listeners or first is State.SYN_RECEIVED:
            return f":{row.local.port}", True
        chosen = self._chosen if first is not State.SYN_SENT else None  # where it was not seen who opened it
        if chosen is not None and row.remote.port in chosen and row.local.port not in chosen:
            return f":{row.local.port}", True
        return str(row.remote), False

    def _program(self, one: Connection) -> ProgramKey:
        """The program that held it, or the one that listens there."""
        listener = self._listeners.get(one.row.local.port)
        holder = one if one.owners or listener is None else listener
        program = program_of(holder)
        if holder.owners:
            self.owners.setdefault(program, holder.owners[0])
        return program
