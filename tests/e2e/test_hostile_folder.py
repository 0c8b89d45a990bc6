"""The program started in a folder where somebody has left modules for it to find."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import PACKAGE_HOME

pytestmark = pytest.mark.e2e

TRAPS = ("argparse", "json", "socket", "textual", "shlex", "psutil", "tcpwatch_own")
TRAP = "import os\nos.write(2, b'TRAPPED')\nraise SystemExit(1)\n"


def lay_traps(folder: Path) -> None:
    for name in TRAPS:
        (folder / f"{name}.py").write_text(TRAP)


@pytest.mark.parametrize("words", [["--version"], ["why", "TIME-WAIT"], ["doctor"], ["sockets", "--json"]])
def test_module_takes_nothing_from_the_current_folder(tmp_path: Path, words: list[str]) -> None:
    lay_traps(tmp_path)
    found_by_path = os.environ | {"PYTHONPATH": str(PACKAGE_HOME)}
    command = [sys.executable, "-m", "tcpwatch", *words]
    done = subprocess.run(command, cwd=tmp_path, env=found_by_path, capture_output=True, text=True, check=False)
    assert "TRAPPED" not in done.stderr
    assert done.returncode == 0, done.stderr


def test_module_in_the_current_folder_is_found_there_and_other_modules_are_not(tmp_path: Path) -> None:
    """As in a checkout that is not installed: what is found elsewhere is not taken from it."""
    lay_traps(tmp_path)
    shutil.copytree(PACKAGE_HOME / "tcpwatch", tmp_path / "tcpwatch", ignore=shutil.ignore_patterns("__pycache__"))
    libraries = os.pathsep.join(path for path in sys.path if path.endswith("-packages"))
    command = [sys.executable, "-S", "-m", "tcpwatch", "sockets", "--json"]
    environment = os.environ | {"PYTHONPATH": libraries}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_module_from_a_folder_that_is_gone(tmp_path: Path) -> None:
    (tmp_path / "gone").mkdir()
    script = f"cd {tmp_path}/gone && rmdir {tmp_path}/gone && exec {sys.executable} -m tcpwatch --version"
    environment = os.environ | {"PYTHONPATH": str(PACKAGE_HOME)}
    done = subprocess.run(["sh", "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
