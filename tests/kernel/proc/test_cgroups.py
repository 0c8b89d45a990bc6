"""Control groups as directories, on a file system that a test makes."""

from pathlib import Path

import pytest

from tcpwatch.kernel.proc import cgroups
from tcpwatch.kernel.proc.cgroups import Cgroups


@pytest.fixture
def top(tmp_path: Path) -> Path:
    mount = tmp_path / "cgroup"
    (mount / "system.slice" / "nginx.service").mkdir(parents=True)
    lines = ("proc /proc proc rw 0 0", f"cgroup {tmp_path}/v1 cgroup rw 0 0", f"cgroup2 {mount} cgroup2 rw 0 0")
    (tmp_path / "mounts").write_text("\n".join(lines))
    return mount


def number(directory: Path) -> int:
    return directory.stat().st_ino


def test_path_below_the_mount_point(top: Path) -> None:
    found = Cgroups(top.parent / "mounts")
    assert found.path(number(top)) == "/"
    assert found.path(number(top / "system.slice/nginx.service")) == "/system.slice/nginx.service"


def test_path_of_a_group_that_began_later(top: Path) -> None:
    found = Cgroups(top.parent / "mounts")
    found.path(number(top))
    (top / "later").mkdir()
    assert found.path(number(top / "later")) == "/later"


def test_path_of_a_group_that_is_known_is_not_looked_for(top: Path) -> None:
    found, later = Cgroups(top.parent / "mounts"), top / "later"
    later.mkdir()
    first = number(later)
    assert found.path(first) == "/later"
    later.rmdir()
    assert found.path(first) == "/later"


def test_path_of_a_group_that_is_not_in_sight(top: Path) -> None:
    found = Cgroups(top.parent / "mounts")
    assert found.path(0xABCDEF << 40) == "unreachable:abcdef0000000000"
    (top.parent / "mounts").unlink()
    assert found.path(0xABCDEF << 40) == "unreachable:abcdef0000000000"


@pytest.mark.parametrize("text", ["proc /proc proc rw 0 0\n", None])
def test_path_without_a_mount_point(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "mounts").write_text(text)
    assert Cgroups(tmp_path / "mounts").path(1) == "unreachable:1"


def test_group_that_ends_while_it_is_looked_for(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slice_of_all, ended = number(top / "system.slice"), top / "ended"
    walk = [(str(top / "system.slice"), [], []), (str(ended), [], [])]
    monkeypatch.setattr(cgroups.os, "walk", lambda _: walk)
    assert Cgroups(top.parent / "mounts").path(slice_of_all) == "/system.slice"


def test_name_of_a_group_is_cleaned(top: Path) -> None:
    (top / "\x1b[31mred").mkdir()
    assert "\x1b" not in Cgroups(top.parent / "mounts").path(number(top / "\x1b[31mred"))


def test_paths_that_are_remembered_have_a_bound(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cgroups, "MAX_PATHS", 2)
    found = Cgroups(top.parent / "mounts")
    later = top / "later"
    later.mkdir()
    first = number(later)
    assert found.path(first) == "/later"
    later.rmdir()
    found.path(12345678)
    assert found.path(first) == f"unreachable:{first:x}"
