"""What is left of a process that began with privilege: no way to other programs, processes and files."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Place
from tests.e2e.terminal import Terminal
from tests.kernel.bpf.allowed import needs_bpf
from tests.system.test_landlock import version

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(sys.platform != "linux" or os.uname().machine != "x86_64", reason="needs x86_64's numbers"),
]

FILTERED = "2"  # SECCOMP_MODE_FILTER, proc_pid_status(5)
NO_LANDLOCK = """
import ctypes, errno, os, struct, sys
refuse = 0x50000 | errno.EOPNOTSUPP  # as where Landlock is built in and not switched on
jumps = [(0x20, 0, 0, 0), (0x35, 0, 2, 444), (0x35, 1, 0, 447), (6, 0, 0, refuse), (6, 0, 0, 0x7FFF0000)]
code = b"".join(struct.pack("=HBBI", *jump) for jump in jumps)
kept = ctypes.create_string_buffer(code, len(code))
libc = ctypes.CDLL(None)
header = struct.pack("@HP", len(jumps), ctypes.addressof(kept))
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.syscall(317, 1, 0, header) == 0
os.execvp(sys.argv[1], sys.argv[1:])
"""


def sandbox(place: Place, *command: str) -> dict[str, Any] | None:
    report = json.loads(place.run(*command, "doctor", "--json").stdout)
    return next((check for check in report["checks"] if check["name"] == "sandbox"), None)


def status(pid: int, thread: int | None = None) -> dict[str, str]:
    path = Path(f"/proc/{pid}/task/{thread or pid}/status")
    return dict(line.split(":\t", 1) for line in path.read_text().splitlines())


def test_every_thread_of_the_dashboard_is_filtered(tmux: None, place: Place, program: list[str]) -> None:
    with Terminal([*place.enter, *program, "--all-netns"], 120, 36) as terminal:
        terminal.wait_for("packets ●")
        pid = terminal.pid()
        threads = [int(path.name) for path in Path(f"/proc/{pid}/task").iterdir()]
        assert len(threads) > 2
        for thread in threads:
            report = status(pid, thread)
            assert report["Seccomp"] == FILTERED
            assert {int(report[name], 16) for name in ("CapPrm", "CapEff", "CapInh", "CapBnd", "CapAmb")} == {0}
        terminal.press("q")
        terminal.wait_for("exit code 0")


@needs_bpf
@pytest.mark.skipif(not version(), reason="the kernel has no Landlock")
def test_doctor_tells_that_it_is_whole(place: Place, program: list[str]) -> None:
    report = sandbox(place, *program)
    assert report is not None
    assert report["works"]
    assert re.fullmatch(r"seccomp: no program .*; Landlock: no file .*", report["says"])


def test_doctor_tells_what_the_kernel_refuses_and_the_rest_holds(place: Place, program: list[str]) -> None:
    report = sandbox(place, sys.executable, "-c", NO_LANDLOCK, *program)
    assert report is not None
    assert report["says"].startswith("seccomp: no program")
    if "owners" not in report["says"]:
        assert (report["works"], report["says"].rpartition("; ")[2]) == (
            False,
            "Landlock: none (Operation not supported)",
        )


def test_doctor_says_nothing_of_it_to_a_plain_user(place: Place, plain_program: list[str]) -> None:
    assert sandbox(place, *plain_program) is None


def test_owners_are_found_in_proc_without_landlock(place: Place, program: list[str]) -> None:
    report = sandbox(place, *program, "--no-bpf")
    assert report is not None
    assert report["works"]
    assert report["says"].endswith("Landlock: none (owners are looked for in /proc, which it forbids)")


def test_recording_and_counting_go_on_inside(place: Place, program: list[str], open_folder: Path) -> None:
    path = open_folder / "live.pcapng"
    connect = "import socket\nfor _ in range(9): socket.create_connection(('127.0.0.1', 8099)).close()"
    with (
        place.running("python3", "-m", "http.server", "8099", "--bind", "127.0.0.1"),
        place.running(*program, "packets", "-i", "lo", "-p", "8099", "-w", str(path), "-c", "20") as recorder,
    ):
        assert recorder.stderr is not None
        assert "capturing on lo" in recorder.stderr.readline()
        place.wait_for_listener(8099)
        place.run("python3", "-c", connect)
        out, err = recorder.communicate(timeout=20)
    assert (recorder.returncode, len(out.splitlines())) == (0, 20), err
    assert "20 frames recorded" in err


def test_dashboard_stops_and_goes_on_by_the_shell_s_job_control(tmux: None, place: Place, program: list[str]) -> None:
    with Terminal(["bash", "--norc", "-i"], 120, 36) as terminal:
        terminal.wait_for("#")
        terminal.type(" ".join([*place.enter, *program]) + "\n")
        terminal.wait_for("packets ●")
        children = ["ps", "-o", "pid=", "--ppid", str(terminal.pid())]
        dashboard = int(subprocess.run(children, capture_output=True, text=True, check=True).stdout)
        os.kill(dashboard, signal.SIGTSTP)
        terminal.wait_for("Stopped")
        terminal.type("fg\n")
        terminal.wait_for("packets ●")
        terminal.press("q")
        terminal.wait_until(lambda screen: "packets ●" not in screen, "the shell again")


def test_no_program_is_needed_once_it_runs(place: Place, program: list[str]) -> None:
    """The check itself: who is filtered may start none."""
    script = (
        "import subprocess, sys; from tcpwatch.cli.sources import give_up_privileges; give_up_privileges()\n"
        "try: subprocess.run(['true'])\nexcept PermissionError: print('refused')"
    )
    assert place.run(*program[:-2], "-c", script).stdout == "refused\n"
    assert subprocess.run(["true"], check=False).returncode == 0
