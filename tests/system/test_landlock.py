"""What may still be done to files: by the kernel, in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tcpwatch.system import landlock
from tcpwatch.system.landlock import CREATE_RULESET, GET_VERSION, refuse_file_changes
from tcpwatch.system.libc import system_call

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Landlock is Linux's")


def version() -> int:
    try:
        return system_call(CREATE_RULESET, None, 0, GET_VERSION)
    except OSError:
        return 0


needs_landlock = pytest.mark.skipif(not version(), reason="the kernel has no Landlock")

LOCKED = """
import json, os, subprocess, sys
from pathlib import Path
from tcpwatch.system.landlock import refuse_file_changes
from tcpwatch.system.libc import prctl
folder = Path(sys.argv[1])
recording = open(folder / "recording", "w")
prctl(38, 1)
refuse_file_changes()
def attempt(what):
    try:
        what()
    except OSError as error:
        return error.strerror
recording.write("goes on"), recording.flush()
os.ftruncate(recording.fileno(), 4)
print(json.dumps({
    "write": attempt(lambda: (folder / "there").write_text("no")),
    "make": attempt(lambda: (folder / "new").write_text("no")),
    "remove": attempt((folder / "there").unlink),
    "link": attempt(lambda: (folder / "link").symlink_to("there")),
    "run": attempt(lambda: subprocess.run(["true"])),
    "read": attempt((folder / "there").read_text),
    "null": attempt(lambda: Path(os.devnull).write_text("yes")),
}))
"""


def locked(folder: Path) -> dict[str, str | None]:
    """What is refused to a process that has locked itself up, by what it tries."""
    (folder / "there").write_text("there")
    words = [sys.executable, "-c", LOCKED, str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    refused: dict[str, str | None] = json.loads(done.stdout)
    assert set(refused.values()) <= {None, "Permission denied"}
    return refused


@pytest.mark.e2e
@needs_landlock
def test_files_stay_as_they_are_and_what_is_open_goes_on(tmp_path: Path) -> None:
    refused = locked(tmp_path)
    assert {name for name, why in refused.items() if why} == {"write", "make", "remove", "link", "run"}
    assert (tmp_path / "there").read_text() == "there"
    assert (tmp_path / "recording").read_text() == "goes"


@pytest.mark.parametrize(
    ("has", "rights"), [(1, 0x1FF3), (2, 0x3FF3), (3, 0x7FF3), (9, 0x7FF3)]
)  # include/uapi/linux/landlock.h
def test_rights_are_those_that_the_kernel_s_version_has(monkeypatch: pytest.MonkeyPatch, has: int, rights: int) -> None:
    asked: list[bytes] = []

    def answer(number: int, *arguments: int | bytes | None) -> int:
        if arguments[-1] == GET_VERSION:
            return has
        asked.extend(argument for argument in arguments if isinstance(argument, bytes))
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(landlock, "system_call", answer)
    with pytest.raises(PermissionError):
        refuse_file_changes()
    assert asked == [rights.to_bytes(8, sys.byteorder)]
