"""`tcpwatch --read FILE` in a real terminal, on a capture of real traffic, as a plain user."""

import json
import subprocess
from itertools import takewhile
from pathlib import Path
from tempfile import gettempdir

import pytest

from tests.e2e.terminal import Terminal, heading_counts

pytestmark = pytest.mark.e2e

CAPTURE = Path(__file__).resolve().parents[1] / "captures" / "demo.pcapng"
STEPS_BACK = 17


def states_after(program: list[str], capture: Path, segments: int) -> dict[str, int]:
    """How many ends are in each state when so many segments have passed, as the headless command tells."""
    done = subprocess.run(
        [*program, "packets", "-r", str(capture), "--json", "-c", str(segments)],
        capture_output=True,
        text=True,
        check=True,
    )
    latest = {}
    for line in done.stdout.splitlines():
        segment = json.loads(line)
        for end, state in (("src", "src_state"), ("dst", "dst_state")):
            latest[segment["stream"], segment[f"{end}_ip"], segment[f"{end}_port"]] = segment[state]
    counts: dict[str, int] = {}
    for state in latest.values():
        counts[state] = counts.get(state, 0) + 1
    return {state: count for state, count in counts.items() if state not in ("LISTEN", "CLOSED")}


def open_states(screen: str) -> dict[str, int]:
    """How many rows stand under each heading; headings without any left out."""
    return {state: count for state, count in heading_counts(screen).items() if count}


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """The capture where a plain user may read it."""
    path = tmp_path / "demo.pcapng"
    path.write_bytes(CAPTURE.read_bytes())
    for folder in (path, *takewhile(lambda parent: parent != Path(gettempdir()), path.parents)):
        folder.chmod(folder.stat().st_mode | 0o555)
    return path


def test_replay_groups_the_file_by_state_at_the_playhead(tmux: None, plain_program: list[str], capture: Path) -> None:
    with Terminal([*plain_program, "-r", str(capture)], 120, 36) as terminal:
        terminal.wait_for("file · demo.pcapng", "segment 38 of 38", "4/4 ACK")
        terminal.press(*[","] * STEPS_BACK)
        terminal.wait_for("segment 21 of 38", "CLOSE-WAIT", "3/3 ACK", "SND.UNA")
        expected = states_after(plain_program, capture, 38 - STEPS_BACK)
        terminal.wait_until(lambda screen: open_states(screen) == expected, f"the states {expected}")
        terminal.press("<", "<", "<")
        terminal.wait_for("segment  0 of 38", "No connection is open at this moment.")
        terminal.press("p")
        terminal.wait_for("segment 38 of 38", "TIME-WAIT")
        terminal.press("q")
        terminal.wait_for("exit code 0")
        assert terminal.modes() == "0 0 1"


def test_damaged_file_is_shown_and_the_damage_said(tmux: None, plain_program: list[str], capture: Path) -> None:
    capture.write_bytes(CAPTURE.read_bytes()[:3000])
    with Terminal([*plain_program, "-r", str(capture)], 120, 36) as terminal:
        terminal.wait_for("⚠ damaged: ", "claims", "1/3 SYN")
        terminal.press("q")
        terminal.wait_for("What comes before it was read.", "exit code 2")
