"""The rules on a program that does not close, or whose peers do not."""

from dataclasses import replace

from tcpwatch.diagnose.problem import Cause, Certainty, Limit, Problem
from tcpwatch.diagnose.rules.closing import NOT_CLOSED
from tcpwatch.diagnose.rules.leak import LEAK, PILE, close_wait_leak, fin_wait_2_pile
from tcpwatch.monitor.snapshot import Connection
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.tcp.state import State
from tests.builders import connection, ends, row
from tests.diagnose.program_facts import NOW_NS, SECOND, process, program, waiting_in


def leak(cookie: int, seconds: int = 60, remote: str = "10.0.0.9", recv_q: int = 1, port: int = 8080) -> Connection:
    ends_of = ends(("10.0.0.1", port), (remote, 40_000 + cookie))
    one = row(cookie=cookie, state=State.CLOSE_WAIT, recv_q=recv_q, ends=ends_of)
    return connection(row=one, since_ns=NOW_NS - seconds * SECOND, since_seen=True)


def words(problem: Problem | None) -> list[str]:
    assert problem is not None
    return [str(problem.message), *map(str, problem.evidence)]


def test_leak_names_program_count_growth_and_age() -> None:
    found = words(close_wait_leak(program([leak(n, 76 - n) for n in range(51)], NOT_CLOSED, growth=40)))
    assert found[0] == (
        "java/4242 does not close: 51 connections in CLOSE-WAIT, 40 more each minute, the oldest for 1m16s."
    )
    assert found[1:] == [
        "51 of 51 have not been read since the peer closed",
        "51 of 51 are to 10.0.0.9",
        "51 of 51 have local port 8080",
    ]


def test_few_are_no_leak_yet() -> None:
    assert close_wait_leak(program([leak(n) for n in range(LEAK - 1)], NOT_CLOSED)) is None


def test_leak_tells_what_was_read_and_what_most_have_in_common() -> None:
    rows = [*(leak(n, recv_q=0) for n in range(4)), leak(5, remote="10.0.0.8", recv_q=9), leak(6, port=81)]
    found = words(close_wait_leak(program(rows, NOT_CLOSED)))
    assert "of 4 of 6 the end was read, and close() did not follow" in found
    assert "1 of 6 have unread data before the end" in found
    assert "5 of 6 are to 10.0.0.9" in found


def test_leak_tells_of_those_that_it_does_not_count() -> None:
    facts = program([leak(n) for n in range(9)], NOT_CLOSED)
    some = replace(facts, troubled={NOT_CLOSED: facts.sockets[:6]})
    told = "3 more in CLOSE-WAIT still send, or did a moment ago: they are not counted"
    assert told in words(close_wait_leak(some))
    assert not any("not counted" in text for text in words(close_wait_leak(facts)))


def test_leak_says_when_the_descriptors_run_out_and_what_the_threads_wait_in() -> None:
    known = process(threads=waiting_in(*["futex"] * 8))
    problem = close_wait_leak(program([leak(n) for n in range(9)], NOT_CLOSED, growth=2, program=known))
    assert problem is not None
    assert problem.limit == Limit("fds", 64, 1024, 480 * 60 * SECOND)
    assert (problem.cause, problem.certainty) == (Cause.PROGRAM, Certainty.CERTAIN)
    assert any("8 of 8 threads wait in futex" in text for text in words(problem))


def test_leak_that_does_not_grow_has_no_end_in_sight() -> None:
    problem = close_wait_leak(program([leak(n) for n in range(9)], NOT_CLOSED, growth=0, program=process()))
    assert problem is not None
    assert problem.limit == Limit("fds", 64, 1024, None)
    assert "more each minute" not in str(problem.message)


def half_closed(cookie: int, silent_ms: int = 60_000, seconds: int = 60) -> Connection:
    info = bytearray(TcpInfo.SIZE if hasattr(TcpInfo, "SIZE") else 280)
    info[52:56] = silent_ms.to_bytes(4, "little")
    one = row(cookie=cookie, state=State.FIN_WAIT_2, info_bytes=bytes(info))
    return connection(row=one, since_ns=NOW_NS - seconds * SECOND, since_seen=True)


def test_half_closed_connections_whose_peers_are_silent_pile_up() -> None:
    problem = fin_wait_2_pile(program([half_closed(n) for n in range(PILE)]))
    assert str(problem.message if problem else "").startswith("10 connections of java/4242 wait in FIN-WAIT-2")


def test_half_closed_connections_that_still_receive_are_ordinary() -> None:
    assert fin_wait_2_pile(program([half_closed(n, silent_ms=200) for n in range(PILE)])) is None
    assert fin_wait_2_pile(program([half_closed(n, seconds=2) for n in range(PILE)])) is None
    assert fin_wait_2_pile(program([half_closed(n) for n in range(PILE - 1)])) is None
