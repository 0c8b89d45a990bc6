"""The rule on local ports."""

import pytest

from tcpwatch.diagnose.host import HeldPorts, HostFacts, PortUse
from tcpwatch.diagnose.problem import Trend
from tcpwatch.diagnose.rules.local_ports import local_ports_exhausted
from tcpwatch.sockets.counters import NO_STACK, LocalPorts, Stack
from tcpwatch.sockets.host import HostLimits
from tcpwatch.wire.segment import Endpoint

FAILS = "connect() to any destination fails with EADDRNOTAVAIL"
REMOTE = Endpoint("10.0.0.9", 443)


def use(taken: int, trend: Trend | None = None) -> PortUse:
    return PortUse("10.0.0.1", REMOTE, taken, 0, 100, reusable=False, trend=trend)


@pytest.mark.parametrize(("taken", "found"), [(89, False), (90, True), (100, True)])
def test_nine_in_ten_are_told(taken: int, found: bool) -> None:
    assert (local_ports_exhausted(HostFacts(NO_STACK, (use(taken),))) is not None) is found


@pytest.mark.parametrize(
    ("taken", "per_minute", "in_s"), [(90, 20, 30), (90, 0, None), (90, -5, None), (90, None, None), (100, 20, None)]
)
def test_rest_is_dated_where_it_shrinks(taken: int, per_minute: int | None, in_s: int | None) -> None:
    problem = local_ports_exhausted(HostFacts(NO_STACK, (use(taken, Trend(per_minute)),)))
    assert problem is not None
    assert problem.limit is not None
    assert problem.limit.reached_in_ns == (None if in_s is None else in_s * 1_000_000_000)


def test_held_ports_among_those_taken_are_evidence() -> None:
    problem = local_ports_exhausted(HostFacts(NO_STACK, (use(95),), held_ports=HeldPorts(100, 10, 20)))
    unlisted = local_ports_exhausted(HostFacts(NO_STACK, (use(95),), held_ports=HeldPorts(100, 10, None)))
    assert problem is not None
    assert unlisted is not None
    assert str(problem.evidence[-1]) == "of them 10 are held by listeners, 20 by sockets that are bound only"
    assert str(unlisted.evidence[-1]) == "10 of them are held by listeners"


@pytest.mark.parametrize(
    ("listening", "bound", "words"),
    [
        (1, 8, f"1 by listeners, 8 by sockets that are bound only: {FAILS} when the rest is."),
        (10, 0, f"10 by listeners, 0 by sockets that are bound only: {FAILS}."),
        (9, None, f"9 by listeners: {FAILS} when the rest is."),
    ],
)
def test_ports_that_are_held_are_taken_towards_every_destination(listening: int, bound: int | None, words: str) -> None:
    problem = local_ports_exhausted(HostFacts(NO_STACK, held_ports=HeldPorts(10, listening, bound)))
    assert problem is not None
    assert words in str(problem.message)


def test_ports_that_are_bound_only_are_named() -> None:
    bound = HostLimits(bound_ports=frozenset(range(39_990, 40_010)))
    stack = Stack(local_ports=LocalPorts(40_000, 40_009), host=bound)
    problem = local_ports_exhausted(HostFacts(stack, held_ports=HeldPorts(10, 0, 10)))
    assert problem is not None
    assert [str(one) for one in problem.evidence] == [
        "bound only: 40000, 40001, 40002, 40003, 40004, 40005, 40006, 40007 …"
    ]


def test_some_that_are_held_are_no_problem() -> None:
    assert local_ports_exhausted(HostFacts(NO_STACK, held_ports=HeldPorts(100, 50, 39))) is None
    assert local_ports_exhausted(HostFacts(NO_STACK, held_ports=HeldPorts(0, 0, 0))) is None
