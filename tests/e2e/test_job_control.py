"""What a shell does with a job (Ctrl-Z, fg, bg, kill): the whole screen, and how the terminal is set."""

import os
import shlex
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.shell import PROMPT, ROOT, SHELLS, Shell
from tests.e2e.terminal import Terminal

pytestmark = pytest.mark.e2e

TOUCHED = "No socket matches"
IDLE_TICKS = 3  # hundredths of a second of processor time
KILL = {"bash": "kill %1", "dash": "kill %1; kill -CONT %1"}  # bash continues what it kills
SIZES = {"wide": (120, 36), "narrow": (80, 24)}


@pytest.fixture(params=SHELLS)
def shell_name(request: pytest.FixtureRequest, tmux: None) -> str:
    name: str = request.param
    if shutil.which(name) is None:
        pytest.skip(f"needs {name}")
    return name


@pytest.fixture
def shell(shell_name: str, tmp_path: Path) -> Iterator[Shell]:
    with Shell(shell_name, SIZES["wide"], tmp_path / "written") as terminal:
        yield terminal


@pytest.fixture
def paused(shell: Shell, program: list[str]) -> Shell:
    """A shell with a dashboard over it whose picture does not change."""
    shell.run(*program, "-p", "1")
    pause(shell)
    return shell


def pause(shell: Shell) -> str:
    """Freeze the picture, and wait for the last of it."""
    shell.wait_for(TOUCHED, "quit")
    shell.press("p")
    return shell.wait_for("paused")


def end(shell: Shell) -> None:
    """End it with Ctrl-C, whatever is over the panes; the code is the shell's to tell."""
    shell.press("C-c")
    shell.wait_until(lambda _: not shell.states(), "the end")
    shell.type("echo code $?\n")
    shell.wait_for_shell("code 0")


OVER = {
    "dashboard": ((), "quit"),
    "help": (("?",), "Esc closes"),
    "filter": (("/", "9", "9"), "99"),
    "presenter": (("P",), "Presenter"),
    "detail": (("3", "z"), "Detail"),
}


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize(("keys", "shows"), OVER.values(), ids=OVER)
def test_ctrl_z_and_fg_over(
    shell_name: str, tmp_path: Path, program: list[str], size: tuple[int, int], keys: tuple[str, ...], shows: str
) -> None:
    with Shell(shell_name, size, tmp_path / "written") as shell:
        shell.run(*program, "-p", "1")
        pause(shell)
        shell.press(*keys)
        shell.wait_for(shows)
        before = settled(shell)
        for _ in range(2):
            shell.stop()
            shell.type("clear; echo the shell; cat /etc/passwd\n")
            shell.wait_for("ready>")
            shell.type("fg\n")
            shell.wait_for_dashboard(before)
        end(shell)


def settled(shell: Shell) -> str:
    """The screen once it is the same for a while, and the terminal the dashboard's."""
    shell.wait_until(lambda _: shell.is_the_dashboard_s(), "the dashboard's modes")
    before = ""
    while before != (before := shell.screen()):
        time.sleep(0.5)
    return before


@contextmanager
def connected() -> Iterator[int]:
    """A connection on loopback, and the port of its listener."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), listener.accept()[0]:
            yield port


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, for --allow-kill")
def test_ctrl_z_and_fg_over_the_question_before_a_kill(shell: Shell, program: list[str]) -> None:
    with connected() as port:
        shell.run(*program, "-p", str(port), "--allow-kill")
        shell.wait_for("ESTABLISHED", "quit")
        shell.press("p", "n", "Down")
        shell.wait_for("paused")
        shell.press("K")
        shell.wait_for("Yes")
        before = settled(shell)
        shell.stop()
        shell.type("fg\n")
        shell.wait_for_dashboard(before)
        end(shell)


def test_size_that_changed_while_stopped_is_arranged_as_at_a_start(paused: Shell) -> None:
    wide = settled(paused)
    paused.resize(*SIZES["narrow"])
    paused.wait_until(lambda screen: screen != wide and "paused" in screen, "the narrow screen")
    narrow = settled(paused)
    for size, wanted in ((SIZES["wide"], wide), (SIZES["narrow"], narrow)):
        paused.stop()
        paused.resize(*size)
        paused.type("clear; fg\n")
        paused.wait_for_dashboard(wanted)
    end(paused)


def test_size_that_changed_during_a_sigstop_is_arranged(paused: Shell) -> None:
    wide = settled(paused)
    os.kill(paused.dashboard(), signal.SIGSTOP)
    paused.wait_for("Stopped")
    paused.resize(*SIZES["narrow"])
    paused.type("fg\n")
    paused.wait_until(lambda screen: len(screen.splitlines()) <= 24 and "1 Connections" in screen, "the narrow screen")
    paused.resize(*SIZES["wide"])
    paused.wait_for_dashboard(wide)
    end(paused)


@pytest.mark.parametrize("number", [signal.SIGTSTP, signal.SIGSTOP])
def test_stopped_from_outside_and_fg(paused: Shell, number: signal.Signals) -> None:
    before = settled(paused)
    for _ in range(3):
        os.kill(paused.dashboard(), number)
        paused.wait_for("Stopped")
        paused.wait_for_states("T")
        paused.type("fg\n")
        paused.wait_for_dashboard(before)
    end(paused)


@pytest.mark.parametrize("number", [signal.SIGTSTP, signal.SIGSTOP])
def test_bg_neither_draws_nor_spins_and_fg_brings_it_back(
    shell: Shell, program: list[str], tmp_path: Path, number: signal.Signals
) -> None:
    shell.run(*program, "-p", "1")
    shell.wait_for(TOUCHED, "quit")
    if number == signal.SIGTSTP:
        shell.stop()
    else:
        os.kill(shell.dashboard(), number)
        shell.wait_for("Stopped")
    for _ in range(2):
        written = (tmp_path / "written").stat().st_size
        shell.type("bg\n")
        time.sleep(1)
        shell.wait_for_states("T")
        drawn = (tmp_path / "written").read_bytes()[written:]
        assert b"\x1b[" not in drawn
        ticks = processor_ticks(shell.dashboard())
        time.sleep(1)
        assert processor_ticks(shell.dashboard()) - ticks <= IDLE_TICKS
    shell.type("fg\n")
    shell.wait_for(TOUCHED, "Connections", "quit")
    shell.wait_until(lambda screen: "bg" not in screen and shell.is_the_dashboard_s(), "the dashboard alone")
    end(shell)


def processor_ticks(pid: int) -> int:
    """How long it has run (proc(5)), in hundredths of a second."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


