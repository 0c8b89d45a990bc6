"""Names, processes and numbers of namespaces, in directories made up; and the way into real ones."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import tcpwatch
from tcpwatch.errors import UsageError
from tcpwatch.kernel.namespaces import find
from tcpwatch.kernel.namespaces.find import NamespaceFile, find_namespace, is_present, list_namespaces, namespace_here
from tcpwatch.sockets.namespace import Namespace
from tests.kernel.held_namespaces import held, hides_processes, named, needs_namespaces

PACKAGE_HOME = Path(tcpwatch.__file__).resolve().parents[1]
PLAIN = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
ID = "3f2a9c01d2e4" + "0" * 52


class System:
    """A /proc and a /run/netns of ordinary files; one file is one namespace."""

    def __init__(self, root: Path) -> None:
        self.proc, self.named, self.files = root / "proc", root / "named", root / "files"
        for directory in (self.proc, self.named, self.files):
            directory.mkdir()
        self.here = self.namespace("here")

    def namespace(self, name: str) -> int:
        path = self.files / name
        path.touch()
        return path.stat().st_ino

    def process(self, pid: int, namespace: str, command: str = "sleep", cgroup: str = "0::/\n") -> None:
        (self.proc / f"{pid}/ns").mkdir(parents=True)
        os.link(self.files / namespace, self.proc / f"{pid}/ns/net")
        (self.proc / f"{pid}/comm").write_text(command + "\n")
        (self.proc / f"{pid}/cgroup").write_text(cgroup)

    def name(self, name: str, namespace: str) -> None:
        os.link(self.files / namespace, self.named / name)


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> System:
    made = System(tmp_path)
    monkeypatch.setattr(find, "PROC", made.proc)
    monkeypatch.setattr(find, "NAMED_DIR", made.named)
    monkeypatch.setattr(find, "OWN_NETNS", made.files / "here")
    return made


def test_list_begins_with_our_own(system: System) -> None:
    system.process(1, "here", "systemd")
    assert list_namespaces() == [NamespaceFile(Namespace(system.here, here=True), system.files / "here")]


def test_list_has_a_namespace_once_with_its_first_process(system: System) -> None:
    blue = system.namespace("blue")
    system.process(80, "blue", "nginx")
    system.process(9, "blue", "init")
    assert list_namespaces()[1:] == [NamespaceFile(Namespace(blue, process="init/9"), system.proc / "9/ns/net")]


def test_list_has_the_container_of_any_process(system: System) -> None:
    system.namespace("blue")
    system.process(9, "blue", "sh")
    system.process(80, "blue", "nginx", f"0::/system.slice/docker-{ID}.scope\n")
    [_, (found, _)] = list_namespaces()
    assert (found.process, found.container) == ("sh/9", "docker/3f2a9c01d2e4")


def test_list_has_a_namespace_without_process_by_its_name(system: System) -> None:
    blue = system.namespace("blue")
    system.name("bl\x1bue", "blue")
    assert list_namespaces()[1:] == [NamespaceFile(Namespace(blue, "bl␛ue"), system.named / "bl\x1bue")]


def test_list_enters_a_named_namespace_by_its_name(system: System) -> None:
    system.namespace("blue")
    system.name("blue", "blue")
    system.process(80, "blue", "nginx")
    [_, (found, path)] = list_namespaces()
    assert (found.title, found.process, path) == ("blue", "nginx/80", system.named / "blue")


def test_list_leaves_out_processes_that_this_user_may_not_look_into(system: System) -> None:
    (system.proc / "77").mkdir()
    assert len(list_namespaces()) == 1


def test_list_is_empty_on_a_system_without_namespaces(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "OWN_NETNS", Path("/nowhere"))
    assert list_namespaces() == []
    assert namespace_here() is None


def test_our_own_is_known_by_its_name_too(system: System) -> None:
    system.name("blue", "here")
    assert namespace_here() == Namespace(system.here, "blue", here=True)


def test_find_by_name_before_pid(system: System) -> None:
    blue = system.namespace("blue")
    system.namespace("red")
    system.name("80", "blue")
    system.process(80, "red")
    assert find_namespace("80") == NamespaceFile(Namespace(blue, "80"), system.named / "80")


def test_find_by_pid_has_name_container_and_process(system: System) -> None:
    blue = system.namespace("blue")
    system.name("blue", "blue")
    system.process(80, "blue", "nginx", f"0::/docker-{ID}.scope")
    found = Namespace(blue, "blue", "docker/3f2a9c01d2e4", "nginx/80")
    assert find_namespace("80") == NamespaceFile(found, system.proc / "80/ns/net")


def test_find_nothing_names_those_there_are(system: System) -> None:
    for name in ("red", "blue"):
        system.namespace(name)
        system.name(name, name)
    with pytest.raises(UsageError, match="no network namespace gr␛een; there are: blue, red; or give a pid"):
        find_namespace("gr\x1been")
    with pytest.raises(UsageError, match="there is no process 81"):
        find_namespace("81")


@pytest.mark.parametrize("word", ["", "..", "../proc", "/etc/passwd", "²"])
def test_find_takes_no_path(system: System, word: str) -> None:
    with pytest.raises(UsageError, match="none has a name here"):
        find_namespace(word)


def test_held_as_long_as_the_process_or_the_name_is_there(system: System) -> None:
    blue = Namespace(system.namespace("blue"))
    system.name("blue", "blue")
    system.process(80, "blue")
    by_name, by_pid = NamespaceFile(blue, system.named / "blue"), NamespaceFile(blue, system.proc / "80/ns/net")
    assert is_present(by_name)
    assert is_present(by_pid)
    assert not is_present(NamespaceFile(replace(blue, inode=1), by_name.path))  # the name was given to another
    (system.named / "blue").unlink()
    (system.proc / "80").rename(system.proc / "81")
    assert not is_present(by_name)
    assert not is_present(by_pid)


ENTER = """
import os, socket, sys
from pathlib import Path
from tcpwatch.kernel.namespaces.find import enter_namespace
enter_namespace(Path(sys.argv[1]))
print(os.stat("/proc/thread-self/ns/net").st_ino, [name for _, name in socket.if_nameindex()])
"""


def entered(path: str, *prefix: str, python: str = sys.executable) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {"PYTHONPATH": str(PACKAGE_HOME), "PYTHONDONTWRITEBYTECODE": "1"}
    words = [*prefix, python, "-c", ENTER, path]
    return subprocess.run(words, capture_output=True, text=True, check=False, env=environment)


@pytest.fixture
def plain_python() -> str:
    """A Python, and a checkout, that a user without any privilege may run."""
    for python in (sys.executable, "/usr/bin/python3"):
        if entered("/nowhere", *PLAIN, "unshare", "--user", python=python).stderr.endswith("'/nowhere'\n"):
            return python
    pytest.skip("nobody may run this Python, or read this checkout")


@pytest.mark.e2e
@needs_namespaces
def test_enter_by_name_and_by_process() -> None:
    with named() as name, held("ip", "netns", "exec", name) as there:
        for path in (f"/run/netns/{name}", f"/proc/{there.pid}/ns/net"):
            assert entered(path).stdout == f"{there.inode} ['lo']\n"


@pytest.mark.e2e
@needs_namespaces
def test_enter_without_privilege_is_refused(plain_python: str) -> None:
    with held() as there, named() as name:
        for path in (f"/proc/{there.pid}/ns/net", f"/run/netns/{name}"):
            done = entered(path, *PLAIN, python=plain_python)
            refusals = ("PermissionError", "FileNotFoundError") if hides_processes() else ("PermissionError",)
            assert done.stderr.splitlines()[-1].startswith(refusals)


@pytest.mark.e2e
@needs_namespaces
def test_enter_a_file_that_is_no_namespace(tmp_path: Path) -> None:
    (tmp_path / "stale").touch()
    assert "stale is no network namespace (Invalid argument)" in entered(str(tmp_path / "stale")).stderr


@pytest.mark.e2e
@needs_namespaces
def test_enter_own_namespace_through_its_user_namespace(plain_python: str) -> None:
    with held(*PLAIN, "unshare", "--user", "--map-root-user", "--net", python=plain_python) as there:
        done = entered(f"/proc/{there.pid}/ns/net", *PLAIN, python=plain_python)
        assert done.stdout == f"{there.inode} ['lo']\n", done.stderr
