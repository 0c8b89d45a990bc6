"""A demo, and what three other tcpwatch see of it that look into its namespace from outside."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple

import pytest

from tests.e2e.forks import ForkServer, Run
from tests.lab.proc_net import eventually

PORT = ("-p", "9999", "--json")
WITNESSES = (
    ("look_often", "sockets", "--no-bpf", *PORT),
    ("watch", "flows", "-i", "lo", *PORT),
    ("watch", "packets", "-i", "lo", *PORT),  # ends last: it has seen all that the others have
)
BEGUN = ("looking", "tcpwatch: capturing on lo")


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


def skip_where_refused(program: ForkServer) -> None:
    """Skip the test where this program may have no namespace."""
    with program.run("play", "refused", "--pace", "0", "--headless", "--lang", "en", out_to_file=True) as tried:
        if not tried.has_stopped():
            pytest.skip(tried.end().err.splitlines()[0])


@contextmanager
def begun(program: ForkServer, name: str, pace_s: str, *, out_to_file: bool = False) -> Iterator[tuple[Run, Ground]]:
    """The demo, stopped in its own namespace before anything happens there; it goes on by SIGCONT."""
    words = ("play", name, "--pace", pace_s, "--headless", "--lang", "en")
    with program.run(*words, out_to_file=out_to_file) as demo:
        if not demo.has_stopped():
            raise AssertionError(demo.end().err)
        yield demo, Ground(demo.pid)


def witnessed(program: ForkServer, outside: ForkServer, name: str, pace_s: str) -> Witnessed:
    """Play the scenario to its end before all witnesses, who are outside."""
    with begun(program, name, pace_s, out_to_file=True) as (demo, ground), ExitStack() as watching:
        looker, *others = [
            watching.enter_context(outside.run(run, str(demo.pid), *words, out_to_file=True))
            for run, *words in WITNESSES
        ]
        for witness in (looker, *others):
            assert witness.err.readline().startswith(BEGUN)
        demo.send_signal(signal.SIGCONT)
        demo.has_stopped()
        sockets = said_by(looker)
        demo.send_signal(signal.SIGCONT)
        code, out, err = demo.end()
        flows, packets = map(said_by, others)
        return Witnessed(code, out, err, ground.all_gone(), sockets, flows, packets)


def said_by(witness: Run) -> list[dict[str, Any]]:
    """All that it has said, an object a line, now that it is to end; a line that was broken off is none."""
    witness.send_signal(signal.SIGTERM)
    lines = witness.end().out.splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]
