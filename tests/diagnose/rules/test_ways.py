"""The rules on the way of segments, and on ends that were used before."""

import pytest

from tcpwatch.diagnose.host import BlockedWay, HostFacts, OneWayFlows
from tcpwatch.diagnose.problem import Certainty, Severity
from tcpwatch.diagnose.rules.ways import asymmetric_capture, no_carrier, port_reuse
from tcpwatch.sockets.counters import NO_STACK
from tcpwatch.sockets.host import Link
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import Endpoint
from tests.diagnose.facts import facts
from tests.diagnose.happenings import flow

REMOTE = Endpoint("10.9.0.2", 80)
UNPLUGGED, DOWN = Link(2, "v0", up=True, carrier=False), Link(3, "v1", up=False, carrier=False)


def test_link_that_most_cannot_send_over_leads() -> None:
    ways = (BlockedWay(DOWN, REMOTE, (1,)), BlockedWay(UNPLUGGED, REMOTE, (2, 3)))
    problem = no_carrier(HostFacts(NO_STACK, blocked_ways=ways))
    assert problem is not None
    assert str(problem.message) == "v0 has no carrier: 2 connections cannot send over it, as to 10.9.0.2:80."
    assert [str(one) for one in problem.evidence] == [
        "v1 is down: 1 connection cannot send over it, as to 10.9.0.2:80."
    ]
    assert (problem.subject, problem.members, problem.certainty) == ("v0", (2, 3), Certainty.CERTAIN)
    assert problem.next_steps == ("ip link show dev v0", "ip route get 10.9.0.2")


def test_route_that_is_gone_is_told_beside_the_link_that_is_down() -> None:
    way = BlockedWay(DOWN, REMOTE, (1,), "Network is unreachable")
    problem = no_carrier(HostFacts(NO_STACK, blocked_ways=(way,)))
    assert problem is not None
    assert str(problem.message) == (
        "There is no route to 10.9.0.2 (Network is unreachable), and v1 is down: 1 connection cannot send."
    )
    assert problem.certainty is Certainty.LIKELY


def test_host_whose_ways_are_free_has_no_problem() -> None:
    assert no_carrier(HostFacts(NO_STACK)) is None


@pytest.mark.parametrize(
    ("one_way", "told"),
    [
        (None, False),
        (OneWayFlows(9, 2, 0), False),
        (OneWayFlows(9, 2, 2), False),
        (OneWayFlows(8, 2, 2), True),
        (OneWayFlows(3, 0, 3), True),
    ],
)
def test_one_direction_of_half_the_flows_is_told(one_way: OneWayFlows | None, told: bool) -> None:
    problem = asymmetric_capture(HostFacts(NO_STACK, one_way=one_way))
    assert (problem is not None) is told


def test_direction_that_was_seen_is_named() -> None:
    sent = asymmetric_capture(HostFacts(NO_STACK, one_way=OneWayFlows(4, 4, 0)))
    received = asymmetric_capture(HostFacts(NO_STACK, one_way=OneWayFlows(4, 0, 4)))
    assert sent is not None
    assert received is not None
    assert str(sent.message).startswith("Of 4 of 4 captured connections only what this host sends was seen")
    assert "only what comes to this host was seen" in str(received.message)


@pytest.mark.parametrize(("state", "severity"), [(State.SYN_SENT, Severity.NOTE), (State.ESTABLISHED, Severity.CHAT)])
def test_ends_that_were_used_before_matter_until_the_syn_is_answered(state: State, severity: Severity) -> None:
    problem = port_reuse(facts(state=state, flow=flow(analysis={"reused_ports": 1})))
    assert problem is not None
    assert problem.severity is severity
    assert port_reuse(facts(state=state, flow=flow())) is None
    assert port_reuse(facts(state=state)) is None
