import os
import re
import resource
import shutil
import stat
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tcpwatch.capture.frame import Frame, Statistics
from tcpwatch.capture.recording import Recording
from tcpwatch.errors import RecordingError, UsageError
from tcpwatch.wire.files.capture_file import read_records
from tcpwatch.wire.link import LINKTYPE_ETHERNET, LINKTYPE_NULL
from tests.monitor.fakes import ScriptedFrames
from tests.wire.frames import tcp_frame

NOBODY = 65_534


def frame(number: int = 1, link_type: int = LINKTYPE_ETHERNET) -> Frame:
    return number, link_type, tcp_frame(b"x" * 1000), 1054


def recorded(path: Path) -> list[Frame]:
    with path.open("rb") as file:
        return list(read_records(file))


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """What a full disk does to a file, for this process alone."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_frames_are_in_the_file_as_soon_as_written(tmp_path: Path) -> None:
    recording = Recording(str(tmp_path / "a"))
    recording.write("eth0", [frame(1), frame(2, LINKTYPE_NULL)])
    assert recorded(tmp_path / "a") == [frame(1), frame(2, LINKTYPE_NULL)]
    assert recording.message == f"2 frames recorded in {tmp_path}/a"
    recording.close()


def test_last_frames_are_those_until_the_end(tmp_path: Path) -> None:
    recording = Recording(str(tmp_path / "a"))
    source = ScriptedFrames([frame(1)], [frame(9)], [frame(10)])
    recording.take_last(source, end_ns=5)
    assert recorded(tmp_path / "a") == [frame(1), frame(9)]
    recording.close()


def test_gap_is_a_comment_on_the_frame_after_it(tmp_path: Path) -> None:
    recording = Recording(str(tmp_path / "a"))
    source = ScriptedFrames([frame(1)], [], [frame(2)], [frame(3)])
    recording.take(source, 0)
    source.message = "lo is down, waiting"
    recording.take(source, 0)
    source.message = "capturing on lo"
    for _ in range(2):
        recording.take(source, 0)
    recording.close()
    assert recorded(tmp_path / "a") == [frame(1), frame(2), frame(3)]
    if shutil.which("tshark"):
        asked = ["tshark", "-r", str(tmp_path / "a"), "-T", "fields", "-e", "frame.comment"]
        comments = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split("\n")
        assert (comments[0], comments[2]) == ("", "")
        assert re.fullmatch(r"\S+ \S+ UTC: lo is down, waiting; \S+ \S+ UTC: capturing on lo", comments[1])


def test_gap_that_lasts_is_a_comment_at_the_end(tmp_path: Path) -> None:
    recording = Recording(str(tmp_path / "a"))
    source = ScriptedFrames([frame(1)])
    recording.take(source, 0)
    source.message = "lo is gone"
    recording.take(source, 0)
    recording.close(source.statistics())
    assert b"UTC: lo is gone" in (tmp_path / "a").read_bytes()[-80:]
    assert recorded(tmp_path / "a") == [frame(1)]


def test_single_frames_are_in_the_file_after_a_flush(tmp_path: Path) -> None:
    recording = Recording(str(tmp_path / "a"))
    recording.add("eth0", frame())
    assert recorded(tmp_path / "a") == []
    recording.flush()
    assert recorded(tmp_path / "a") == [frame()]
    recording.close()


def test_unflushed_bytes_are_bounded(tmp_path: Path) -> None:
    recording = Recording(str(tmp_path / "a"))
    for number in range(300):
        recording.add("eth0", frame(number))
    assert len(recorded(tmp_path / "a")) > 200
    recording.close()
    assert len(recorded(tmp_path / "a")) == 300


def test_file_without_frames_is_a_capture_file(tmp_path: Path) -> None:
    recording = Recording(str(tmp_path / "a"))
    assert recorded(tmp_path / "a") == []
    recording.close()
    recording.close()


def test_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    Recording(str(tmp_path / "a")).close()
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, as sudo gives it")
def test_file_belongs_to_the_user_behind_sudo(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", str(NOBODY))
    monkeypatch.setenv("SUDO_GID", str(NOBODY))
    Recording(str(open_folder / "a")).close()
    status = (open_folder / "a").stat()
    assert (status.st_uid, status.st_gid) == (NOBODY, NOBODY)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, as sudo gives it")
def test_file_is_not_made_where_the_user_behind_sudo_may_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", str(NOBODY))
    monkeypatch.setenv("SUDO_GID", str(NOBODY))
    with pytest.raises(UsageError, match="Permission denied for the calling user"):
        Recording(str(tmp_path / "a"))
    assert not (tmp_path / "a").exists()


def test_file_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("precious")
    with pytest.raises(UsageError, match="is there already and will not be overwritten"):
        Recording(str(tmp_path / "a"))
    assert (tmp_path / "a").read_text() == "precious"


@pytest.mark.parametrize("target", ["there", "nowhere"])
def test_symbolic_link_is_not_followed(tmp_path: Path, target: str) -> None:
    (tmp_path / "there").write_text("precious")
    (tmp_path / "link").symlink_to(tmp_path / target)
    with pytest.raises(UsageError, match="is there already"):
        Recording(str(tmp_path / "link"))
    assert (tmp_path / "there").read_text() == "precious"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("name", "reason"), [("no/such/a", "No such file or directory"), ("a\0", "embedded null byte")]
)
def test_file_that_cannot_be_created_is_reported(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(UsageError, match=f"cannot be made: {reason}"):
        Recording(str(tmp_path / name))


def test_full_disk_ends_the_file_with_the_last_whole_frame(tmp_path: Path) -> None:
    recording = Recording(str(tmp_path / "a"))
    with file_size_limit(4_000):
        recording.write("eth0", [frame(1)])
        recording.write("eth0", [frame(number) for number in range(2, 9)])
    assert recorded(tmp_path / "a") == [frame(1), frame(2), frame(3)]
    assert recording.failure == f"recording stopped (File too large): {tmp_path}/a is whole up to there"
    assert recording.message == recording.failure
    recording.close()


def test_recording_that_has_stopped_stays_stopped(tmp_path: Path) -> None:
    recording = Recording(str(tmp_path / "a"))
    with file_size_limit(500):
        recording.write("eth0", [frame(1)])
    recording.write("eth0", [frame(2)])
    recording.close()
    assert recorded(tmp_path / "a") == []


FILL_DISK = """
import os, sys
from tcpwatch.capture.recording import Recording
from tests.capture.test_recording import frame
recording = Recording(sys.argv[1])
for number in range(2_000):
    recording.write("eth0", [frame(number)])
