"""What ends a capture or a recording is said where it happens: real interfaces, a real disk that is full."""

import shlex
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import Place
from tests.e2e.terminal import Terminal

pytestmark = pytest.mark.e2e

CAPTURE = Path(__file__).resolve().parents[1] / "captures" / "demo.pcapng"


@pytest.mark.usefixtures("tmux")
def test_interface_that_goes_and_comes_is_told_in_the_dashboard(place: Place, program: list[str]) -> None:
    def link(*words: str) -> None:
        assert place.run("ip", "link", *words).returncode == 0

    pair = ("type", "veth", "peer", "name", "ends1")
    link("add", "ends0", *pair)
    link("set", "ends0", "up")
    with Terminal([*place.enter, *program, "-i", "ends0"], 160, 40) as terminal:
        terminal.wait_for("Packets · ends0", "packets ● ")
        link("set", "ends0", "down")
        terminal.wait_for("── ends0 is down since", "packets ○ ends0 is down since")
        link("set", "ends0", "up")
        terminal.wait_for("── ends0 was down", ": not captured ──", "packets ● ")
        link("set", "ends0", "name", "ends9")
        terminal.wait_for("── ends0 is now called ends9", "ends9 (was ends0)")
        link("del", "ends9")
        terminal.wait_for("── ends9 is gone since", "not captured since")
        link("add", "ends9", *pair)
        link("set", "ends9", "up")
        terminal.wait_for("── ends9 was gone", "packets ● ")
        terminal.press("q")
        terminal.wait_for("exit code 0")


@pytest.mark.usefixtures("tmux")
def test_one_of_all_interfaces_that_goes_and_comes_is_told_in_the_dashboard(place: Place, program: list[str]) -> None:
    def link(*words: str) -> None:
        assert place.run("ip", "link", *words).returncode == 0

    pair = ("type", "veth", "peer", "name", "ends1")
    link("add", "ends0", *pair)
    link("set", "ends1", "up")
    link("set", "ends0", "up")
    with Terminal([*place.enter, *program, "-i", "any"], 160, 40) as terminal:
        terminal.wait_for("packets ● ")
        assert "──" not in terminal.screen().partition("Packets")[2].partition("─ends")[2]
        link("set", "ends0", "down")
        terminal.wait_for("── ends0 is down since", ": nothing is captured there ──", "and 1 more")
        link("set", "ends0", "up")
        terminal.wait_for("── ends0 was down", "── ends1 had no carrier")
        assert "and 1 more" not in terminal.screen()
        link("set", "ends0", "name", "ends9")
        terminal.wait_for("── ends0 is now called ends9")
        link("del", "ends9")
        terminal.wait_for("── ends9 is gone since", "○ ends")
        link("add", "ends9", *pair)
        link("set", "ends9", "up")
        link("set", "ends1", "up")
        terminal.wait_for("── ends9 was gone")
        terminal.press("q")
        terminal.wait_for("exit code 0")


@pytest.mark.usefixtures("tmux", "place")
def test_dashboard_whose_recording_stopped_ends_with_a_sentence(program: list[str], tmp_path: Path) -> None:
    dashboard = shlex.join([*program, "-i", "lo", "-w", str(tmp_path / "a")])
    fill = f"head -c 65536 /dev/zero > {tmp_path}/fill"
    script = f"mount -t tmpfs -o size=128k none {tmp_path} && ip link set lo up && ({fill}); {dashboard}"
    talk = "import socket; s = socket.create_server(('127.0.0.1', 0)); c = [socket.create_connection(s.getsockname())"
    talk += " for _ in range(100)]"
    with Terminal(["unshare", "-nm", "sh", "-c", script], 160, 40) as terminal:
        terminal.wait_for("packets ● ")
        inside = ["nsenter", f"--net=/proc/{terminal.pid()}/ns/net", "--", "python3", "-c", talk]
        for _ in range(40):
            subprocess.run(inside, check=True)
            if "recording ○ stopped: No space left on device since" in terminal.screen():
                break
        terminal.wait_for("recording ○ stopped: No space left on device since")
        terminal.press("q")
        terminal.wait_for("recording stopped (No space left on device)", "exit code 1")


@pytest.mark.usefixtures("place")
def test_full_disk_is_refused_at_once_and_leaves_nothing(program: list[str], tmp_path: Path) -> None:
    reading = shlex.join([*program, "packets", "-r", str(CAPTURE), "-w", str(tmp_path / "a")])
    script = (
        f"mount -t tmpfs -o size=64k none {tmp_path} && dd if=/dev/zero of={tmp_path}/fill bs=4k 2> /dev/null;"
        f"{reading}; code=$?; ls {tmp_path}; exit $code"
    )
    ended = subprocess.run(["unshare", "-m", "sh", "-c", script], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, "fill\n")
    assert ended.stderr == f"tcpwatch: nothing can be recorded in {tmp_path}/a: No space left on device\n"
