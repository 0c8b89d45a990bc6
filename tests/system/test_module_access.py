"""A package in a folder that is root's alone, in a process that is root no longer."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tcpwatch.system.module_access import import_through, open_folders

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to have something to give up")

LATER = "from importlib.resources import files\ntold = (files('own') / 'note').read_text()\n"
ASK = """
import os, sys
import own
{before}
from tcpwatch.system.module_access import import_through, open_folders
folders = open_folders()
os.setgroups([]); os.setgid(65534); os.setuid(65534)
{way}
import own.later, tty
print(own.later.told, open(own.__file__).read())
"""


@pytest.fixture
def hidden(tmp_path: Path) -> Path:
    """A package that nobody but root can reach by its name: pytest gives its folders to one user alone."""
    package = tmp_path / "lib" / "own"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("# own")
    (package / "later.py").write_text(LATER)
    (package / "note").write_text("told")
    return tmp_path / "lib"


def ask(way: str, hidden: Path, before: str = "") -> subprocess.CompletedProcess[str]:
    path = f"{hidden}:{Path(__file__).parents[2]}"
    words = [sys.executable, "-c", ASK.format(way=way, before=before)]
    return subprocess.run(words, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, check=False)


@pytest.mark.e2e
@needs_root
def test_hidden_package_is_imported_and_read_on_by_descriptor(hidden: Path) -> None:
    done = ask("import_through(folders)", hidden)
    assert done.stderr == ""
    assert done.stdout == "told # own\n"


@pytest.mark.e2e
@needs_root
def test_hidden_package_that_is_not_in_the_path_is_imported_by_descriptor(hidden: Path) -> None:
    """As where it is installed as editable: an import hook knows its place."""
    done = ask("import_through(folders)", hidden, before="sys.path.remove(os.path.dirname(own.__path__[0]))")
    assert done.stderr == ""
    assert done.stdout == "told # own\n"


@pytest.mark.e2e
@needs_root
@pytest.mark.parametrize(("mode", "told"), [(0o755, "True"), (0o700, "False")])
def test_unreadable_module_is_reported(hidden: Path, mode: int, told: str) -> None:
    (hidden / "own").chmod(mode)
    assert ask("print(import_through(folders))", hidden).stdout.startswith(told)


@pytest.mark.e2e
@needs_root
def test_hidden_package_is_out_of_reach_by_name(hidden: Path) -> None:
    assert "own.later" in ask("", hidden).stderr


def test_folders_that_can_still_be_reached_are_closed() -> None:
    folders = open_folders()
    before = sys.path[:]
    import_through(folders)
    assert sys.path == before
    assert folders
    for held in folders.values():
        with pytest.raises(OSError, match="Bad file descriptor"):
            os.fstat(held)
