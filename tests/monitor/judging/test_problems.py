"""What is wrong on a host: sockets brought together by program and by trouble."""

from dataclasses import replace

from tcpwatch.diagnose.half_close import HalfClose
from tcpwatch.diagnose.problem import Level, Problem, Since
from tcpwatch.monitor.judging.problems import ProblemFinder
from tcpwatch.monitor.snapshot import Connection
from tcpwatch.sockets.counters import NO_STACK, Rise, Stack
from tcpwatch.sockets.row import Backlog, NoOwner, SocketRow, Timer, TimerKind
from tcpwatch.tcp.state import State
from tests.builders import connection, ends, owner, row

SECOND = 1_000_000_000
NOW_NS = 1000 * SECOND


def found(*connections: Connection, stack: Stack = NO_STACK) -> tuple[Problem, ...]:
    return ProblemFinder().find(connections, stack, NOW_NS).problems


def leak(cookie: int, seconds: int, pid: int = 42, command: str = "java", **facts: object) -> Connection:
    leaker = (owner(pid=pid, command=command),)
    since = {"since_ns": NOW_NS - seconds * SECOND, "since_seen": True}
    return connection(cookie=cookie, state=State.CLOSE_WAIT, owners=leaker, **since, **facts)


def listener(cookie: int, port: int = 80) -> SocketRow:
    return row(cookie=cookie, state=State.LISTEN, backlog=Backlog(1, 128), ends=ends(("0.0.0.0", port), ("0.0.0.0", 0)))


def test_sockets_of_one_program_in_one_trouble_are_one_problem() -> None:
    [problem] = found(leak(1, 4), leak(2, 240))
    assert problem.members == (2, 1)
    assert problem.level is Level.PROGRAM
    assert problem.since == Since(NOW_NS - 240 * SECOND, True)
    assert str(problem.message) == "2 connections CLOSE-WAIT, the oldest for 4m00s: java/42 must close()."
    assert (problem.subject, str(problem.brief), str(problem.must)) == ("java/42", "2 CLOSE-WAIT", "must close()")


def test_three_of_them_are_a_leak() -> None:
    [problem] = found(leak(1, 4), leak(2, 240), leak(3, 9))
    assert problem.rule == "close-wait-leak"
    assert problem.members == (2, 3, 1)
    assert str(problem.brief) == "3 CLOSE-WAIT"


def test_leak_counts_those_that_came_a_moment_ago() -> None:
    young = replace(leak(9, 1), half_close=HalfClose(False))
    streaming = replace(leak(8, 60), half_close=HalfClose(True, 1))
    [problem] = found(leak(1, 4), leak(2, 240), leak(3, 9), young, streaming)
    assert problem.members == (2, 3, 1, 9)
    assert found(leak(1, 4), leak(2, 240), young)[0].members == (2, 1)


def test_socket_alone_keeps_the_words_of_its_rule() -> None:
    [problem] = found(leak(1, 4))
    assert (problem.level, problem.rule) == (Level.SOCKET, "close-wait")
    assert str(problem.message).startswith("java/42 must call close()")


def test_programs_are_kept_apart_and_the_larger_leads() -> None:
    problems = found(leak(1, 4), leak(2, 4, pid=7, command="ruby"), leak(3, 4, pid=7, command="ruby"))
    assert [problem.subject for problem in problems] == ["ruby/7", "java/42"]


def test_sockets_without_an_owner_are_one_problem_for_each_reason() -> None:
    hidden = [replace(leak(n, 4), owners=(), no_owner=NoOwner.NEEDS_ROOT) for n in (1, 2)]
    [problem] = found(*hidden)
    assert str(problem.subject) == "its program (root sees which)"


def test_worst_kind_of_trouble_leads() -> None:
    lost = connection(cookie=9, timer=Timer(TimerKind.RETRANSMIT, 100, 4), owners=(owner(),))
    assert [problem.rule for problem in found(lost, leak(1, 4))] == ["close-wait", "retransmitting"]


def test_trend_is_read_off_the_ages_at_the_first_look() -> None:
    [problem] = found(*(leak(n, n * 10) for n in range(1, 10)))
    assert problem.trend is not None
    assert problem.trend.per_minute == 6
    assert problem.trend.course[0] == 4
    assert problem.trend.course[-1] == 9


def test_listener_that_turned_clients_away_is_worded_by_its_own_message() -> None:
    stack = Stack({"ListenDrops": Rise(15, 15), "ListenOverflows": Rise(15, 15)})
    rows = [connection(row=listener(1, 81), turned_away=3), connection(row=listener(2), turned_away=12)]
    [problem] = found(*rows, stack=stack)
    assert str(problem.message).startswith("The accept queue of :80 overflowed 12 times in the last minute: java/4242")
    assert not problem.brief
    assert problem.members == (2, 1)


def test_clients_turned_away_without_a_culprit_are_a_problem_of_the_host() -> None:
    [problem] = found(connection(row=listener(1)), stack=Stack({"ListenDrops": Rise(2, 2)}))
    assert (problem.rule, problem.level) == ("somebody-turned-away", Level.HOST)
    assert found(connection(row=listener(1))) == ()
