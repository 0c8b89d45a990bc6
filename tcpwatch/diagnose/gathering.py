"""The problems of a program and of a host: all sockets of a program that are in one trouble are one. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from tcpwatch.diagnose.host import HostFacts
from tcpwatch.diagnose.message import Count, Message, Time, message
from tcpwatch.diagnose.problem import Level, Problem
from tcpwatch.diagnose.program import ProgramFacts, ProgramSocket
from tcpwatch.diagnose.rule import LAST, Beginning, Rule, Trouble
from tcpwatch.diagnose.rules import HOST_RULES, PROGRAM_RULES
from tcpwatch.tcp.state import State

SocketProblem = Callable[[ProgramSocket, Trouble], Problem | None]
"""What the rule that names the trouble finds on one socket."""
Ranked = tuple[int, Problem]
FOR_A_LISTENER = message("the kernel, for a listener,")


def problems_of_program(facts: ProgramFacts, on_socket: SocketProblem) -> Iterator[Ranked]:
    """Those that the rules on programs find, and the troubles that none of them words; each with its rank."""
    worded: set[Trouble] = set()
    for rule in PROGRAM_RULES:
        if rule.trouble in worded or (rule.trouble is not None and rule.trouble not in facts.troubled):
            continue
        if (problem := rule.apply(facts)) is not None:
            worded.update((rule.trouble,) if rule.trouble is not None else ())
            yield rank_of(rule), replace(problem, subject=problem.subject or facts.name)
    for trouble, members in facts.troubled.items():
        if trouble not in worded and (problem := gathered(facts, trouble, members, on_socket)) is not None:
            yield trouble.rank, problem


def problems_of_host(facts: HostFacts) -> Iterator[Ranked]:
    """Those that the rules on hosts find, each with its rank."""
    return ((rule.rank, problem) for rule in HOST_RULES if (problem := rule.apply(facts)) is not None)


def rank_of(rule: Rule[ProgramFacts]) -> int:
    """That of its trouble, else its own."""
    return rule.rank if rule.rank < LAST or rule.trouble is None else rule.trouble.rank


def gathered(
    facts: ProgramFacts, trouble: Trouble, members: Sequence[ProgramSocket], on_socket: SocketProblem
) -> Problem | None:
    """The sockets of a program that are in one trouble, worded by the worst of them where it is alone."""
    if (worst := on_socket(members[0], trouble)) is None:
        return None
    who = message(trouble.who) if trouble.who else who_acts(facts, members)
    announced = trouble.began is Beginning.IN_THE_LAST_MINUTE
    since = None if announced else facts.oldest(members)
    one_for_all = replace(
        worst,
        severity=trouble.severity,
        since=since,
        subject=trouble.who or who_acts(facts, members),
        brief="" if announced else message("{count} {trouble}", count=len(members), trouble=message(trouble.name)),
        must=message(trouble.must),
        trend=None if announced else facts.trends.get(trouble),
        members=tuple(one.key for one in members),
    )
    if len(members) == 1 or since is None:
        return one_for_all
    words = message(
        "{connections} {trouble}, the oldest for {age}: {program} {must}.",
        connections=Count(len(members), "connection"),
        trouble=message(trouble.name),
        age=Time(facts.now_ns - since.time_ns, not since.seen),
        program=who,
        must=message(trouble.must),
    )
    return replace(one_for_all, level=Level.PROGRAM, message=words)


def who_acts(facts: ProgramFacts, members: Sequence[ProgramSocket]) -> Message | str:
    """The program; of half-open connections, which no program has had yet, the kernel."""
    half_open = facts.owner is None and members[0].row.state is State.SYN_RECEIVED
    return FOR_A_LISTENER if half_open else facts.name
