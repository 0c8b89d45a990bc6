"""What a process keeps of its capabilities, and that neither it nor what it starts gets them back."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tcpwatch.system import capability_sets
from tcpwatch.system.capability_sets import THREAD, keep_capabilities, task_status
from tests.system.test_privileges import needs_root

PACKAGE_HOME = Path(capability_sets.__file__).parents[2]
NET_ADMIN, NET_RAW = 12, 13
SETS = ("CapPrm", "CapEff", "CapInh", "CapBnd", "CapAmb")

KEEP = """
import json, subprocess, sys
from tcpwatch.system.capability_sets import THREAD, keep_capabilities, task_status
keep_capabilities([{keep}])
child = ["cat", "/proc/self/status"]
started = dict(line.split(":", 1) for line in subprocess.check_output(child, text=True).splitlines())
print(json.dumps([task_status(THREAD), {{name: value.strip() for name, value in started.items()}}]))
"""


def kept(keep: str, *prefix: str, home: Path = PACKAGE_HOME) -> list[dict[str, Any]]:
    """The sets of a process that keeps these, and of one that it starts."""
    environment = os.environ | {"PYTHONPATH": str(home)}
    words = [*prefix, sys.executable, "-c", KEEP.format(keep=keep)]
    done = subprocess.run(words, env=environment, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    statuses: list[dict[str, Any]] = json.loads(done.stdout)
    return statuses


def sets(status: dict[str, Any]) -> list[int]:
    return [int(status[name], 16) for name in SETS]


@pytest.mark.skipif(not Path(THREAD).exists(), reason="needs /proc")
def test_status_is_by_field() -> None:
    assert task_status(THREAD)["Uid"].split()[1] == str(os.geteuid())


def test_without_capabilities_in_the_system_nothing_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capability_sets, "THREAD", "/nowhere")
    keep_capabilities([])


@pytest.mark.e2e
@needs_root
def test_root_keeps_the_capabilities_named_and_hands_no_more_on() -> None:
    for status in kept(f"{NET_ADMIN}, {NET_RAW}"):
        wanted = 1 << NET_ADMIN | 1 << NET_RAW
        assert sets(status) == [wanted, wanted, 0, wanted, 0]
        assert (status["NoNewPrivs"], status["Uid"].split()[0]) == ("1", "0")


@pytest.mark.e2e
@needs_root
def test_root_that_needs_none_has_none() -> None:
    for status in kept(""):
        assert sets(status) == [0] * 5


@pytest.mark.e2e
@needs_root
def test_root_keeps_what_it_takes_to_read_modules_in_a_home_of_another_user(open_folder: Path) -> None:
    (open_folder / "home").mkdir()
    shutil.copytree(PACKAGE_HOME / "tcpwatch" / "system", open_folder / "home" / "tcpwatch" / "system")
    (open_folder / "home" / "tcpwatch" / "__init__.py").touch()
    os.chown(open_folder / "home", 1234, 1234)
    (open_folder / "home").chmod(0o700)
    status, _ = kept("", home=open_folder / "home")
    assert sets(status)[:2] == [capability_sets.DAC_READ_SEARCH] * 2


@pytest.mark.e2e
@needs_root
def test_plain_user_hands_on_the_ambient_ones_that_are_kept() -> None:
    if shutil.which("setpriv") is None:
        pytest.skip("needs setpriv")
    words = "+net_admin,+net_raw,+sys_ptrace"
    plain = ("setpriv", "--reuid=1234", "--clear-groups", f"--inh-caps={words}", f"--ambient-caps={words}")
    for status in kept(f"{NET_ADMIN}", *plain):
        assert sets(status)[:3] == [1 << NET_ADMIN] * 3
        assert int(status["CapAmb"], 16) == 1 << NET_ADMIN
