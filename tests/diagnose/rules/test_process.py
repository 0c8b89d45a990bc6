"""The rules on a process itself."""

import pytest

from tcpwatch.diagnose.problem import Severity
from tcpwatch.diagnose.rules.closing import NOT_CLOSED
from tcpwatch.diagnose.rules.process import fds_running_out, inherited_listener, old_process
from tcpwatch.monitor.snapshot import Connection
from tcpwatch.sockets.row import Backlog
from tcpwatch.tcp.state import State
from tests.builders import connection, ends, owner, row
from tests.diagnose.program_facts import process, program, waiting_in


def listener(queued: int = 0) -> Connection:
    ends_of = ends(("0.0.0.0", 8080), ("0.0.0.0", 0))
    one = row(cookie=1, state=State.LISTEN, backlog=Backlog(queued, 128), ends=ends_of)
    return connection(row=one, owners=(owner(),))


@pytest.mark.parametrize(("used", "severity"), [(89, None), (90, Severity.WARN), (100, Severity.ERROR)])
def test_descriptors_run_out_from_nine_in_ten_on(used: int, severity: Severity | None) -> None:
    found = fds_running_out(program([connection()], program=process(fds_used=used, fd_limit=100)))
    assert (found and found.severity) == severity


def test_descriptors_that_nobody_may_count_are_no_problem() -> None:
    assert fds_running_out(program([connection()], program=process(fds_used=None))) is None
    assert fds_running_out(program([connection()])) is None


def test_descriptors_in_use_are_told_by_state() -> None:
    rows = [connection(cookie=n, state=State.CLOSE_WAIT) for n in range(95)]
    found = fds_running_out(program(rows, NOT_CLOSED, program=process(fds_used=98, fd_limit=100)))
    assert found is not None
    assert [str(fact) for fact in found.evidence] == ["95 of them are sockets in CLOSE-WAIT"]


def test_previous_generation_is_ordinary_until_it_is_in_trouble() -> None:
    new = owner(pid=5000, command="java")
    quiet = old_process(program([connection()], successor=new))
    assert quiet is not None
    assert quiet.severity is Severity.CHAT
    stuck = old_process(program([connection(state=State.CLOSE_WAIT)], NOT_CLOSED, successor=new))
    assert stuck is not None
    assert stuck.severity is Severity.WARN
    assert "java/5000 was started later and listens" in str(stuck.message)


def test_process_1_as_the_parent_is_told_without_guessing_how() -> None:
    found = old_process(program([connection()], successor=owner(pid=5000), program=process(parent_pid=1)))
    assert found is not None
    assert [str(fact) for fact in found.evidence] == [
        "process 1 is its parent: it was started so, or its own has ended"
    ]


def test_process_without_a_successor_or_with_leftovers_alone_is_none() -> None:
    assert old_process(program([connection()])) is None
    assert old_process(program([connection(state=State.TIME_WAIT)], successor=owner(pid=5000))) is None


def test_listener_for_which_no_thread_waits_was_inherited() -> None:
    held = process(threads=waiting_in("clock_nanosleep"), parent_pid=1)
    idle, waited_for = (inherited_listener(program([listener(queued)], program=held)) for queued in (0, 3))
    assert idle is not None
    assert waited_for is not None
    assert (idle.severity, waited_for.severity) == (Severity.NOTE, Severity.WARN)
    assert "3 connections wait in the queue" in str(waited_for.message)


def test_listener_of_a_child_that_sleeps_between_two_looks_is_not_to_be_killed() -> None:
    held = process(threads=waiting_in("clock_nanosleep"), parent_pid=77)
    found = inherited_listener(program([listener()], program=held))
    assert found is not None
    assert found.severity is Severity.CHAT
    assert "process that has ended" not in str(found.message)
    assert not any(step.startswith("kill") for step in found.next_steps)


@pytest.mark.parametrize("syscall", ["accept4", "epoll_wait", "poll", "io_uring_enter", None])
def test_listener_that_a_thread_may_wait_for_is_ordinary(syscall: str | None) -> None:
    held = process(threads=waiting_in("futex", syscall))  # type: ignore[arg-type]
    assert inherited_listener(program([listener(3)], program=held)) is None


def test_server_that_is_busy_with_a_connection_has_inherited_nothing() -> None:
    held = process(threads=waiting_in("clock_nanosleep"))
    assert inherited_listener(program([listener(3), connection()], program=held)) is None


def test_listener_that_others_hold_too_is_left_alone() -> None:
    shared = connection(row=listener().row, owners=(owner(), owner(pid=9)))
    assert inherited_listener(program([shared], program=process(threads=waiting_in("pause")))) is None
