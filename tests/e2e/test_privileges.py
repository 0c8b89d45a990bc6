"""What each user gets, and what root gives up."""

import re
from pathlib import Path

import pytest

from tests.e2e.conftest import NOBODY, Place
from tests.e2e.terminal import Terminal, heading_counts

pytestmark = pytest.mark.e2e

CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")


def test_plain_user_sees_the_sockets_and_what_packets_would_take(
    tmux: None, place: Place, plain_program: list[str]
) -> None:
    with (
        place.running("python3", "-m", "http.server", "8080", "--bind", "127.0.0.1"),
        Terminal([*place.enter, *plain_program, "-p", "8080"], 120, 36) as terminal,
    ):
        screen = terminal.wait_for("LISTEN", "needs root", "CAP_NET_RAW")
        assert heading_counts(screen) == {"LISTEN": 1}
        assert re.search(r"sudo .*-p 8080", screen.replace("\n", " "))
        terminal.press("q")
        terminal.wait_for("exit code 0")


def test_plain_user_has_his_own_demo(tmux: None, place: Place, plain_program: list[str]) -> None:
    with Terminal([*place.enter, *plain_program, "demo"], 120, 36) as terminal:
        screen = terminal.wait_for("CLOSE-WAIT", "TIME-WAIT", "tcpwatch-server", "SND.UNA", "1/3 SYN")
        assert heading_counts(screen)["CLOSE-WAIT"] == 1


def test_plain_user_on_the_host_has_the_sockets_of_the_demo(tmux: None, place: Place, plain_program: list[str]) -> None:
    with Terminal([*place.enter, *plain_program, "demo", "--host"], 120, 36) as terminal:
        screen = terminal.wait_for("CLOSE-WAIT", "TIME-WAIT", "tcpwatch-server", "SND.UNA", "CAP_NET_RAW")
        assert heading_counts(screen)["CLOSE-WAIT"] == 1
        assert re.search(r"SND\.UNA\s+\d+ r ", screen)


def test_plain_user_who_asks_for_packets_is_told_the_capability(place: Place, plain_program: list[str]) -> None:
    done = place.run(*plain_program, "packets", "-i", "lo", "--count", "1")
    assert done.returncode == 3
    assert done.stdout == ""
    assert "CAP_NET_RAW" in done.stderr
    assert "sudo" in done.stderr


def test_root_is_given_up_once_all_is_open(tmux: None, place: Place, program: list[str]) -> None:
    with Terminal([*place.enter, *program, "demo"], 120, 36) as terminal:
        terminal.wait_for("CLOSE-WAIT", "1/3 SYN")
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{terminal.pid()}/status").read_text().splitlines())
        assert status["Uid"].split() == [str(NOBODY)] * 4
        assert {int(status[name], 16) for name in CAPABILITIES} == {0}
        assert status["NoNewPrivs"] == "1"
        before = re.search(r"packets ● (\d+)", terminal.screen())
        assert before
        terminal.wait_until(
            lambda screen: f"packets ● {before[1]} " not in screen and "tcpwatch-client" in screen, "more packets"
        )
