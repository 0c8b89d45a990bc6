"""Which tool is named for which program."""

from dataclasses import replace
from signal import SIGQUIT, SIGUSR1

import pytest

from tcpwatch.sockets.program import TOOLS, Program, Runtime, next_steps

PROGRAM = Program(4242, 77, "server", uid=1000, catches=0)


@pytest.mark.parametrize(
    ("runtime", "command"),
    [
        (Runtime.CPYTHON, "py-spy dump --pid 4242"),
        (Runtime.GO, "dlv attach 4242"),
        (Runtime.NATIVE, "gdb -p 4242 -batch -ex 'thread apply all bt'"),
    ],
)
def test_next_step_of(runtime: Runtime, command: str) -> None:
    [step] = next_steps(replace(PROGRAM, runtime=runtime))
    assert step.command == command
    assert step.does


def test_next_step_where_the_runtime_is_not_known() -> None:
    assert next_steps(PROGRAM) == ()
    assert TOOLS.keys() == set(Runtime)


@pytest.mark.parametrize(
    ("runtime", "signal", "command"),
    [(Runtime.NODE, SIGUSR1, "kill -USR1 4242"), (Runtime.JVM, SIGQUIT, "jcmd 4242 Thread.print")],
)
def test_next_step_that_sends_a_signal_only_where_it_is_caught(runtime: Runtime, signal: int, command: str) -> None:
    program = replace(PROGRAM, runtime=runtime)
    assert next_steps(program) == next_steps(replace(program, catches=None)) == ()
    [step] = next_steps(replace(program, catches=1 << signal - 1))
    assert step.command == command


@pytest.mark.parametrize(("me", "typed"), [(None, ""), (1000, ""), (0, ""), (1001, "sudo ")])
def test_next_step_for_another_user_goes_through_sudo(me: int | None, typed: str) -> None:
    [step] = next_steps(replace(PROGRAM, runtime=Runtime.CPYTHON), me)
    assert step.command == f"{typed}py-spy dump --pid 4242"


@pytest.mark.parametrize(
    ("used", "limit", "left"), [(1, 1024, 1023), (1030, 1024, 0), (None, 1024, None), (1, None, None)]
)
def test_descriptors_left(used: int | None, limit: int | None, left: int | None) -> None:
    assert replace(PROGRAM, fds_used=used, fd_limit=limit).fds_left == left
