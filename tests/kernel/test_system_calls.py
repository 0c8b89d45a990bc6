"""Numbers of system calls, held against this machine's own list."""

import re
from pathlib import Path

import pytest

from tcpwatch.kernel.system_calls import NO_CALL, WITH_FD, WITHOUT_FD, X86_64, system_calls, thread_in_call

HEADERS = {
    "x86_64": ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm/unistd_64.h"),
    "aarch64": ("/usr/include/asm-generic/unistd.h",),
}
DEFINED = re.compile(r"^#define __NR(?:3264)?_(\w+)\s+(\d+)", re.MULTILINE)


@pytest.mark.parametrize("machine", HEADERS)
def test_numbers_are_those_of_the_headers(machine: str) -> None:
    header = next((path for path in map(Path, HEADERS[machine]) if path.exists()), None)
    if header is None:
        pytest.skip("the kernel's headers are not installed")
    numbers = {name: int(number) for name, number in DEFINED.findall(header.read_text())}
    known = {call.name: number for number, call in system_calls(machine).items()}
    assert {name: number for name, number in known.items() if name in numbers} == {
        name: numbers[name] for name in known if name in numbers
    }
    assert len(known.keys() & numbers.keys()) > 30


@pytest.mark.parametrize("machine", HEADERS)
def test_every_call_has_a_number_of_its_own(machine: str) -> None:
    column = X86_64 if machine == "x86_64" else 1
    listed = [numbers[column] for numbers in (*WITH_FD.values(), *WITHOUT_FD.values())]
    given = [number for number in listed if number is not None]
    assert len(system_calls(machine)) == len(given)


@pytest.mark.parametrize(
    ("number", "argument", "waits_in", "call"),
    [
        (202, 0x7FFF_0000, "futex_do_wait", "futex"),
        (45, 57, "wait_woken", "recvfrom(fd 57)"),
        (45, 0xDEAD_0000_0039, "wait_woken", "recvfrom(fd 57)"),
        (7, 0x7FFF_0000, "poll_schedule_timeout", "poll"),
        (9_999, 1, None, "system call 9999"),
        (219, 0, "hrtimer_nanosleep", "nanosleep"),
        (219, 0, "futex_do_wait", "futex"),
        (219, 0, None, "restart_syscall"),
        (NO_CALL, 0, "do_exit", ""),
        (None, 0, "do_exit", ""),
    ],
)
def test_thread_in_call(
    monkeypatch: pytest.MonkeyPatch, number: int | None, argument: int, waits_in: str | None, call: str
) -> None:
    monkeypatch.setattr("tcpwatch.kernel.system_calls.CALLS", system_calls("x86_64"))
    thread = thread_in_call(7, "worker", number, argument, waits_in)
    assert (thread.call, thread.waits_in) == (call, waits_in)
