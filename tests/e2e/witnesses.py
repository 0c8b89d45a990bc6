"""A demo, and what three other tcpwatch see of it that look into its namespace from outside."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.lab.proc_net import eventually

STOPS_WHERE_IT_PLAYS = """
import os, signal, sys
from tcpwatch.cli import main
from tcpwatch.cli.commands.demo import command as demo
enter = demo.enter_own_namespace
def enter_and_stop():
    place = enter()
    os.kill(os.getpid(), signal.SIGSTOP)
    return place
demo.enter_own_namespace = enter_and_stop
sys.exit(main(sys.argv[1:]))
"""
# Whoever is not root owns the user namespace too, and holds every capability once he is in it.
ENTER = """
import os, sys
from tcpwatch.lab.namespace import _leave_capabilities_to_children
from tcpwatch.system.libc import call
pid, *command = sys.argv[1:]
kinds = ["net"] if os.geteuid() == 0 else ["user", "net"]
for namespace in [os.open(f"/proc/{pid}/ns/{kind}", os.O_RDONLY) for kind in kinds]:
    call("setns", namespace, 0)
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
    time.sleep(0.25)
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


class Witnessed(NamedTuple):
    """How the demo ended, whether all of it has gone, and what each witness said, an object a line."""

    code: int
    out: str
    err: str
    all_gone: bool
    sockets: list[dict[str, Any]]
    flows: list[dict[str, Any]]
    packets: list[dict[str, Any]]


class Ground:
    """The network namespace of a process, held: no other is given its number meanwhile."""

    def __init__(self, pid: int) -> None:
        self._fd = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
        self._name = place_of(pid)

    def processes(self) -> list[int]:
        """Those in it, as far as they may be looked into."""
        return [int(name) for name in os.listdir("/proc") if name.isdecimal() and place_of(int(name)) == self._name]

    def all_gone(self) -> bool:
        """Let go of it; whether there is nobody in it, or soon will be."""
        gone = eventually(lambda: not self.processes())
        os.close(self._fd)
        return gone


def place_of(pid: int) -> str:
    """The name of a process's network namespace; empty where it is gone."""
    try:
        return os.readlink(f"/proc/{pid}/ns/net")
    except OSError:
        return ""


def skip_where_refused(program: Sequence[str]) -> None:
    """Skip the test where this program may have no namespace."""
    tried = subprocess.run([*program, "demo", "refused", "--headless"], capture_output=True, text=True, check=False)
    if "playing from recordings" in tried.stderr:
        pytest.skip(tried.stderr.splitlines()[0])


def begin(program: Sequence[str], *words: str) -> "tuple[subprocess.Popen[str], Ground]":
    """Start the demo; it has stopped in its own namespace, before anything happens there, and goes on by SIGCONT."""
    *python, dash_m, package = program
    assert (dash_m, package) == ("-m", "tcpwatch")
    command = [*python, "-c", STOPS_WHERE_IT_PLAYS, "demo", *words, "--headless", "--lang", "en"]
    demo = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    status = os.waitid(os.P_PID, demo.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
    if status is None or status.si_code != os.CLD_STOPPED:
        raise AssertionError(demo.communicate()[1])
    return demo, Ground(demo.pid)


def witnessed(program: Sequence[str], name: str, pace: str, folder: Path) -> Witnessed:
    """Play the scenario, as root or as this user, to its end before all witnesses."""
    with ExitStack() as ending:
        demo, ground = begin(program, name, "--pace", pace)
        ending.enter_context(demo)
        ending.callback(demo.kill)
        watching = {}
        for witness_name, words in WITNESSES.items():
            told = ending.enter_context((folder / witness_name).open("w"))
            from_outside = [sys.executable, "-c", ENTER, str(demo.pid), sys.executable, *words]
            witness = subprocess.Popen(from_outside, stdout=told, stderr=subprocess.PIPE, text=True)
            watching[witness_name] = ending.enter_context(witness)
            ending.callback(witness.kill)
        for witness in watching.values():
            assert witness.stderr is not None
            assert witness.stderr.readline().startswith(BEGUN)
        demo.send_signal(signal.SIGCONT)
        out, err = demo.communicate(timeout=ENDS_WITHIN_S)
        for witness in watching.values():
            witness.terminate()
            witness.communicate(timeout=PATIENCE_S)
        return Witnessed(
            demo.returncode, out, err, ground.all_gone(), *(testimony(folder / each) for each in WITNESSES)
        )


def testimony(file: Path) -> list[dict[str, Any]]:
    """The objects in the file; a line that was broken off is none."""
    lines = file.read_text().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]
