"""Connections that show the same towards the same server are one problem."""

from tcpwatch.diagnose.problem import Severity
from tcpwatch.diagnose.wire.signs import MOST_FRAMES, Note, Sign, WireFacts
from tcpwatch.diagnose.wire_gathering import MOST_MEMBERS, MOST_SERVERS, WireProblems
from tests.builders import ends


def refused(stream: int, server: tuple[str, int]) -> WireFacts:
    facts = WireFacts(stream, ends(("10.0.0.1", 1024 + stream), server))
    facts.add(Note(Sign.REFUSED, 1, stream + 1, 0))
    return facts


def gathered(*connections: WireFacts) -> WireProblems:
    found = WireProblems()
    for facts in connections:
        for _ in found.add(facts, 0):
            pass
    return found


def test_connections_to_one_server_are_one_problem_with_their_number() -> None:
    found = gathered(*(refused(stream, ("10.0.0.9", 80)) for stream in range(37)))
    [problem] = found.problems()
    assert str(problem.message) == "37 connections to 10.0.0.9:80 were refused: the SYN was answered with RST."
    assert problem.subject == "10.0.0.9:80"
    assert problem.members == tuple(stream << 1 | 1 for stream in range(37))
    assert problem.frames == tuple(range(1, MOST_FRAMES + 1))
    assert (str(problem.brief), problem.count) == ("37 refused", 37)


def test_two_servers_are_two_problems_the_larger_first() -> None:
    of = [refused(0, ("10.0.0.9", 80)), refused(1, ("10.0.0.9", 81)), refused(2, ("10.0.0.9", 81))]
    assert [one.subject for one in gathered(*of).problems()] == ["10.0.0.9:81", "10.0.0.9:80"]


def test_connections_beyond_the_bound_are_counted() -> None:
    found = gathered(*(refused(stream, ("10.0.0.9", 80)) for stream in range(MOST_MEMBERS + 9)))
    [problem] = found.problems()
    assert (len(problem.members), problem.count) == (MOST_MEMBERS, MOST_MEMBERS + 9)


def test_servers_beyond_the_bound_are_counted_together() -> None:
    found = gathered(*(refused(stream, ("10.0.0.9", 1 + stream)) for stream in range(MOST_SERVERS + 5))).problems()
    assert len(found) == MOST_SERVERS + 1
    assert str(found[-1].message) == "5 connections with other servers have the same problem (refused)."
    assert found[-1].severity is Severity.NOTE
