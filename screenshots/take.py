"""Takes the pictures in this folder from the real program on the demo's real traffic. `make screenshots`; needs root
and tmux.

Nothing is made up: addresses, ports, clocks and sequence numbers are those of the run.
"""

import sys
from io import StringIO
from itertools import islice
from pathlib import Path

from rich.ansi import AnsiDecoder
from rich.console import Console

from tests.e2e.terminal import Terminal

HERE = Path(__file__).parent
DEMO = ("demo",)
TOLD = ("demo", "handshake")
LEAVE = ("q", "q")  # whatever lies over the dashboard goes first
HANDSHAKE = ("-r", "tcpwatch/lab/recordings/handshake.pcapng")
REPLAY = ("-r", "tests/captures/demo.pcapng")
BEGUN = {TOLD: "the server answers SYN-ACK"}  # until this is seen nothing is pressed; of the others a TIME-WAIT
PATIENCE_S = 90  # a handshake is told for readers

# name: columns, rows, the command's words, what is pressed, what must be on the screen for the picture
SCENES: dict[str, tuple[int, int, tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "demo-120x36": (120, 36, DEMO, (), ("CLOSE-WAIT", "1/3 SYN", "4/4 ACK", "SND.UNA")),
    "demo-absolute": (120, 36, DEMO, ("r",), ("absolute",)),
    "demo-80x24": (80, 24, DEMO, (), ("CLOSE-WAIT", "must close()")),
    "demo-80x24-packets": (80, 24, DEMO, ("2",), ("2/4 ACK",)),
    "demo-80x24-detail": (80, 24, DEMO, ("3",), ("SND.UNA",)),
    "narration": (120, 36, TOLD, (), ("2/3: the server answers SYN-ACK",)),
    "presenter": (120, 36, HANDSHAKE, ("P", "Space", "Space", "Space"), ("SYN-RECEIVED → ESTABLISHED",)),
    "help": (120, 36, DEMO, ("?",), ("What do I press next?",)),
    "why": (120, 36, DEMO, ("w",), ("RFC 9293",)),
    "replay": (120, 36, REPLAY, (",", ",", ","), ("segment",)),
}


def take(
    name: str, columns: int, rows: int, words: tuple[str, ...], keys: tuple[str, ...], wanted: tuple[str, ...]
) -> Path:
    """One picture, of the program as it is after these keys."""
    with Terminal([sys.executable, "-m", "tcpwatch", *words], columns, rows) as terminal:
        terminal.wait_for("Connections", BEGUN.get(words, "TIME-WAIT"), patience_s=PATIENCE_S)
        for key in keys:
            terminal.press(key)
        terminal.wait_for(*wanted)
        painted = terminal.painted_screen()
        terminal.press(*LEAVE)
        terminal.wait_for("exit code")  # the next demo needs the port
    console = Console(record=True, width=columns, file=StringIO(), force_terminal=True, color_system="truecolor")
    for line in islice(AnsiDecoder().decode(painted), rows):  # one decoder: colours go on from line to line
        console.print(line, overflow="crop", no_wrap=True)
    path = HERE / f"{name}.svg"
    console.save_svg(str(path), title=f"tcpwatch {words[0]}")
    return path


if __name__ == "__main__":
    for scene, facts in SCENES.items():
        print(take(scene, *facts).name)
