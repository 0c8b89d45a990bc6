"""A shell with job control in a terminal of its own, and how the terminal is set at any time."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

from tests.e2e.terminal import Terminal

ROOT = Path(__file__).parents[2]
SHELLS = {
    # Without line editing: the shell sets no mode of its own, so what is seen is what the program left.
    "bash": ("bash", "--norc", "--noediting", "-i"),
    "dash": ("dash", "-i"),
}
# Private modes (DECSET): mouse, focus, alternate screen, bracketed paste and resize reports; cursor and line wrap.
OFF_FOR_A_SHELL, ON_FOR_A_SHELL = (1000, 1003, 1004, 1006, 1015, 1016, 1049, 2004, 2048), (7, 25)
MODE = re.compile(rb"\x1b\[\?([\d;]+)([hl])")
CANONICAL = {"echo", "icanon", "isig", "iexten", "icrnl", "ixon"}
PROMPT = "ready>"


class Shell(Terminal):
    """An interactive shell in a terminal, with everything that has been written to the terminal."""

    def __init__(self, shell: str, size: tuple[int, int], log: Path) -> None:
        super().__init__(["env", f"PS1={PROMPT}", *SHELLS[shell]], *size)
        self.name = shell
        self._log = log
        self._tmux("pipe-pane", "-t", "t", f"exec cat >> {shlex.quote(str(log))}")
        self.tty = self._tmux("display", "-p", "-t", "t", "#{pane_tty}").strip()

    def run(self, *command: str) -> None:
        """Start the dashboard, with the prompt gone from what is searched for."""
        self.type(f"cd {shlex.quote(str(ROOT))}; clear\n")
        self.wait_until(lambda screen: screen.strip() == PROMPT, "the prompt alone")
        self.type(f"{shlex.join(command)}\n")

    def dashboard(self) -> int:
        """The pid of the dashboard."""
        return next(pid for pid, _, words in self._processes() if words.startswith(sys.executable))

    def states(self) -> set[str]:
        """The states (proc(5)) of the processes of the job; none where it is gone."""
        return {state for _, state, words in self._processes() if "-m tcpwatch" in words}

    def wait_for_states(self, *states: str) -> None:
        """Wait until all processes of the job are in one of these states."""
        self.wait_until(lambda _: self.states() == set(states), f"the job in {states}")

    def settings(self) -> set[str]:
        """What is switched on of the terminal's settings that a dashboard changes (termios(3))."""
        listed = subprocess.run(["stty", "-a", "-F", self.tty], capture_output=True, text=True, check=True).stdout
        return CANONICAL & set(listed.replace(";", " ").split())

    def private_modes(self) -> dict[int, bool]:
        """What has been switched on or off by escape sequences; 0 stands for kitty's keyboard protocol."""
        written = self._log.read_bytes()
        modes = {int(mode): switch == b"h" for numbers, switch in MODE.findall(written) for mode in numbers.split(b";")}
        return modes | {0: written.count(b"\x1b[>") > written.count(b"\x1b[<u")}

    def is_a_shell_s(self) -> bool:
        """Whether the terminal is as a shell wants it."""
        modes = self.private_modes()
        return (
            self.modes() == "0 0 1"
            and self.settings() == CANONICAL
            and not any(modes.get(mode) for mode in (0, *OFF_FOR_A_SHELL))
            and all(modes.get(mode, True) for mode in ON_FOR_A_SHELL)
        )

    def is_the_dashboard_s(self) -> bool:
        """Whether the terminal is as the dashboard wants it."""
        modes = self.private_modes()
        wanted = (0, 1000, 1003, 1004, 1006, 1049, 2004)
        return self.modes() == "1 1 0" and not self.settings() and all(modes.get(mode) for mode in wanted)

    def wait_for_shell(self, *words: str) -> None:
        """Wait until the shell has the terminal, and shows these words."""
        self.wait_until(
            lambda screen: all(word in screen for word in words) and self.is_a_shell_s(), f"the shell and {words}"
        )

    def wait_for_dashboard(self, wanted: str) -> None:
        """Wait until the whole screen is this one, and the terminal is the dashboard's."""
        self.wait_until(lambda screen: screen == wanted and self.is_the_dashboard_s(), f"this whole screen:\n{wanted}")

    def stop(self) -> None:
        """Press Ctrl-Z, once."""
        self.press("C-z")
        self.wait_for_states("T")
        self.wait_for_shell("Stopped", PROMPT)

    def _processes(self) -> list[tuple[int, str, str]]:
        """Of this terminal: pid, state (proc(5)), words."""
        listing = ["ps", "-t", self.tty, "-o", "pid=,stat=,args="]
        listed = subprocess.run(listing, capture_output=True, text=True, check=False).stdout
        lines = (line.split(maxsplit=2) for line in listed.splitlines())
        return [(int(pid), state[0], words) for pid, state, words in lines]
