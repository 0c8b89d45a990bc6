"""Nothing is left of a scenario that is broken off: no process, no namespace, and so no socket."""

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import product
from signal import Signals
from typing import NamedTuple

import pytest

from tcpwatch.lab.recordings import acts_of
from tcpwatch.lab.scenarios import SCENARIOS
from tests.e2e.forks import ForkServer
from tests.e2e.witnesses import begun, skip_where_refused

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's namespaces")]

AT_ONCE = 4
PACE_S = "0.5"
SERVER_OF_ITS_OWN = {"fd-limit", "inherited-listener"}


class Case(NamedTuple):
    """A scenario is broken off once so many of its acts were told; 0: it has its namespace, and nothing else yet."""

    name: str
    acts: int
    ending: Signals = signal.SIGKILL
    user: str = "plain"

    def __str__(self) -> str:
        return f"{self.user}-{self.name}-{self.ending.name}-{self.acts}"


class Left(NamedTuple):
    """How many processes of the lab were in the namespace when the demo was broken off, and whether all are gone."""

    players: int
    all_gone: bool


EVERY_SCENARIO = [Case(name, len(acts_of(name))) for name in SCENARIOS]
EVERY_WAY = [
    Case("close-wait", *how)
    for how in product(
        range(len(acts_of("close-wait"))),
        (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL),
        ("plain", "root") if os.geteuid() == 0 else ("plain",),
    )
]
CASES = [*EVERY_SCENARIO, *EVERY_WAY]


def break_off(program: ForkServer, case: Case) -> Left:
    with begun(program, case.name, PACE_S) as (demo, ground):
        if case.acts:
            demo.send_signal(signal.SIGCONT)
            announced = (line for line in demo.out if "▶" in line)
            for _ in range(case.acts):
                next(announced)
        players = [pid for pid in ground.processes() if pid != demo.pid]
        demo.send_signal(case.ending)
        demo.send_signal(signal.SIGCONT)
        demo.end()
        return Left(len(players), ground.all_gone())


@pytest.fixture(scope="module")
def broken_off(program: list[str], plain_program: list[str]) -> Iterator[dict[Case, "Future[Left]"]]:
    with ForkServer(program) as root, ForkServer(plain_program) as plain, ThreadPoolExecutor(AT_ONCE) as pool:
        skip_where_refused(plain)
        programs = {"root": root, "plain": plain}
        yield {case: pool.submit(break_off, programs[case.user], case) for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_nothing_is_left_of(broken_off: dict[Case, "Future[Left]"], case: Case) -> None:
    if case.name == "https" and shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    left = broken_off[case].result()
    assert left.players == (1 + (case.name in SERVER_OF_ITS_OWN) if case.acts else 0)
    assert left.all_gone
