"""A demo, and what three other tcpwatch see of it that look into its namespace from outside."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest

# Whoever is not root owns the user namespace too, and holds every capability once he is in it.
ENTER = """
import os, sys
from tcpwatch.lab.namespace import _call, _leave_capabilities_to_children
pid, *command = sys.argv[1:]
kinds = ["net"] if os.geteuid() == 0 else ["user", "net"]
for namespace in [os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY) for kind in kinds]:
    _call("setns", namespace, 0)
if os.geteuid():
    _leave_capabilities_to_children()
os.execv(command[0], command)
"""
LOOKS_OFTEN = """
import sys, time
from tcpwatch.cli import main
while True:
    main(["sockets", "--json", "--no-bpf", "-p", "9999"])
    print("looking", file=sys.stderr)
    time.sleep(0.15)
"""
WATCH_PORT = ("-i", "lo", "-p", "9999", "--json")
WITNESSES = {
    "sockets": ("-c", LOOKS_OFTEN),
    "flows": ("-m", "tcpwatch", "flows", *WATCH_PORT),
    "packets": ("-m", "tcpwatch", "packets", *WATCH_PORT),  # ends last: it has seen all that the others have
}
BEGUN = ("looking", "tcpwatch: capturing on lo")
PATIENCE_S = 20
ENDS_WITHIN_S = 60
LOOPBACK = "127.0.0.0/8"


class Witnessed(NamedTuple):
    """How the demo ended, and what each witness said, an object a line."""

    code: int
    out: str
    err: str
    place: str
    sockets: list[dict[str, Any]]
    flows: list[dict[str, Any]]
    packets: list[dict[str, Any]]


def place_of(pid: int) -> str:
    """The network namespace of a process; empty where it is gone."""
    try:
        return os.readlink(f"/proc/{pid}/ns/net")
    except OSError:
        return ""


def places() -> dict[int, str]:
    """The network namespace of each process that may be looked into."""
    return {int(name): place for name in os.listdir("/proc") if name.isdecimal() and (place := place_of(int(name)))}


def skip_where_refused(program: Sequence[str]) -> None:
    """Skip the test where this program may have no namespace."""
    tried = subprocess.run([*program, "demo", "refused", "--headless"], capture_output=True, text=True, check=False)
    if "playing a recording" in tried.stderr:
        pytest.skip(tried.stderr.splitlines()[0])


def held_where_it_plays(demo: "subprocess.Popen[str]") -> str:
    """Stop the demo as soon as it is in a namespace of its own, before anything happens there; that namespace."""
    deadline, outside = time.monotonic() + PATIENCE_S, place_of(os.getpid())
    while (place := place_of(demo.pid)) in (outside, "") or LOOPBACK not in routes(demo.pid):
        assert demo.poll() is None, "it has ended, and had no namespace"
        assert time.monotonic() < deadline, "it has no namespace of its own"
        time.sleep(0.001)
    demo.send_signal(signal.SIGSTOP)
    return place


def routes(pid: int) -> str:
    """The routes of the process's namespace: there are some once loopback is up."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/net/fib_trie").read_text()
    return ""


def witnessed(command: Sequence[str], folder: Path) -> Witnessed:
    """Play the demo, as root or as this user, to its end before all witnesses."""
    with ExitStack() as ending:
        demo = ending.enter_context(
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        )
        ending.callback(demo.kill)
        place = held_where_it_plays(demo)
        watching = {}
        for name, words in WITNESSES.items():
            told = ending.enter_context((folder / name).open("w"))
            from_outside = [sys.executable, "-c", ENTER, str(demo.pid), sys.executable, *words]
            witness = subprocess.Popen(from_outside, stdout=told, stderr=subprocess.PIPE, text=True)
            watching[name] = ending.enter_context(witness)
            ending.callback(witness.kill)
        for witness in watching.values():
            assert witness.stderr is not None
            assert witness.stderr.readline().startswith(BEGUN)
        demo.send_signal(signal.SIGCONT)
        out, err = demo.communicate(timeout=ENDS_WITHIN_S)
        for witness in watching.values():
            witness.terminate()
            witness.communicate(timeout=PATIENCE_S)
        return Witnessed(demo.returncode, out, err, place, *(testimony(folder / name) for name in WITNESSES))


def testimony(file: Path) -> list[dict[str, Any]]:
    """The objects in the file; a line that was broken off is none."""
    lines = file.read_text().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]
