"""The same sockets with four levels of privilege: what each user sees, and what `doctor` says of it."""

import json
import re
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests.e2e.conftest import Place
from tests.e2e.terminal import Terminal, heading_counts
from tests.kernel.bpf.allowed import needs_bpf

pytestmark = pytest.mark.e2e

# A listener of root's, with a connection to it.
SERVER = """
import socket
listening = socket.create_server(("127.0.0.1", 8087))
connecting = socket.create_connection(("127.0.0.1", 8087))
accepted, _ = listening.accept()
input()
"""
FOR_BPF, FOR_OWNERS = "CAP_BPF and CAP_PERFMON", "CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"


@dataclass(frozen=True)
class Level:
    """A user: the capabilities it has (None: root's, all), and what of tcpwatch's sources is lacking it."""

    capabilities: tuple[str, ...] | None
    lacks: dict[str, str]  # by the name of doctor's check, what it says is needed

    @property
    def has_bpf(self) -> bool:
        return "events" not in self.lacks

    def command(self, root: list[str], plain: list[str]) -> list[str]:
        """The real command as this user."""
        if self.capabilities is None:
            return root
        wanted = ",".join(f"+{name}" for name in self.capabilities)
        ambient = [f"--ambient-caps={wanted}"] if wanted else []
        inheritable = ",".join(filter(None, ["--inh-caps=-all", wanted]))
        setpriv, *words = [inheritable if word == "--inh-caps=-all" else word for word in plain]
        return [setpriv, *ambient, *words]


MISHAPS = ("resets", "errors", "drops")
WITHOUT_BPF = {"owners": FOR_OWNERS, **dict.fromkeys(("events", "threads", *MISHAPS), FOR_BPF)}
LEVELS = {
    "root": Level(None, {}),
    "bpf": Level(("bpf", "perfmon"), {"packets": "CAP_NET_RAW"}),
    "net_raw": Level(("net_raw",), WITHOUT_BPF),
    "plain": Level((), WITHOUT_BPF | {"packets": "CAP_NET_RAW"}),
}


@pytest.fixture(
    params=[pytest.param(level, id=name, marks=needs_bpf if level.has_bpf else ()) for name, level in LEVELS.items()]
)
def level(request: pytest.FixtureRequest) -> Level:
    found: Level = request.param
    return found


@pytest.fixture
def command(level: Level, program: list[str], plain_program: list[str]) -> list[str]:
    return level.command(program, plain_program)


def checks(place: Place, command: list[str]) -> dict[str, dict[str, Any]]:
    """Doctor's checks of the sources; what the kernel has for a sandbox is no matter of the user's level."""
    report = json.loads(place.run(*command, "doctor", "--json").stdout)
    return {check["name"]: check for check in report["checks"] if check["name"] != "sandbox"}


def test_doctor_says_what_this_user_lacks_and_how_to_have_it(place: Place, level: Level, command: list[str]) -> None:
    report = checks(place, command)
    assert {name for name, check in report.items() if not check["works"]} == level.lacks.keys()
    for name, capabilities in level.lacks.items():
        assert capabilities in report[name]["says"]
        assert re.fullmatch(r"sudo \S+ -P -m tcpwatch doctor --json", report[name]["mend"])
    assert report["sockets"]["says"].startswith("BPF: " if level.has_bpf else "NETLINK_SOCK_DIAG: ")
    assert (FOR_BPF in report["sockets"]["says"]) is (report["sockets"]["mend"] is not None) is not level.has_bpf


def test_doctor_in_words_says_the_same(place: Place, level: Level, command: list[str]) -> None:
    lines = place.run(*command, "doctor").stdout.splitlines()
    marks = {line.split()[1]: line[0] for line in lines if line[:1] in ("●", "○") and line.split()[1] != "sandbox"}
    names = ("sockets", "owners", "events", *MISHAPS, "programs", "threads", "packets")
    names += ("limits", "links", "route", "conntrack")
    assert marks == {name: "○" if name in level.lacks else "●" for name in names}
    mended = sum("to have it: sudo" in line for line in lines), sum("to have more: sudo" in line for line in lines)
    assert mended == (len(level.lacks), 0 if level.has_bpf else 1)


@needs_bpf
def test_doctor_mends_nothing_that_was_not_wanted(place: Place, program: list[str]) -> None:
    """Root lacks no capability for what `--no-bpf` leaves out."""
    report = checks(place, [*program, "--no-bpf"])
    assert not report["events"]["works"]
    assert (report["events"]["mend"], report["sockets"]["mend"]) == (None, None)
    assert "CAP_" not in report["events"]["says"]


