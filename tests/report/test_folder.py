"""A report's folder: who may make it, who may read it, and what is in it when something goes wrong."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tcpwatch.errors import ReportError, UsageError
from tcpwatch.report.folder import INDEX, ReportFolder
from tests.capture.test_recording import file_size_limit

NOBODY = 65_534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "report"


@pytest.fixture
def folder(path: Path) -> Iterator[ReportFolder]:
    opened = ReportFolder(str(path), ["flows.ndjson"])
    yield opened
    opened.close()


def test_folder_and_files_are_for_their_user_alone(folder: ReportFolder, path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert {(file.name, stat.S_IMODE(file.stat().st_mode)) for file in path.iterdir()} == {
        (INDEX, 0o600),
        ("flows.ndjson", 0o600),
    }


def test_index_says_that_it_is_not_whole_until_it_is(folder: ReportFolder, path: Path) -> None:
    assert "not whole" in (path / INDEX).read_text()
    folder.note("somebody pressed ^C & <left>")
    assert "^C &amp; &lt;left&gt;." in (path / INDEX).read_text()
    assert folder.write("flows.ndjson", [b"one\n", b"two\n"]) == 8
    folder.finish(b"all of it")
    assert (path / INDEX).read_text() == "all of it"
    assert (path / "flows.ndjson").read_text() == "one\ntwo\n"


def test_empty_folder_is_taken_and_keeps_its_mode(path: Path) -> None:
    path.mkdir(0o755)
    path.chmod(0o755)
    ReportFolder(str(path), []).close()
    assert (path / INDEX).exists()
    assert stat.S_IMODE(path.stat().st_mode) == 0o755


def test_folder_with_anything_in_it_is_refused(path: Path) -> None:
    path.mkdir()
    (path / "mine").touch()
    with pytest.raises(UsageError, match="is there already and is not empty"):
        ReportFolder(str(path), [])
    assert [file.name for file in path.iterdir()] == ["mine"]


def test_file_or_link_in_its_place_is_refused(path: Path, tmp_path: Path) -> None:
    path.touch()
    with pytest.raises(UsageError, match="is no folder"):
        ReportFolder(str(path), [])
    path.unlink()
    (tmp_path / "elsewhere").mkdir()
    path.symlink_to(tmp_path / "elsewhere")
    for name in (str(path), f"{path}/"):
        with pytest.raises(UsageError, match="is no folder"):
            ReportFolder(name, [])
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be made: No such file or directory"):
        ReportFolder(str(tmp_path / "no" / "report"), [])
    with pytest.raises(UsageError, match="cannot be made: embedded null byte"):
        ReportFolder("a\0b", [])


def test_nothing_is_left_where_nothing_can_be_written(path: Path) -> None:
    with file_size_limit(100), pytest.raises(ReportError, match=r"nothing can be written in .*: File too large"):
        ReportFolder(str(path), ["flows.ndjson"])
    assert not path.exists()


def test_disk_that_fills_up_leaves_a_page_that_says_so(folder: ReportFolder, path: Path) -> None:
    with file_size_limit(8_000), pytest.raises(ReportError, match=r"flows.ndjson cannot be written: File too large;"):
        folder.write("flows.ndjson", [b"x" * 5_000, b"y" * 5_000])
    assert (path / "flows.ndjson").read_bytes() == b"x" * 5_000
    assert "not whole" in (path / INDEX).read_text()
    assert "flows.ndjson cannot be written" in (path / INDEX).read_text()


def test_index_too_large_for_the_disk_is_not_written_in_part(folder: ReportFolder, path: Path) -> None:
    with file_size_limit(8_000), pytest.raises(ReportError, match=r"index.html cannot be written"):
        folder.finish(b"z" * 9_000)
    assert "not whole" in (path / INDEX).read_text()
    assert "z" * 100 not in (path / INDEX).read_text()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to be root")
def test_caller_of_sudo_owns_all_of_it(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", str(NOBODY))
    monkeypatch.setenv("SUDO_GID", str(NOBODY))
    open_folder.chmod(0o777)
    ReportFolder(str(open_folder / "report"), ["doctor.txt"]).close()
    assert {one.stat().st_uid for one in (open_folder / "report", *(open_folder / "report").iterdir())} == {NOBODY}


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to be root")
def test_caller_of_sudo_gets_no_more_than_his_own_rights(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_UID", str(NOBODY))
    monkeypatch.setenv("SUDO_GID", str(NOBODY))
    open_folder.chmod(0o755)
    with pytest.raises(UsageError, match=f"Permission denied for the calling user .uid {NOBODY}"):
        ReportFolder(str(open_folder / "report"), [])
    assert list(open_folder.iterdir()) == []
