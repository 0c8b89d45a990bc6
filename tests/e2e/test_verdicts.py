"""Real programs that get into trouble, all at once: `explain` names each by its rule, and the near misses by none.

They run in a network namespace of their own; another one is the other host, and rules of nft lose what is to be lost.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.e2e.situations import CROWD, HERE, NAMES, NET, NODE, PORTS

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        os.geteuid() != 0 or not all(map(shutil.which, ("ip", "nft", "unshare", "nsenter"))),
        reason="needs root, ip and nft, for network namespaces of its own",
    ),
]

TRUE_AFTER_S = 8.0  # a third SYN-ACK goes out after 7 s
CHAIN = "type filter hook input priority 0;"
FILTER = f"table inet verdicts {{ chain in {{ {CHAIN} }}; chain loss {{ {CHAIN} }}; }}"
EXPECTED = {
    "both_ends_here": "receive-window-shut",
    **{name: name.replace("_", "-") for name in NAMES if not name.startswith("fine") and name != "both_ends_here"},
}
ALARMS = ("warn", "error")

Problems = list[dict[str, Any]]


def namespace(ending: ExitStack) -> int:
    """A process that holds a new one."""
    words = ["unshare", "-n", "sh", "-c", "ip link set lo up && echo ready && exec sleep 60"]
    holder = ending.enter_context(subprocess.Popen(words, stdout=subprocess.PIPE))
    ending.callback(holder.kill)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"ready\n"
    return holder.pid


def run_in(pid: int, *words: str) -> str:
    done = subprocess.run(
        ["nsenter", f"--net=/proc/{pid}/ns/net", *words], capture_output=True, text=True, check=True, timeout=30
    )
    return done.stdout


def begin(ending: ExitStack, pid: int, name: str) -> "subprocess.Popen[bytes]":
    """One of the programs; it ends with its input."""
    return started(ending, pid, sys.executable, "-m", "tests.e2e.situations", name)


def started(ending: ExitStack, pid: int, *words: str) -> "subprocess.Popen[bytes]":
    command = ["nsenter", f"--net=/proc/{pid}/ns/net", *words]
    program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    ending.enter_context(program)
    ending.callback(program.kill)
    return program


def wait_for(programs: "list[subprocess.Popen[bytes]]") -> None:
    for program in programs:
        assert program.stdout is not None
        assert program.stdout.readline() == b"ready\n"


def two_hosts(ending: ExitStack) -> tuple[int, int]:
    here, there = namespace(ending), namespace(ending)
    run_in(here, "ip", "link", "add", "v0", "type", "veth", "peer", "name", "v1", "netns", str(there))
    run_in(here, "ip", "addr", "add", f"{HERE}/16", "dev", "v0")
    for place in range(CROWD):
        run_in(there, "ip", "addr", "add", f"{NET}.0.{2 + place}/16", "dev", "v1")
    for pid, name in ((here, "v0"), (there, "v1")):
        run_in(pid, "ip", "link", "set", name, "up")
        run_in(pid, "nft", FILTER)
    return here, there


@pytest.fixture(scope="module")
def explained() -> Iterator[dict[str, Problems]]:
    """What `explain` says while all is the case, natively and without BPF."""
    with ExitStack() as ending:
        here, there = two_hosts(ending)
        wait_for([begin(ending, there, "servers")])
        programs = [begin(ending, here, name) for name in NAMES]
        if (node := shutil.which("node")) is not None:
            programs.append(started(ending, here, node, "-e", NODE))
        wait_for(programs)
        wait_for([begin(ending, there, "clients")])
        time.sleep(TRUE_AFTER_S)
        yield {
            option: [
                json.loads(line)
                for line in run_in(here, sys.executable, "-m", "tcpwatch", "explain", "--json", option).splitlines()
            ]
            for option in ("--backend=native", "--no-bpf")
        }


def rules(found: Problems, name: str, severities: tuple[str, ...]) -> set[str]:
    """The rules that speak of the port of a situation, this loudly."""
    places = (f":{PORTS[name]}",)
    return {
        problem["rule"]
        for problem in found
        if problem["severity"] in severities
        and any(member[end].endswith(places) for member in problem["members"] for end in ("local", "remote"))
    }


@pytest.mark.parametrize("name", EXPECTED)
def test_trouble_is_named_by_its_rule_and_by_no_other(explained: dict[str, Problems], name: str) -> None:
    found, expected = explained["--backend=native"], EXPECTED[name]
    assert rules(found, name, (*ALARMS, "note", "chat")) == {expected}
    assert rules(found, name, ALARMS) <= {expected}


@pytest.mark.parametrize("name", EXPECTED)
def test_trouble_is_named_without_bpf_too(explained: dict[str, Problems], name: str) -> None:
    known = (
        set() if name == "deferred_accept" else {EXPECTED[name]}
    )  # only the kernel's own records show that it defers
    assert rules(explained["--no-bpf"], name, (*ALARMS, "note", "chat")) == known


@pytest.mark.parametrize("option", ["--backend=native", "--no-bpf"])
@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("fine")])
def test_near_miss_is_none(explained: dict[str, Problems], name: str, option: str) -> None:
    assert rules(explained[option], name, (*ALARMS, "note")) == set()


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_program_of_another_runtime_that_does_not_read_is_named(explained: dict[str, Problems]) -> None:
    found = explained["--backend=native"]
    assert rules(found, "node_does_not_read", (*ALARMS, "note")) == {"receive-window-shut"}
    assert any(one["subject"].startswith("node/") for one in found if one["rule"] == "receive-window-shut")


def test_listeners_that_defer_and_corks_are_no_alarms(explained: dict[str, Problems]) -> None:
    for name in ("deferred_accept", "corked"):
        assert rules(explained["--backend=native"], name, ALARMS) == set()


def test_each_alarm_says_who_how_many_and_what_to_do(explained: dict[str, Problems]) -> None:
    for problem in explained["--backend=native"]:
        assert problem["message"].endswith(".")
        assert problem["severity"] == "chat" or problem["next_steps"], problem["rule"]
