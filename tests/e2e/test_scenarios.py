"""Every scenario, headless, with the real command: as root, and as a user without any privilege.

Each plays once in a namespace of its own, several side by side, before witnesses outside: another tcpwatch for each of
`sockets`, `packets` and `flows`. The tests look at what came of it.
"""

import os
import shutil
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tcpwatch.lab.recordings import acts_of
from tcpwatch.lab.scenarios import SCENARIOS
from tests.e2e.forks import ForkServer
from tests.e2e.witnesses import Witnessed, skip_where_refused, witnessed

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's namespaces")]

AT_ONCE = 4
PACE_S = "0.6"
USERS = ("as_root", "as_plain_user")
NEEDS = {"https": "openssl"}
# States that take microseconds on loopback, shown by segments but by a socket only where a scenario holds them still.
PASSING = {"SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "LAST-ACK", "CLOSED"}
HELD = {
    "simultaneous-close": {"FIN-WAIT-1"},
    "simultaneous-open": {"SYN-SENT", "SYN-RECEIVED"},
    "lost-last-ack": {"LAST-ACK"},
    "lost-fin": {"FIN-WAIT-1", "LAST-ACK"},
    "syn-timeout": {"SYN-SENT"},
    "half-open": {"SYN-SENT", "SYN-RECEIVED"},
    "syn-flood": {"SYN-SENT", "SYN-RECEIVED"},
    "accept-queue-full": {"SYN-SENT"},
    "fd-limit": {"SYN-SENT"},
    "deferred-accept": {"SYN-RECEIVED"},
}

Runs = dict[str, "Future[Witnessed]"]


def play_all(program: ForkServer) -> Iterator[Runs]:
    with ForkServer([sys.executable, "-m", "tcpwatch"]) as outside, ThreadPoolExecutor(AT_ONCE) as pool:
        yield {name: pool.submit(witnessed, program, outside, name, PACE_S) for name in SCENARIOS}


@pytest.fixture(scope="module")
def as_root(program: list[str]) -> Iterator[Runs]:
    if os.geteuid() != 0:
        pytest.skip("needs root")
    with ForkServer(program) as server:
        yield from play_all(server)


@pytest.fixture(scope="module")
def as_plain_user(plain_program: list[str]) -> Iterator[Runs]:
    with ForkServer(plain_program) as server:
        skip_where_refused(server)
        yield from play_all(server)


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.xdist_group(f"scenarios {name}")) for name in USERS])
def runs(request: pytest.FixtureRequest) -> Runs:
    found: Runs = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=SCENARIOS)
def name(request: pytest.FixtureRequest) -> str:
    scenario: str = request.param
    if scenario in NEEDS and shutil.which(NEEDS[scenario]) is None:
        pytest.skip(f"needs {NEEDS[scenario]}")
    return scenario


def promised(name: str, kind: str) -> set[str]:
    return {word for act in acts_of(name) for word in getattr(act.promise, kind)}


def test_scenario_keeps_its_promises(runs: Runs, name: str) -> None:
    run = runs[name].result()
    assert (run.code, run.err) == (0, ""), run.out + run.err
    assert "promised, but not seen" not in run.out


def test_sockets_from_outside_are_in_the_promised_states(runs: Runs, name: str) -> None:
    states = {row["state"] for row in runs[name].result().sockets}
    assert promised(name, "states") - (PASSING - HELD.get(name, set())) <= states


def test_packets_from_outside_have_the_promised_states_steps_and_analysis(runs: Runs, name: str) -> None:
    run = runs[name].result()
    states = {segment[end] for segment in run.packets for end in ("src_state", "dst_state")}
    assert promised(name, "states") <= states | {row["state"] for row in run.sockets}
    assert promised(name, "steps") <= {segment["step"] for segment in run.packets}
    assert promised(name, "analysis") <= {word for segment in run.packets for word in segment["analysis"]}


def test_flows_from_outside_have_the_promised_analysis_and_end_in_a_state_that_was_seen(runs: Runs, name: str) -> None:
    run = runs[name].result()
    assert promised(name, "analysis") <= {word for flow in run.flows for word in flow["analysis"]}
    seen = {
        (segment["stream"], segment[f"{end}_ip"], segment[f"{end}_port"], segment[f"{end}_state"])
        for segment in run.packets
        for end in ("src", "dst")
    }
    ends = ((flow["stream"], flow[side]) for flow in run.flows for side in ("initiator", "responder"))
    last = {(stream, end["ip"], end["port"], end["state"]) for stream, end in ends}
    assert last
    assert last <= seen


def test_recording_is_of_the_scenario_as_it_is_now(runs: Runs, name: str) -> None:
    announced = [line.partition("▶ ")[2] for line in runs[name].result().out.splitlines() if "▶" in line]
    assert announced == [act.text(str) for act in acts_of(name)], "`make scenarios` takes them anew"


def test_nothing_is_left_of_a_scenario_that_is_over(runs: Runs, name: str) -> None:
    assert runs[name].result().all_gone