def test_doctor_names_the_capabilities_held(place: Place, level: Level, command: list[str]) -> None:
    held = json.loads(place.run(*command, "doctor", "--json").stdout)["capabilities"]
    if level.capabilities is None:
        assert {"CAP_BPF", "CAP_PERFMON", "CAP_NET_RAW", "CAP_SYS_PTRACE"} <= set(held)
    else:
        assert sorted(held) == sorted(f"CAP_{name.upper()}" for name in level.capabilities)


def test_sockets_are_seen_by_every_user(place: Place, level: Level, command: list[str]) -> None:
    with place.running(sys.executable, "-c", SERVER):
        place.wait_for_listener(8087)
        lines = place.run(*command, "sockets", "--json").stdout.splitlines()
    found = [json.loads(line) for line in lines]
    assert sorted(socket["state"] for socket in found) == ["ESTABLISHED", "ESTABLISHED", "LISTEN"]
    opened = [socket for socket in found if socket["state"] == "ESTABLISHED"]
    assert {socket["tcb_source"] for socket in opened} == {"kernel" if level.has_bpf else "relative"}
    assert all(socket["tcb"]["snd_una"] == socket["tcb"]["snd_nxt"] for socket in opened)
    assert {bool(socket["owners"]) for socket in found} == {level.has_bpf}
    assert {socket["no_owner"] for socket in found} == {None if level.has_bpf else "needs root"}


def test_dashboard_works_for_every_user(tmux: None, place: Place, level: Level, command: list[str]) -> None:
    with ExitStack() as running:
        running.enter_context(place.running(sys.executable, "-c", SERVER))
        place.wait_for_listener(8087)  # the dashboard chooses a connection that is there when it starts
        terminal = running.enter_context(Terminal([*place.enter, *command, "-i", "lo", "-p", "8087"], 120, 36))
        screen = terminal.wait_for("LISTEN", "ESTABLISHED", "SND.UNA")
        assert heading_counts(screen) == {"ESTABLISHED": 2, "LISTEN": 1}
        assert ("CAP_NET_RAW" in screen) is ("packets" in level.lacks)
        source = re.search(r"SND\.UNA\s+\d+ (\w) ", screen)
        assert source
        assert source[1] == ("k" if level.has_bpf else "r")
        assert ("needs root" in screen) is not level.has_bpf
        terminal.press("q")
        terminal.wait_for("exit code 0")


def test_root_of_a_container_is_told_what_to_start_it_with(place: Place, program: list[str]) -> None:
    """Docker leaves root without the capabilities for BPF and for the files of others' processes."""
    docker = "-all,+setgid,+setuid,+setpcap,+net_raw"
    report = checks(place, ["setpriv", f"--bounding-set={docker}", "--inh-caps=-all", *program])
    assert {name: check["works"] for name, check in report.items()} == {
        "sockets": True,
        "owners": False,
        "events": False,
        **dict.fromkeys(MISHAPS, False),
        "programs": True,
        "threads": False,
        "packets": True,
        "limits": True,
        "links": True,
        "route": True,
        "conntrack": True,
    }
    assert report["owners"]["mend"].endswith("start the container with --cap-add=SYS_PTRACE --cap-add=DAC_READ_SEARCH")
    assert report["events"]["mend"].endswith("start the container with --cap-add=BPF --cap-add=PERFMON")
    assert report["sockets"]["mend"] == report["events"]["mend"]


def test_root_without_the_right_to_look_into_others_is_told_which(place: Place, program: list[str]) -> None:
    bounded = ["setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-all", *program, "--no-bpf"]
    with place.running(sys.executable, "-c", SERVER):
        place.wait_for_listener(8087)
        report = [json.loads(line) for line in place.run(*bounded, "sockets", "--json").stdout.splitlines()]
    assert {socket["no_owner"] for socket in report} == {"needs CAP_SYS_PTRACE"}


def test_root_of_a_user_namespace_is_told_that_others_are_out_of_sight(place: Place, program: list[str]) -> None:
    owners = checks(place, ["unshare", "-U", "-r", *program])["owners"]
    assert not owners["works"]
    assert re.fullmatch(r"all but \d+ process(es)? outside this user namespace, .*", owners["says"])
