"""Takes the pictures in this folder from the real program on the demo's real traffic. `make screenshots`; needs root
and tmux.

Nothing is made up: addresses, ports, clocks and sequence numbers are those of the run.
"""

import sys
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from tests.e2e.terminal import Terminal

HERE = Path(__file__).parent
DEMO = [sys.executable, "-m", "tcpwatch", "demo"]
DARK = TerminalTheme(
    (18, 22, 28),
    (216, 222, 233),
    [
        *((40, 44, 52), (224, 108, 117), (152, 195, 121), (229, 192, 123)),
        *((97, 175, 239), (198, 120, 221), (86, 182, 194), (216, 222, 233)),
    ],
)

# name: columns, rows, what is pressed, what the screen must show before the picture is taken
SCENES: dict[str, tuple[int, int, tuple[str, ...], tuple[str, ...]]] = {
    "demo-120x36": (120, 36, (), ("CLOSE-WAIT", "1/3 SYN", "4/4 ACK", "SND.UNA")),
    "demo-absolute": (120, 36, ("r",), ("absolute",)),
    "demo-80x24": (80, 24, (), ("CLOSE-WAIT", "must close()")),
    "demo-80x24-packets": (80, 24, ("2",), ("2/4 ACK",)),
    "demo-80x24-detail": (80, 24, ("3",), ("SND.UNA",)),
    "help": (120, 36, ("?",), ("CLOSE-WAIT",)),
}


def take(name: str, columns: int, rows: int, keys: tuple[str, ...], wanted: tuple[str, ...]) -> Path:
    """One picture, of the demo as it is after these keys."""
    with Terminal(DEMO, columns, rows) as terminal:
        terminal.wait_for("CLOSE-WAIT", "TIME-WAIT")
        for key in keys:
            terminal.press(key)
        terminal.wait_for(*wanted)
        painted = terminal.painted_screen()
        terminal.press("q")
    console = Console(record=True, width=columns, file=StringIO(), force_terminal=True, color_system="truecolor")
    for line in painted.split("\n")[:rows]:
        console.print(Text.from_ansi(line), overflow="crop", no_wrap=True)
    path = HERE / f"{name}.svg"
    console.save_svg(str(path), title="tcpwatch demo", theme=DARK)
    return path


if __name__ == "__main__":
    for scene, facts in SCENES.items():
        print(take(scene, *facts).name)