print(recording.message)
recording.close()
with open(sys.argv[1], "rb") as file:
    os.write(1, file.read())
"""


@pytest.mark.e2e
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to mount a small disk")
@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare")
def test_full_disk_is_reported(tmp_path: Path) -> None:
    mounted = 'mount -t tmpfs -o size=1m tmpfs "$1" && exec "$2" -c "$3" "$1/a"'
    words = ["unshare", "-m", "sh", "-c", mounted, "sh", str(tmp_path), sys.executable, FILL_DISK]
    output = subprocess.run(words, capture_output=True, check=True).stdout
    message, _, file = output.partition(b"\n")
    assert message.startswith(b"recording stopped (No space left on device)")
    (tmp_path / "a").write_bytes(file)
    assert [time_ns for time_ns, *_ in recorded(tmp_path / "a")] == list(range(len(recorded(tmp_path / "a"))))
    assert len(file) > 900_000


def test_file_without_a_frame_has_the_interface_from_the_start(tmp_path: Path) -> None:
    recording = Recording(str(tmp_path / "a"), "eth0", LINKTYPE_ETHERNET)
    begun = (tmp_path / "a").read_bytes()
    assert b"eth0" in begun
    recording.close()
    assert (tmp_path / "a").read_bytes() == begun
    assert recorded(tmp_path / "a") == []


def test_file_without_a_frame_has_an_interface_in_the_end(tmp_path: Path) -> None:
    recording = Recording(str(tmp_path / "a"))
    recording.close()
    assert interface_blocks(tmp_path / "a") == 1


def test_end_of_the_file_tells_what_was_dropped(tmp_path: Path) -> None:
    recording = Recording(str(tmp_path / "a"), "eth0", LINKTYPE_ETHERNET)
    recording.write("eth0", [frame(1)])
    recording.close(Statistics(1_001, 1_000))
    written = (tmp_path / "a").read_bytes()
    assert struct.pack("<HHQ", 4, 8, 1_001) + struct.pack("<HHQ", 5, 8, 1_000) in written
    assert recorded(tmp_path / "a") == [frame(1)]


def test_disk_that_is_full_at_the_start_is_refused(tmp_path: Path) -> None:
    with file_size_limit(0), pytest.raises(RecordingError, match=r"nothing can be recorded in .*/a: File too large"):
        Recording(str(tmp_path / "a"))
    assert not (tmp_path / "a").exists()


def interface_blocks(path: Path) -> int:
    return path.read_bytes().count(struct.pack("<I", 1) + struct.pack("<I", 32))
