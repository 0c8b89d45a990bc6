"""Every scenario, headless, with the real command: as root, and as a user without any privilege.

They run side by side, each in a namespace of its own, and once; the tests look at what came of it.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest

from tcpwatch.lab.scenarios import SCENARIOS
from tests.lab.proc_net import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's namespaces")]

AT_ONCE = 8
PACE = "0.25"
ENDS_WITHIN_S = 45
NEEDS = {"https": "openssl"}
WORDS = re.compile(r"^analysis: (.+) seen$", re.MULTILINE)


class Ended(NamedTuple):
    """What one run came to; `recording` is a capture file, where it was made."""

    code: int
    out: str
    err: str
    recording: Path | None = None


Command = list[str]
Runs = dict[str, "Future[Ended]"]


def play(command: Command, name: str, recording: Path | None) -> Ended:
    record = ["--write", str(recording)] if recording else []
    words = [*command, *record, "demo", name, "--headless", "--pace", PACE]
    done = subprocess.run(words, capture_output=True, text=True, timeout=ENDS_WITHIN_S, check=False)
    return Ended(done.returncode, done.stdout, done.stderr, recording)


def play_all(command: Command, recordings: Path | None) -> Iterator[Runs]:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {
            name: pool.submit(play, command, name, recordings / f"{name}.pcapng" if recordings else None)
            for name in SCENARIOS
        }


@pytest.fixture(scope="module")
def as_root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    if os.geteuid() != 0:
        pytest.skip("needs root")
    yield from play_all([sys.executable, "-m", "tcpwatch"], tmp_path_factory.mktemp("recordings"))


@pytest.fixture(scope="module")
def as_plain_user(plain_program: list[str]) -> Iterator[Runs]:
    tried = play(plain_program, "refused", None)
    if tried.code == 3:
        pytest.skip(tried.err.strip())
    yield from play_all(plain_program, None)


def ended(runs: Runs, name: str) -> Ended:
    if name in NEEDS and shutil.which(NEEDS[name]) is None:
        pytest.skip(f"needs {NEEDS[name]}")
    return runs[name].result()


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_keeps_its_promises_as_root(as_root: Runs, name: str) -> None:
    run = ended(as_root, name)
    assert (run.code, run.err) == (0, ""), run.out + run.err
    assert "promised, but not seen" not in run.out


@pytest.mark.parametrize("name", SCENARIOS)
def test_tshark_agrees_with_the_promised_analysis(as_root: Runs, name: str) -> None:
    run = ended(as_root, name)
    if shutil.which("tshark") is None:
        pytest.skip("needs tshark")
    promised = WORDS.findall(run.out)
    words = promised[0].split(", ") if promised else []
    assert run.recording is not None
    for word in words:
        command = ["tshark", "-r", str(run.recording), "-Y", f"tcp.analysis.{word}"]
        assert subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario_keeps_its_promises_as_a_plain_user(as_plain_user: Runs, name: str) -> None:
    run = ended(as_plain_user, name)
    assert (run.code, run.err) == (0, ""), run.out + run.err


def places() -> dict[int, str]:
    """The network namespace of each process that may be looked into."""
    found = {}
    for process in Path("/proc").iterdir():
        if process.name.isdecimal():
            with suppress(OSError):
                found[int(process.name)] = os.readlink(process / "ns/net")
    return found


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_of_a_scenario_that_is_broken_off(ending: signal.Signals) -> None:
    command = [sys.executable, "-m", "tcpwatch", "demo", "close-wait", "--headless"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        if not any("socket" in line for line in parent.stdout):
            pytest.skip(parent.communicate()[1])
        own = places()[parent.pid]
        assert own != places()[os.getpid()]
        assert list(places().values()).count(own) == 2
        parent.send_signal(ending)
        parent.communicate()
    assert eventually(lambda: own not in places().values())
