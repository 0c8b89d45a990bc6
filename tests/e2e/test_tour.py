"""Scenarios in the dashboard, told while they happen: the real program in a real terminal."""

import subprocess

import pytest

from tcpwatch.lab.scenarios import SCENARIOS
from tests.e2e.conftest import Place
from tests.e2e.terminal import Terminal
from tests.e2e.witnesses import Ground

pytestmark = pytest.mark.e2e

ON_THE_HOST = [scenario for scenario in SCENARIOS.values() if not scenario.private]

STEPS = {
    "1/3: the client asks to open: SYN, ISN": ("CLOSED → SYN-SENT",),
    "2/3: the server answers SYN-ACK: ISN": ("SYN-SENT → ESTABLISHED", "LISTEN → SYN-RECEIVED"),
    "3/3: the client acknowledges the server's SYN": ("SYN-RECEIVED → ESTABLISHED",),
}


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
def test_handshake_is_told_segment_by_segment(
    tmux: None, place: Place, program: list[str], size: tuple[int, int]
) -> None:
    with Terminal([*program, "demo", "handshake"], *size) as terminal:
        terminal.wait_for("handshake · one connection", "Watch the two states", "waits while this is told")
        for message, moves in {"A server listens": (), "A client connects": (), **STEPS}.items():
            terminal.press(".")  # it could not have been read so soon
            terminal.wait_for(message, *moves)
        terminal.wait_for("Told so far", "◈ SYN-RECEIVED", "3/3 ACK")
        terminal.press("q")
        terminal.wait_for("exit code 0")


def test_presenter_holds_each_segment_of_the_handshake(tmux: None, place: Place, program: list[str]) -> None:
    with Terminal([*program, "demo", "handshake", "--presenter", "--pace", "0"], 80, 24) as terminal:
        terminal.wait_for("Space shows the first segment.")
        for message, moves in STEPS.items():
            terminal.press("Space")
            terminal.wait_for(message.split(":")[0], *moves)
        terminal.press("Escape")
        terminal.wait_for("Connections")


@pytest.mark.parametrize(
    ("words", "count"), [((), len(SCENARIOS)), (("--host",), len(ON_THE_HOST))], ids=["own namespace", "host"]
)
def test_tour_goes_from_the_demo_to_the_scenarios_and_leaves_nothing(
    tmux: None, place: Place, program: list[str], words: tuple[str, ...], count: int
) -> None:
    with Terminal([*place.enter, *program, "demo", "--pace", "0.5", *words], 120, 36) as terminal:
        terminal.wait_for("a tour follows", "CLOSE-WAIT")
        ground = Ground(terminal.pid())
        terminal.press("]")
        terminal.wait_for(f"1 / {count}", "handshake · one connection")
        terminal.press("]")
        terminal.wait_for(f"2 / {count}", "http · a page over HTTP", "GET /index")
        subprocess.run(["kill", "-KILL", str(terminal.pid())], check=True)
        terminal.wait_for("exit code")
        assert words or ground.all_gone()
        terminal.wait_until(lambda _: not place.run("ss", "-Htlnp").stdout.strip(), "no listener left", 5)


def test_tour_of_a_plain_user_has_every_scenario(tmux: None, plain_program: list[str]) -> None:
    with Terminal([*plain_program, "demo"], 120, 36) as terminal:
        screen = terminal.wait_until(lambda text: "a tour follows" in text or "for want of" in text, "the tour")
        if "for want of" in screen:
            pytest.skip("this user gets no namespace here")
        terminal.press("]")
        terminal.wait_for(f"1 / {len(SCENARIOS)}", "handshake · one connection")
        terminal.press("q")
        terminal.wait_for("exit code 0")
