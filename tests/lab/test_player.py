"""What the player says, as its parent hears it."""

import os
import signal

import pytest

from tcpwatch.lab.child_process import ChildProcess
from tcpwatch.lab.player import GOES_ON, PLAYS
from tcpwatch.lab.scenario import END, RESTING
from tests.lab.proc_net import eventually

pytestmark = pytest.mark.e2e


def hear(program: ChildProcess, wanted: str) -> list[str]:
    heard: list[str] = []

    def has_come() -> bool:
        heard.extend(program.new_lines())
        return any(wanted in line for line in heard)

    assert eventually(has_come)
    return heard


def test_player_plays_what_it_is_told_one_after_the_other(port: int) -> None:
    player = ChildProcess("player", "--port", str(port), "--pace", "0")
    player.send("refused")
    first = hear(player, END)
    player.send("half-close")
    second = hear(player, END)
    player.stop()
    assert [line for line in first + second if line.startswith(PLAYS)] == [f"{PLAYS}refused", f"{PLAYS}half-close"]


def test_player_ends_one_scenario_before_it_plays_the_next(port: int) -> None:
    player = ChildProcess("player", "--port", str(port), "--pace", "60")
    for _ in range(2):  # the second could not listen while the first does
        player.send("handshake")
        assert "failed" not in "".join(hear(player, '"says"'))
    player.stop()


def test_player_knows_no_other_words(port: int) -> None:
    player = ChildProcess("player", "--port", str(port))
    player.send("sh -c true")
    player.send("refused")
    assert hear(player, PLAYS)[0] == f"{PLAYS}refused"
    player.stop()


def test_player_passes_on_that_what_plays_may_go_on(port: int) -> None:
    player = ChildProcess("player", "--port", str(port), "--pace", "0", "--rests")
    player.send(GOES_ON)  # nothing plays
    player.send("refused")
    assert hear(player, RESTING)[-1] == RESTING
    player.send(GOES_ON)
    assert hear(player, END)[-1] == END
    player.stop()


def test_player_takes_its_scenario_with_it(port: int) -> None:
    player = ChildProcess("player", "--port", str(port), "--pace", "60")
    player.send("handshake")
    hear(player, '"says"')
    os.kill(player.pid, signal.SIGKILL)
    player.stop()
    again = ChildProcess("player", "--port", str(port), "--pace", "0")

    def plays() -> bool:
        again.send("handshake")
        return "failed" not in "".join(hear(again, '"says"'))

    assert eventually(plays)
    again.stop()
