"""The problems of a capture: connections that show the same towards the same server are one problem.

Rule: the memory that it takes is bounded, however many connections there are. What goes beyond is counted, and said.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from tcpwatch.diagnose.message import Count, Message, message
from tcpwatch.diagnose.problem import Problem, Severity
from tcpwatch.diagnose.rules.wire import RULES_OF_SIGN, WIRE_PROBLEMS
from tcpwatch.diagnose.wire.group import END_OF_CAPTURE, FlowGroup, WireRule, rules_met
from tcpwatch.diagnose.wire.signs import MOST_FRAMES, Sign, WireFacts, code
from tcpwatch.wire.segment import endpoints

MOST_MEMBERS = 256  # of one problem that are named
MOST_SERVERS = 32  # of one rule, that are told apart
RANK = {(rule.id, rule.sign): rank for rank, rule in enumerate(WIRE_PROBLEMS)}


@dataclass(slots=True)
class Gathered:
    """The connections to one server that meet one rule: their number, the first of them, and where to find them."""

    rule: WireRule
    first: WireFacts
    side: int
    now_ns: int
    count: int = 0
    members: list[int] = field(default_factory=list)
    frames: list[int] = field(default_factory=list)

    def add(self, key: int, frames: Iterable[int] = ()) -> None:
        """One more, whose row has this key."""
        self.count += 1
        if len(self.members) < MOST_MEMBERS:
            self.members.append(key)
        if len(self.frames) < MOST_FRAMES:
            self.frames += frames

    def problem(self, until: Message) -> Problem:
        """What it means."""
        group = FlowGroup(self.first, self.rule.sign, self.side, self.count, self.now_ns, until)
        found = self.rule.apply(group)
        assert found is not None, "the connection meets the rule"
        server = endpoints(self.first.ends)[1]
        frames = tuple(sorted(set(self.frames)))[:MOST_FRAMES]
        return replace(found, subject=str(server), members=tuple(self.members), frames=frames, count=self.count)


class WireProblems:
    """Takes one connection after the other, each as it is at its own last moment."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, Sign, bytes], Gathered] = {}
        self._servers: dict[str, int] = {}
        self._beyond: dict[str, int] = {}

    def add(self, facts: WireFacts, now_ns: int) -> Iterator[int]:
        """Judge a connection as of this moment on the capture's clock; the keys of its ends that are members."""
        for rule, side in rules_met(facts, RULES_OF_SIGN, now_ns):
            key = rule.id, rule.sign, server_of(facts.ends)
            group = self._groups.get(key)
            if group is None:
                if self._servers.get(rule.id, 0) >= MOST_SERVERS:
                    self._beyond[rule.id] = self._beyond.get(rule.id, 0) + 1
                    continue
                self._servers[rule.id] = self._servers.get(rule.id, 0) + 1
                group = self._groups[key] = Gathered(rule, facts, side, now_ns)
            group.add(facts.stream << 1 | side, facts.seen[code(rule.sign, side)].frames)
            if group.count <= MOST_MEMBERS:
                yield group.members[-1]

    def problems(self, until: Message = END_OF_CAPTURE) -> tuple[Problem, ...]:
        """All of them, the worst first; of what was not told apart how much there is."""
        found = [(RANK[key[:2]], group.problem(until)) for key, group in self._groups.items()]
        return (*worst_first(found), *map(beyond, self._beyond, self._beyond.values()))


def worst_first(ranked: Iterable[tuple[int, Problem]]) -> Iterator[Problem]:
    """By severity, then as the table has them, then by how many connections they are about."""
    by_rank = sorted(ranked, key=lambda one: (-one[1].rank, one[0], -len(one[1].members)))
    return (problem for _, problem in by_rank)


def beyond(rule: str, count: int) -> Problem:
    """What went beyond the servers that are told apart."""
    words = message(
        "{connections} with other servers have the same problem ({rule}).",
        connections=Count(count, "connection"),
        rule=rule,
    )
    return Problem(Severity.NOTE, words, rule=rule, count=count)


def server_of(ends: bytes) -> bytes:
    """Address and port of the end that was called."""
    middle = (len(ends) - 4) // 2
    return ends[middle:-4] + ends[-2:]
