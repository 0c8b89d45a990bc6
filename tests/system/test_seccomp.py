"""The filter, run as the kernel runs it and by the kernel."""

import json
import os
import struct
import subprocess
import sys

import pytest

from tcpwatch.system import seccomp
from tcpwatch.system.seccomp import (
    ALLOW,
    BPF,
    INSTRUCTION,
    MACHINES,
    REFUSE,
    REFUSED,
    SETSOCKOPT,
    Machine,
    build_filter,
)

DATA = struct.Struct("=iIQ6Q")  # struct seccomp_data


def verdict(machine: Machine, number: int, *arguments: int, arch: int | None = None) -> int:
    """What the filter says of a call."""
    code = build_filter(machine)
    program = [INSTRUCTION.unpack_from(code, at) for at in range(0, len(code), INSTRUCTION.size)]
    padded = (*arguments, 0, 0, 0, 0, 0, 0)[:6]
    data = DATA.pack(number, machine.audit_arch if arch is None else arch, 0, *padded)
    at, loaded = 0, 0
    while True:
        operation, true, false, value = program[at]
        at += 1
        if operation == seccomp.RETURN:
            return int(value)
        if operation == seccomp.LOAD:
            (loaded,) = struct.unpack_from("=I", data, value)
        else:
            met = loaded == value if operation == seccomp.JUMP_EQUAL else loaded >= value
            at += true if met else false


@pytest.fixture(params=MACHINES)
def machine(request: pytest.FixtureRequest) -> Machine:
    return MACHINES[request.param]


@pytest.mark.parametrize("name", REFUSED)
def test_call_in_the_table_is_refused(machine: Machine, name: str) -> None:
    assert verdict(machine, REFUSED[name][machine.column]) == REFUSE


def test_all_other_calls_are_allowed(machine: Machine) -> None:
    refused = {numbers[machine.column] for numbers in REFUSED.values()}
    allowed = {number for number in range(500) if verdict(machine, number) == ALLOW}
    assert allowed == set(range(500)) - refused


def test_call_of_another_architecture_is_refused(machine: Machine) -> None:
    """On x86_64 a program may make the calls of i386, whose numbers are others."""
    assert verdict(machine, 0, arch=0x4000_0003) == REFUSE
    assert verdict(machine, 0x4000_0000 + 1) == REFUSE


@pytest.mark.parametrize(("command", "expected"), [(5, REFUSE), (33, ALLOW), (1, ALLOW)])
def test_bpf_may_read_and_not_load(machine: Machine, command: int, expected: int) -> None:
    assert verdict(machine, BPF[machine.column], command) == expected


@pytest.mark.parametrize(
    ("level", "option", "expected"), [(263, 1, REFUSE), (263, 2, ALLOW), (1, 1, ALLOW), (6, 1, ALLOW)]
)
def test_capture_may_not_become_promiscuous(machine: Machine, level: int, option: int, expected: int) -> None:
    assert verdict(machine, SETSOCKOPT[machine.column], 5, level, option) == expected


def test_unknown_machine_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seccomp, "MACHINES", {})
    with pytest.raises(OSError, match="no filter for"):
        seccomp.refuse_system_calls()


FILTERED = """
import ctypes, json, os, socket, subprocess, threading
from tcpwatch.system.libc import LIBC, call, prctl
from tcpwatch.system.seccomp import refuse_system_calls
waiting, told = threading.Event(), {}
def attempt(what):
    try:
        what()
    except OSError as error:
        return error.strerror
def try_all():
    waiting.wait()
    told["thread"] = attempt(lambda: subprocess.run(["true"]))
thread = threading.Thread(target=try_all)
thread.start()
prctl(38, 1)
refuse_system_calls()
told["program"] = attempt(lambda: os.execv("/bin/true", ["true"]))
told["namespace"] = attempt(lambda: call("unshare", 0x1000_0000))
told["trace"] = attempt(lambda: call("ptrace", 0, 0, 0, 0))
told["file"] = attempt(lambda: open("/proc/self/status").close())
told["socket"] = attempt(lambda: socket.create_server(("127.0.0.1", 0)).close())
waiting.set()
thread.join()
print(json.dumps(told))
"""


@pytest.mark.e2e
@pytest.mark.skipif(sys.platform != "linux" or os.uname().machine not in MACHINES, reason="needs seccomp")
def test_kernel_refuses_to_every_thread() -> None:
    done = subprocess.run([sys.executable, "-c", FILTERED], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    refused = "Operation not permitted"
    assert json.loads(done.stdout) == {
        **dict.fromkeys(("program", "namespace", "trace", "thread"), refused),
        **dict.fromkeys(("file", "socket"), None),
    }
