"""Other network namespaces, and the end of a connection by force: the real program, after it has given root up."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.conftest import NOBODY, PATIENCE_S, Place
from tests.e2e.terminal import Terminal
from tests.kernel.held_namespaces import Held, held, named, needs_namespaces

pytestmark = [pytest.mark.e2e, needs_namespaces]

NET_ADMIN, OWNER_LOOKUP = 1 << 12, 1 << 19 | 1 << 2


def held_by_threads(pid: int) -> list[dict[str, str]]:
    """The status of each thread."""
    texts = [(task / "status").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    return [dict(line.split(":\t", 1) for line in text.splitlines()) for text in texts]


def check_given_up(pid: int, kept: int) -> None:
    """No thread is root's, or holds a capability that is not `kept`."""
    threads = held_by_threads(pid)
    assert {tuple(status["Uid"].split()) for status in threads} == {(str(NOBODY),) * 4}
    assert {status["NoNewPrivs"] for status in threads} == {"1"}
    for name in ("CapPrm", "CapEff", "CapInh", "CapAmb"):
        assert all(int(status[name], 16) & ~kept == 0 for status in threads)


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def ended_in_the_terminal(terminal: Terminal) -> None:
    """The cursor is on an established connection: end it."""
    terminal.press("K")
    terminal.wait_for("End this connection by force?", "[ No ]")
    terminal.press("y")
    terminal.wait_for("Ended: 127.0.0.1:")


def dashboard(program: list[str], *words: str) -> Terminal:
    return Terminal([*program, *words], 140, 40)


@pytest.mark.parametrize("source", [(), ("--no-bpf",)])
def test_all_namespaces_are_watched_without_root(
    tmux: None, place: Place, program: list[str], source: tuple[str, ...]
) -> None:
    with named() as name, held("ip", "netns", "exec", name) as there, held() as other:
        ports = ("-p", str(there.port), "-p", str(other.port))
        with dashboard([*place.enter, *program], *ports, "--all-netns", "--allow-kill", *source) as terminal:
            terminal.wait_for("all netns", "NETNS", name, f"/{other.pid}", "ESTABLISHED      4")
            check_given_up(terminal.pid(), NET_ADMIN if not source else NET_ADMIN | OWNER_LOOKUP)
            ended_in_the_terminal(terminal)
            terminal.wait_for("ESTABLISHED      2")


def test_one_namespace_is_watched_and_captured_without_root(tmux: None, program: list[str]) -> None:
    with (
        named() as name,
        held("ip", "netns", "exec", name) as there,
        dashboard(program, "--netns", name, "-i", "lo", "--allow-kill") as terminal,
    ):
        terminal.wait_for(f"netns {name} · lo", "ESTABLISHED      2", f"/{there.pid}", "events ●", "packets ●")
        check_given_up(terminal.pid(), NET_ADMIN)
        ended_in_the_terminal(terminal)
        terminal.wait_for("RST")  # which the kernel sent, and the capture has seen
        terminal.press("q")
        terminal.wait_for("exit code 0")


def test_kill_is_not_kept_unless_allowed(tmux: None, place: Place, program: list[str]) -> None:
    with held(*place.enter), dashboard([*place.enter, *program]) as terminal:
        terminal.wait_for("ESTABLISHED      2")
        check_given_up(terminal.pid(), 0)
        terminal.press("K")
        terminal.wait_for("--allow-kill")


def test_namespace_that_others_have_left_is_let_go_of(tmux: None, place: Place, program: list[str]) -> None:
    """Else its interfaces would stay until the dashboard ends."""

    def inhabitants(there: Held, pid: int) -> int:
        tasks = Path(f"/proc/{pid}/task").iterdir()
        return sum(os.stat(task / "ns/net").st_ino == there.inode for task in tasks)

    with held() as there, dashboard([*place.enter, *program], "--all-netns", "-p", str(there.port)) as terminal:
        terminal.wait_for("ESTABLISHED      2")
        assert inhabitants(there, terminal.pid()) == 1
        there.process.kill()
        there.process.wait()
        eventually(lambda: inhabitants(there, terminal.pid()) == 0)
