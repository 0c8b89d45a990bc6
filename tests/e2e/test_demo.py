"""`tcpwatch demo` in a real terminal, beside `ss` and `tcpdump`: the first thing that a new user sees."""

import re
import subprocess
from collections import Counter

import pytest

from tests.e2e.conftest import Place
from tests.e2e.terminal import Terminal, field, heading_counts, place_of
from tests.e2e.witnesses import Ground

pytestmark = pytest.mark.e2e

SS_WORDS = {
    "ESTAB": "ESTABLISHED",
    "CLOSE-WAIT": "CLOSE-WAIT",
    "FIN-WAIT-2": "FIN-WAIT-2",
    "TIME-WAIT": "TIME-WAIT",
    "LISTEN": "LISTEN",
}
STEPS = ("1/3 SYN", "2/3 SYN-ACK", "3/3 ACK")
PROCESSES = 4  # tcpwatch, its player, server and client


def ss_counts(place: Place) -> dict[str, int]:
    lines = place.run("ss", "-Htan").stdout.splitlines()
    return dict(Counter(SS_WORDS[line.split()[0]] for line in lines))


@pytest.mark.parametrize("backend", ["native", "portable"])
@pytest.mark.parametrize("host", [(), ("--host",)], ids=["own namespace", "host"])
def test_demo_at_120x36_shows_every_state_with_the_counts_of_ss(
    tmux: None, place: Place, program: list[str], backend: str, host: tuple[str, ...]
) -> None:
    with Terminal([*place.enter, *program, "demo", "--backend", backend, *host], 120, 36) as terminal:
        screen = terminal.wait_for("CLOSE-WAIT", "TIME-WAIT", "ESTABLISHED", "LISTEN", *STEPS)
        assert heading_counts(screen) == ss_counts(place if host else Place(place_of(screen)))
        terminal.wait_for("tcpwatch-server")  # which the headline names once CLOSE-WAIT is no longer ordinary
        terminal.press("q")
        terminal.wait_for("exit code 0")
        assert terminal.modes() == "0 0 1"
    assert set(ss_counts(place)) <= {"TIME-WAIT"}


@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
@pytest.mark.parametrize("user", ["program", "plain_program"])
def test_demo_says_how_to_look_in_from_outside(
    tmux: None, user: str, size: tuple[int, int], request: pytest.FixtureRequest
) -> None:
    """What stands on the screen is run as the same user."""
    *who, python, dash_m, package = request.getfixturevalue(user)
    with Terminal([*who, python, dash_m, package, "demo"], *size) as terminal:
        screen = terminal.wait_until(lambda text: "LISTEN" in text or "for want of" in text, "the demo")
        if "for want of" in screen:
            pytest.skip("this user gets no namespace here")
        said = re.search(r"outside: (tcpwatch --netns \d+), (nsenter .*? ss -tan) ·", " ".join(screen.split()))
        assert said, screen
        assert said[1].endswith(f" {place_of(screen)}")
        ours = subprocess.run([*who, python, dash_m, *said[1].split(), "sockets"], capture_output=True, text=True)
        theirs = subprocess.run([*who, *said[2].split()], capture_output=True, text=True)
    assert (ours.returncode, theirs.returncode) == (0, 0), ours.stderr + theirs.stderr
    for word in ("LISTEN", "CLOSE-WAIT", "FIN-WAIT-2"):
        assert word in ours.stdout
        assert word in theirs.stdout


def test_demo_detail_equals_ss_and_the_wire(tmux: None, place: Place, program: list[str]) -> None:
    with (
        place.running("tcpdump", "-i", "lo", "-Snl", "--immediate-mode", "tcp port 9999") as tcpdump,
        Terminal([*place.enter, *program, "demo", "--host"], 120, 36) as terminal,
    ):
        screen = terminal.wait_for("CLOSE-WAIT", "SND.UNA", *STEPS)
        info = place.run("ss", "-Htni", "state", "close-wait").stdout
        terminal.press("r")
        absolute = terminal.wait_for("absolute")
        tcpdump.terminate()
        assert tcpdump.stdout is not None
        wire = tcpdump.stdout.read()
    acked, received = (int(re.findall(rf"{name}:(\d+)", info)[0]) for name in ("bytes_acked", "bytes_received"))
    assert (field(screen, "SND.UNA"), field(screen, "RCV.NXT")) == (acked + 1, received + 1)
    client = re.findall(r":9999\s+\S+?:(\d+)", info)[0]
    assert field(absolute, "SND.UNA") == last_ack(wire, f"127.0.0.1.{client} > 127.0.0.1.9999")
    assert field(absolute, "RCV.NXT") == last_ack(wire, f"127.0.0.1.9999 > 127.0.0.1.{client}")


def last_ack(tcpdump: str, direction: str) -> int:
    """The last acknowledgment number of one direction."""
    lines = [line for line in tcpdump.splitlines() if direction in line]
    return int(re.findall(r" ack (\d+)", lines[-1])[0])


def test_demo_at_80x24_keeps_the_trouble_and_offers_the_other_panes(
    tmux: None, place: Place, program: list[str]
) -> None:
    with Terminal([*place.enter, *program, "demo"], 80, 24) as terminal:
        screen = terminal.wait_for("CLOSE-WAIT", "must close()", "ESTABLISHED")
        assert "Packets" in screen
        terminal.press("2")
        terminal.wait_for("1/4 FIN", "must close()")
        terminal.press("3")
        terminal.wait_for("must call close()", "must close()")
        terminal.press("v")
        terminal.wait_for("SND.UNA", "must close()")


def test_demo_on_a_taken_port_names_who_holds_it(tmux: None, place: Place, program: list[str]) -> None:
    with place.running("python3", "-m", "http.server", "9999", "--bind", "127.0.0.1") as holder:
        place.wait_for_listener(9999)
        with Terminal([*place.enter, *program, "demo", "--host"], 120, 36) as terminal:
            screen = terminal.wait_for("exit code 2")
    assert re.search(rf"port 9999 is taken by python3\S*/{holder.pid}", screen)


@pytest.mark.parametrize("signal", ["TERM", "HUP", "KILL"])
@pytest.mark.parametrize("user", ["program", "plain_program"])
def test_demo_ends_all_it_started_whatever_ends_it(
    tmux: None, user: str, signal: str, request: pytest.FixtureRequest
) -> None:
    with Terminal([*request.getfixturevalue(user), "demo"], 120, 36) as terminal:
        screen = terminal.wait_until(lambda text: "LISTEN" in text or "for want of" in text, "the demo")
        if "for want of" in screen:
            pytest.skip("this user gets no namespace here")
        ground = Ground(place_of(screen))
        assert len(ground.processes()) == PROCESSES
        subprocess.run(["kill", f"-{signal}", str(terminal.pid())], check=True)
        terminal.wait_for("exit code")
        if signal != "KILL":
            assert terminal.modes() == "0 0 1"
        assert ground.all_gone()


def test_demo_on_the_host_leaves_nothing_but_time_wait(tmux: None, place: Place, program: list[str]) -> None:
    with Terminal([*place.enter, *program, "demo", "--host"], 120, 36) as terminal:
        terminal.wait_for("CLOSE-WAIT")
        subprocess.run(["kill", "-KILL", str(terminal.pid())], check=True)
        terminal.wait_for("exit code")
        terminal.wait_until(lambda _: set(ss_counts(place)) <= {"TIME-WAIT"}, "no socket left but TIME-WAIT", 5)
