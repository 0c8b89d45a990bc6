"""The rules on what a host has only so much of."""

from typing import Any

import pytest

from tcpwatch.diagnose.host import HostFacts
from tcpwatch.diagnose.problem import Limit, Problem, Severity
from tcpwatch.diagnose.rules.limits import RULES
from tcpwatch.sockets.counters import Rise, Stack
from tcpwatch.sockets.host import Conntrack, HostLimits, TcpMemory


def found(counters: dict[str, int] | None = None, **host: Any) -> dict[str, Problem]:
    """By rule; `counters` have risen by so much in the last minute."""
    risen = {name: Rise(times, times) for name, times in (counters or {}).items()}
    facts = HostFacts(Stack(risen, host=HostLimits(**host)))
    return {problem.rule: problem for rule in RULES if (problem := rule.apply(facts)) is not None}


def test_host_with_room_has_no_problem() -> None:
    assert (
        found(
            time_wait=5_000,
            max_time_wait=262_144,
            orphans=3,
            max_orphans=65_536,
            memory=TcpMemory(90, 100, 200, 300),
            conntrack=Conntrack(9_000, 10_000),
        )
        == {}
    )
    assert found() == {}


def test_limit_of_nothing_is_no_trouble_while_nothing_is_there() -> None:
    """For connections that are tracked, 0 means that there is no limit."""
    assert found(time_wait=0, max_time_wait=0, orphans=0, max_orphans=0, conntrack=Conntrack(500, 0)) == {}


def test_time_wait_that_was_left_out_is_counted() -> None:
    problem = found({"TCPTimeWaitOverflow": 30}, time_wait=19, max_time_wait=20)["time-wait-overflow"]
    assert str(problem.message).startswith(
        "30 connections left out TIME-WAIT in the last minute, because no more than 20 may be in it"
    )
    assert problem.limit == Limit("TIME-WAIT", 19, 20)
    assert "no more than so many may" in str(found({"TCPTimeWaitOverflow": 1})["time-wait-overflow"].message)


@pytest.mark.parametrize(("used", "told"), [(19, False), (20, True)])
def test_time_wait_at_its_limit_is_told_at_once(used: int, told: bool) -> None:
    assert ("time-wait-overflow" in found(time_wait=used, max_time_wait=20)) is told


@pytest.mark.parametrize(("used", "told"), [(89, False), (90, True)])
def test_orphans_are_told_from_nine_tenths_on(used: int, told: bool) -> None:
    assert ("orphans" in found(orphans=used, max_orphans=100)) is told


def test_orphans_that_were_reset_are_an_error_while_they_are_many() -> None:
    many = found({"TCPAbortOnMemory": 4}, orphans=99, max_orphans=100)["orphans"]
    few = found({"TCPAbortOnMemory": 4})["orphans"]
    assert (many.severity, few.severity) == (Severity.ERROR, Severity.WARN)
    assert [str(one) for one in many.evidence] == ["4 connections so reset in the last minute"]
    assert str(few.message).startswith("This host reset 4 connections that its programs had closed")


@pytest.mark.parametrize(
    ("pages", "severity"), [(199, None), (200, Severity.WARN), (299, Severity.WARN), (300, Severity.ERROR)]
)
def test_memory_is_short_from_pressure_on(pages: int, severity: Severity | None) -> None:
    problem = found(memory=TcpMemory(pages, 100, 200, 300)).get("tcp-memory")
    assert (problem.severity if problem else None) is severity


def test_memory_that_was_short_a_moment_ago_is_told() -> None:
    problem = found({"TCPMemoryPressures": 2}, memory=TcpMemory(5, 100, 200, 300))["tcp-memory"]
    assert str(problem.message) == "TCP was short of memory 2 times in the last minute (tcp_mem)."


@pytest.mark.parametrize(
    ("count", "counters", "severity"),
    [
        (94, {}, None),
        (95, {}, Severity.WARN),
        (100, {"nf_conntrack.drop": 3}, Severity.ERROR),
        (100, {"nf_conntrack.insert_failed": 3}, Severity.ERROR),
        (50, {"nf_conntrack.early_drop": 3}, Severity.ERROR),
        (50, {"nf_conntrack.drop": 3}, Severity.WARN),
        (50, {"nf_conntrack.insert_failed": 3}, None),
    ],
)
def test_full_table_of_netfilter_is_worse_when_it_has_dropped(
    count: int, counters: dict[str, int], severity: Severity | None
) -> None:
    """Two that were inserted at once clash, where there is room: no fault."""
    problem = found(counters, conntrack=Conntrack(count, 100)).get("conntrack-full")
    assert (problem.severity if problem else None) is severity


def test_drops_are_told_without_the_table() -> None:
    problem = found({"nf_conntrack.drop": 3})["conntrack-full"]
    assert [str(one) for one in problem.evidence] == ["nf_conntrack.drop +3"]
    assert problem.limit is None
