"""`tcpwatch demo` where the kernel refuses a namespace for real: in a user namespace that may have no others in it."""

import subprocess
import sys

import pytest

from tcpwatch.lab.scenarios import SCENARIOS
from tests.e2e.terminal import Terminal

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's namespaces")]

TO_READ_S = 40  # what is told first stays for as long as it takes to read
LIMITED = """
import ctypes, os, sys
from pathlib import Path
limit, *words = sys.argv[1:]
uid, gid = os.geteuid(), os.getegid()
if ctypes.CDLL(None).unshare(0x1000_0000):  # CLONE_NEWUSER
    sys.exit("there is no user namespace to be had at all")
Path("/proc/self/setgroups").write_text("deny")
Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
Path("/proc/sys/user", limit).write_text("0")
os.execv(sys.executable, [sys.executable, "-m", "tcpwatch", *words])
"""


# Each limit is in a namespace of its own: they need not wait for each other.
LIMITS = [
    pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in ("max_user_namespaces", "max_net_namespaces")
]


@pytest.fixture(params=LIMITS)
def limit(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def refused(plain_program: list[str], limit: str) -> list[str]:
    """The real command as a plain user who may have no namespace."""
    command = [*plain_program[:-2], "-c", LIMITED, limit]
    tried = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(tried.stderr.splitlines()[-1])
    return command


def test_refused_scenario_says_why_and_how_to_allow_it_and_plays_its_recording(refused: list[str], limit: str) -> None:
    done = subprocess.run([*refused, "demo", "half-open", "--headless"], capture_output=True, text=True, check=False)
    why, fix, instead = done.stderr.splitlines()
    assert f"user.{limit} is 0" in why
    assert fix == f"  sudo sysctl user.{limit}=15000"
    assert "playing from recordings instead" in instead
    assert done.stdout.splitlines()[-3:] == [
        "states: LISTEN, SYN-SENT, SYN-RECEIVED, ESTABLISHED seen",
        "steps: 1/3 SYN, 2/3 SYN-ACK, 3/3 ACK seen",
        "analysis: retransmission seen",
    ]
    assert done.returncode == 0


def test_refused_scenario_plays_its_recording_in_the_dashboard(tmux: None, refused: list[str]) -> None:
    with Terminal([*refused, "demo", "refused"], 120, 36) as terminal:
        terminal.wait_for("a recording, for want of a namespace", "▶ Nobody listens on port 9999", patience_s=TO_READ_S)
        terminal.wait_for("RST", "refused ")
        terminal.press("q")
        terminal.wait_for("exit code 0")


def test_refused_demo_plays_the_tour_from_recordings(tmux: None, refused: list[str], limit: str) -> None:
    with Terminal([*refused, "demo"], 120, 36) as terminal:
        terminal.wait_for(f"(user.{limit} is 0)", f"user.{limit}=15000")
        terminal.wait_for("a recording, for want of a namespace", f"1 / {len(SCENARIOS)}", "handshake · one connection")
        terminal.wait_for("1/3 SYN", patience_s=TO_READ_S)
        terminal.press("]")
        terminal.wait_for(f"2 / {len(SCENARIOS)}", "http · a page over HTTP")
        terminal.wait_for("1/3 SYN", patience_s=TO_READ_S)
        terminal.press("[")
        terminal.wait_for(f"1 / {len(SCENARIOS)}", "handshake · one connection")
        terminal.press("q")
        terminal.wait_for("exit code 0")
