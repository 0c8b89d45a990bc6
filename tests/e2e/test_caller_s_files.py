"""Under a sudo rule for tcpwatch alone, no path gives the caller more than the caller's own rights."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import NOBODY, Place

pytestmark = pytest.mark.e2e

BEHIND_SUDO = ("env", f"SUDO_UID={NOBODY}", f"SUDO_GID={NOBODY}")
ROOT_ALONE = ("env", "-u", "SUDO_UID", "-u", "SUDO_GID", "-u", "DOAS_USER", "-u", "PKEXEC_UID")
DEMO = Path(__file__).resolve().parents[1] / "captures" / "demo.pcapng"


@pytest.fixture
def folder(open_folder: Path) -> Path:
    """A folder that all may enter and root alone may write."""
    open_folder.chmod(0o755)
    return open_folder


def read_and_write(place: Place, user: tuple[str, ...], *words: str) -> "subprocess.CompletedProcess[str]":
    return place.run(*user, *words, "-c", "1")


def test_file_is_not_made_where_the_caller_may_not_write(place: Place, program: list[str], folder: Path) -> None:
    shutil.copy(DEMO, folder / "in")
    words = ("packets", "-r", str(folder / "in"), "-w", str(folder / "evil.sh"))
    done = read_and_write(place, BEHIND_SUDO, *program, *words)
    assert f"cannot be made: Permission denied for the calling user (uid {NOBODY})" in done.stderr
    assert done.returncode == 2
    assert [path.name for path in folder.iterdir()] == ["in"]


def test_live_recording_is_not_made_there_either(place: Place, program: list[str], folder: Path) -> None:
    done = read_and_write(place, BEHIND_SUDO, *program, "packets", "-i", "lo", "-w", str(folder / "evil.sh"))
    assert "cannot be made: Permission denied" in done.stderr
    assert list(folder.iterdir()) == []


def test_file_is_made_as_the_caller_where_he_may_write(place: Place, program: list[str], folder: Path) -> None:
    folder.chmod(0o777)
    shutil.copy(DEMO, folder / "in")
    (folder / "in").chmod(0o644)
    words = ("packets", "-r", str(folder / "in"), "-w", str(folder / "out"))
    done = read_and_write(place, BEHIND_SUDO, *program, *words)
    assert done.returncode == 0, done.stderr
    status = (folder / "out").stat()
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (NOBODY, NOBODY, 0o600)


@pytest.mark.parametrize("command", ["packets", "flows"])
def test_file_of_root_alone_is_not_read(place: Place, program: list[str], folder: Path, command: str) -> None:
    shutil.copy(DEMO, folder / "secret")
    (folder / "secret").chmod(0o600)
    done = place.run(*BEHIND_SUDO, *program, command, "-r", str(folder / "secret"))
    assert "cannot be read: Permission denied for the calling user" in done.stderr
    assert (done.returncode, done.stdout) == (2, "")


def test_root_by_itself_reads_and_writes_as_root(place: Place, program: list[str], folder: Path) -> None:
    shutil.copy(DEMO, folder / "secret")
    (folder / "secret").chmod(0o600)
    words = ("packets", "-r", str(folder / "secret"), "-w", str(folder / "out"))
    done = read_and_write(place, ROOT_ALONE, *program, *words)
    assert done.returncode == 0, done.stderr
    assert (folder / "out").stat().st_uid == 0
