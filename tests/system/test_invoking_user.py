"""Whom root runs for, and that a path of that user's choice is opened with no more than that user's rights."""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tcpwatch.system import invoking_user as module
from tcpwatch.system.invoking_user import User, as_invoking_user, denied_to, invoking_user

NOBODY = 65_534
DAEMON = pwd.getpwnam("daemon")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, as sudo gives it")


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(module, "exists", lambda user: True)


@pytest.mark.parametrize(
    ("environment", "user"),
    [
        ({}, None),
        ({"SUDO_UID": "1234", "SUDO_GID": "4321"}, User(1234, 4321)),
        ({"SUDO_UID": "0", "SUDO_GID": "0"}, None),
        ({"SUDO_UID": str(DAEMON.pw_uid)}, User(DAEMON.pw_uid, DAEMON.pw_gid)),
        ({"SUDO_UID": "-1", "SUDO_GID": "root"}, None),
        ({"SUDO_UID": "٣", "SUDO_GID": "٣"}, None),
        ({"PKEXEC_UID": str(DAEMON.pw_uid)}, User(DAEMON.pw_uid, DAEMON.pw_gid)),
        ({"PKEXEC_UID": "99999999999999"}, None),
        ({"DOAS_USER": "daemon"}, User(DAEMON.pw_uid, DAEMON.pw_gid)),
        ({"DOAS_USER": "nobody of that name"}, None),
        ({"SUDO_UID": "0", "SUDO_GID": "0", "DOAS_USER": "daemon"}, User(DAEMON.pw_uid, DAEMON.pw_gid)),
    ],
)
def test_invoking_user_is_whom_sudo_and_its_like_name(
    root: None, environment: dict[str, str], user: User | None
) -> None:
    assert invoking_user(environment) == user


def test_invoking_user_of_a_plain_user_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert invoking_user({"SUDO_UID": "1234", "SUDO_GID": "4321"}) is None


def test_groups_of_a_user_without_a_name_are_the_primary_one() -> None:
    assert User(3_999_999, 4321).groups == [4321]


@needs_root
def test_file_opened_inside_is_opened_with_the_user_s_rights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret"
    secret.write_text("root's")
    secret.chmod(0o600)
    monkeypatch.setenv("SUDO_UID", str(NOBODY))
    monkeypatch.setenv("SUDO_GID", str(NOBODY))
    before = os.getresuid(), os.getresgid(), os.getgroups()
    with pytest.raises(PermissionError) as denied, as_invoking_user():
        secret.read_text()
    assert denied_to(denied.value) == f"Permission denied for the calling user (uid {NOBODY})"
    assert (os.getresuid(), os.getresgid(), os.getgroups()) == before
    assert secret.read_text() == "root's"


@needs_root
def test_root_by_itself_stays_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SUDO_UID", "PKEXEC_UID", "DOAS_USER"):
        monkeypatch.delenv(name, raising=False)
    with as_invoking_user():
        (tmp_path / "a").touch(0o600)
    assert (tmp_path / "a").stat().st_uid == 0


CAPABLE = """
import sys
from tcpwatch.system.invoking_user import as_invoking_user
def read():
    try:
        return open(sys.argv[1]).read()
    except PermissionError:
        return "denied"
before = read()
with as_invoking_user():
    inside = read()
print(before, inside, read())
"""


@pytest.mark.e2e
@needs_root
def test_capabilities_of_a_plain_user_open_nothing_inside(tmp_path: Path) -> None:
    if shutil.which("setpriv") is None:
        pytest.skip("needs setpriv")
    secret = tmp_path / "secret"
    secret.write_text("secret")
    secret.chmod(0o600)
    words = "+dac_read_search,+net_raw"
    capable = ("setpriv", "--reuid=1234", "--clear-groups", f"--inh-caps={words}", f"--ambient-caps={words}")
    done = subprocess.run([*capable, sys.executable, "-c", CAPABLE, str(secret)], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("secret denied secret\n", "")


@pytest.mark.e2e
@needs_root
@pytest.mark.parametrize("lacking", ["setuid", "setgid"])
def test_root_that_may_not_change_its_user_opens_nothing_for_him(tmp_path: Path, lacking: str) -> None:
    if shutil.which("setpriv") is None:
        pytest.skip("needs setpriv")
    script = "import sys; from tcpwatch.capture.recording import Recording; Recording(sys.argv[1])"
    caller = ("env", f"SUDO_UID={NOBODY}", f"SUDO_GID={NOBODY}", "setpriv", f"--bounding-set=-{lacking}")
    words = [*caller, sys.executable, "-c", script, str(tmp_path / "a")]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert "cannot be made: Operation not permitted for the calling user" in done.stderr
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("error", "told"),
    [(ValueError("embedded null byte"), "embedded null byte"), (PermissionError(13, "Permission denied"), "P")],
)
def test_reason_for_a_plain_user_is_the_system_s(
    monkeypatch: pytest.MonkeyPatch, error: OSError | ValueError, told: str
) -> None:
    monkeypatch.setattr(module, "invoking_user", lambda: None)
    assert denied_to(error).startswith(told)
    assert "calling user" not in denied_to(error)


@needs_root
@pytest.mark.parametrize("fail", [lambda *_: (_ for _ in ()).throw(PermissionError(1, "Operation not permitted"))])
def test_user_that_cannot_be_taken_on_is_an_error(monkeypatch: pytest.MonkeyPatch, fail: Callable[..., None]) -> None:
    monkeypatch.setenv("SUDO_UID", str(NOBODY))
    monkeypatch.setenv("SUDO_GID", str(NOBODY))
    monkeypatch.setattr(os, "setgroups", fail)
    with pytest.raises(PermissionError), as_invoking_user():
        pytest.fail("opened as root")