@pytest.mark.parametrize("after", ["Ctrl-Z", "bg", "SIGSTOP", "SIGSTOP and bg"])
def test_kill_of_a_stopped_job_ends_it_and_leaves_a_shell_s_terminal(paused: Shell, after: str) -> None:
    if "SIGSTOP" in after:
        os.kill(paused.dashboard(), signal.SIGSTOP)
        paused.wait_for("Stopped")
    else:
        paused.stop()
    if "bg" in after:
        paused.type("bg\n")
        time.sleep(1)
        paused.wait_for_states("T")
    paused.type(f"{KILL[paused.name]}\n")
    paused.wait_until(lambda _: not paused.states(), "the end")
    paused.type("echo $((40 + 2)) is told by a shell\n")
    paused.wait_for_shell("42 is told")


def test_sigcont_alone_six_times_leaves_one_thread_and_q_ends_at_once(paused: Shell) -> None:
    before = settled(paused)
    pid = paused.dashboard()
    threads = set(os.listdir(f"/proc/{pid}/task"))
    for _ in range(6):
        os.kill(pid, signal.SIGCONT)
        paused.wait_for_dashboard(before)
    assert set(os.listdir(f"/proc/{pid}/task")) == threads
    paused.press("q")
    asked = time.monotonic()
    paused.wait_until(lambda _: not paused.states(), "the end", patience_s=5)
    assert time.monotonic() - asked < 2
    paused.type("echo code $?\n")
    paused.wait_for_shell("code 0")


def test_stops_and_continues_in_turn_do_not_lock_it_up(paused: Shell) -> None:
    before = settled(paused)
    for _ in range(40):
        for number in (signal.SIGTSTP, signal.SIGCONT):
            os.kill(paused.dashboard(), number)
    paused.wait_until(lambda _: paused.states() == {"T"} or paused.screen() == before, "an end of the turns")
    time.sleep(0.5)
    paused.type("fg\n" if paused.states() == {"T"} else "")
    paused.wait_for_dashboard(before)
    end(paused)


@pytest.mark.parametrize("user", ["program", "plain_program"])
@pytest.mark.parametrize("around", [0, 1, 2])
def test_one_ctrl_z_stops_the_shells_around_it_too(
    request: pytest.FixtureRequest, shell: Shell, user: str, around: int
) -> None:
    command = shlex.join([*request.getfixturevalue(user), "-p", "1"])
    for _ in range(around):
        command = f"sh -c {shlex.quote(command + '; true')}"
    shell.run(*shlex.split(command))
    pause(shell)
    before = settled(shell)
    for continues in ((), ("bg",), ("bg", "bg")) if not around else ((),):
        shell.stop()
        for command in continues:
            shell.type(f"{command}\n")
            time.sleep(1)
            shell.wait_for_states("T")
        shell.type("fg\n")
        shell.wait_for_dashboard(before)
    end(shell)


def test_ctrl_z_without_a_shell_to_go_back_to_says_so(tmux: None, program: list[str]) -> None:
    with Terminal([*program, "-p", "1"], 120, 36) as terminal:
        terminal.wait_for(TOUCHED, "quit")
        terminal.press("C-z")
        terminal.wait_for("no shell has started it")
        os.kill(terminal.pid(), signal.SIGTSTP)
        terminal.press("?")
        terminal.wait_for("Esc closes")
        assert terminal.modes() == "1 1 0"
        terminal.press("C-c")
        terminal.wait_for("exit code 0")


def test_started_in_the_background_it_waits_for_fg(shell: Shell, program: list[str]) -> None:
    shell.type(f"cd {shlex.quote(str(ROOT))}\n")
    shell.type(f"{shlex.join([*program, '-p', '1'])} &\n")
    shell.wait_for_states("T")
    shell.wait_for_shell(PROMPT)
    shell.type("fg\n")
    pause(shell)
    settled(shell)
    end(shell)
