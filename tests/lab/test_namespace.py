"""A namespace is for good, so each test enters one in a process of its own."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tcpwatch.errors import PrivilegeError
from tcpwatch.lab import namespace
from tests.e2e.conftest import NOBODY

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(sys.platform != "linux", reason="Linux's namespaces")]

PROGRAM = """
import json, os, socket, subprocess, sys
{before}
from tcpwatch.lab.namespace import enter_own_namespace

def place():
    return os.readlink("/proc/self/ns/net")

outside, user = place(), (os.getuid(), os.getgid())
enter_own_namespace()
listener = socket.create_server(("127.0.0.1", 9999))
socket.socket().connect(listener.getsockname())
status = subprocess.run(["cat", "/proc/self/status"], capture_output=True, text=True, check=True).stdout
effective = int(status.partition("CapEff:")[2].split()[0], 16)
print(json.dumps({{
    "moved": place() != outside,
    "same user": (os.getuid(), os.getgid()) == user,
    "interfaces": [name for _, name in socket.if_nameindex()],
    "child may filter and capture": effective >> 12 & 3 == 3,  # CAP_NET_ADMIN, CAP_NET_RAW
}}))
"""
# A program that nobody starts may be looked into by nobody, one that changed into nobody may not: PR_SET_DUMPABLE.
BECOME_NOBODY = f"os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY}); ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)"
ENTERED = {"moved": True, "same user": True, "interfaces": ["lo"], "child may filter and capture": True}


@pytest.mark.parametrize(
    ("user", "ss"), [(False, "nsenter -t 42 -n ss -tan"), (True, "nsenter -t 42 -U -n --preserve-credentials ss -tan")]
)
def test_ways_into_a_namespace_from_outside(user: bool, ss: str) -> None:
    assert namespace.OwnNamespace(user).ways_in("42") == {"tcpwatch": "tcpwatch --netns 42", "ss": ss}


def test_rehearsal_ends_with_its_child_whatever_goes_wrong_there() -> None:
    source = "from tcpwatch.lab import namespace as n; n._enter = lambda kinds: 1 / 0; print(n._rehearse(0))"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("0\n", "")


def enter(before: str = "") -> subprocess.CompletedProcess[str]:
    # The modules are loaded before the user changes: nobody may not read every checkout.
    preload = "import ctypes, fcntl, struct, pathlib, tcpwatch.lab.namespace"
    source = PROGRAM.format(before=f"{preload}\n{before}")
    return subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, timeout=20, check=False)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_root_enters_a_network_namespace_with_loopback_up() -> None:
    done = enter()
    assert json.loads(done.stdout) == ENTERED, done.stderr


def test_plain_user_enters_one_and_stays_who_he_is() -> None:
    done = enter(BECOME_NOBODY if os.geteuid() == 0 else "")
    if "PrivilegeError" in done.stderr:
        pytest.skip(done.stderr.splitlines()[-2])
    assert json.loads(done.stdout) == ENTERED, done.stderr


def test_refusal_leaves_the_process_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(function: str, *arguments: object) -> None:
        raise OSError(errno.EPERM, "no")

    monkeypatch.setattr(namespace, "call", refuse)
    before = os.readlink("/proc/self/ns/net")
    with pytest.raises(PrivilegeError, match="network namespace of its own: Operation not permitted"):
        namespace.enter_own_namespace()
    assert os.readlink("/proc/self/ns/net") == before


def refused_to(uid: int, monkeypatch: pytest.MonkeyPatch, settings: Path, number: int = errno.EPERM) -> PrivilegeError:
    monkeypatch.setattr(namespace.os, "geteuid", lambda: uid)
    monkeypatch.setattr(namespace, "SYSCTLS", settings)
    return namespace._refused(number)


@pytest.mark.parametrize(
    ("number", "setting", "value", "fix"),
    [
        (errno.ENOSPC, "user/max_user_namespaces", "0", "sudo sysctl user.max_user_namespaces=15000"),
        (errno.ENOSPC, "user/max_net_namespaces", "0", "sudo sysctl user.max_net_namespaces=15000"),
        (errno.EPERM, "kernel/unprivileged_userns_clone", "0", "sudo sysctl kernel.unprivileged_userns_clone=1"),
        (
            errno.EPERM,
            "kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0",
        ),
    ],
)
def test_refusal_names_the_setting_that_forbids_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: int, setting: str, value: str, fix: str
) -> None:
    (tmp_path / setting).parent.mkdir()
    (tmp_path / setting).write_text(f"{value}\n")
    refusal = refused_to(1000, monkeypatch, tmp_path, number)
    assert setting.replace("/", ".") in refusal.message
    assert refusal.fix == fix


def test_refusal_is_not_put_down_to_a_setting_that_refuses_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "user").mkdir()
    (tmp_path / "user/max_user_namespaces").write_text("0\n")
    assert "sudo sysctl" not in refused_to(1000, monkeypatch, tmp_path, errno.EPERM).fix


def test_refusal_without_a_known_reason(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "user").mkdir()
    (tmp_path / "user/max_user_namespaces").write_text("96365\n")
    assert "sudo" in refused_to(1000, monkeypatch, tmp_path).fix


def test_refusal_to_root_in_a_container(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert "--cap-add=SYS_ADMIN" in refused_to(0, monkeypatch, tmp_path).fix


def test_refusal_to_root_by_a_limit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "user").mkdir()
    (tmp_path / "user/max_net_namespaces").write_text("0\n")
    assert "user.max_net_namespaces" in refused_to(0, monkeypatch, tmp_path, errno.ENOSPC).fix


def test_refusal_where_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(namespace.sys, "platform", "darwin")
    with pytest.raises(PrivilegeError, match="--host"):
        namespace.enter_own_namespace()
