"""What is held and how to get more; the way down, taken by processes of their own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tcpwatch.system import invoking_user, privileges
from tcpwatch.system.privileges import OWNER_LOOKUP, Capability, Privileges, held_privileges, missing

HAS_MUCH = os.geteuid() == 0 and held_privileges().holds(*Capability)
needs_root = pytest.mark.skipif(not HAS_MUCH, reason="needs root with its capabilities, to have something to drop")
NOBODY = 65_534

DROP = """
import json, os
from tcpwatch.system.privileges import Capability, OWNER_LOOKUP, drop_privileges
from tcpwatch.system.libc import LIBC
{before}
held = drop_privileges({keep})
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
facts = dict(uid=held.uid, mask=held.mask, ids=[*os.getresuid(), *os.getresgid()], groups=os.getgroups())
facts |= {{name: status[name].strip() for name in ("CapPrm", "CapBnd", "CapAmb", "NoNewPrivs")}}
facts |= dict(dumpable=LIBC.prctl(3))
{after}
print(json.dumps(facts))
"""


def dropped(
    keep: str = "OWNER_LOOKUP", before: str = "", after: str = "", prefix: tuple[str, ...] = (), **environment: str
) -> dict[str, Any]:
    """Drop in a process of its own; what it then says of itself."""
    script = DROP.format(keep=keep, before=before, after=after)
    words = [*prefix, sys.executable, "-c", script]
    plain = {name: value for name, value in os.environ.items() if not name.startswith("SUDO_")}
    done = subprocess.run(words, env=plain | environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def mask(*capabilities: Capability) -> int:
    return sum(1 << capability for capability in capabilities)


def test_privileges_hold_the_capabilities_in_the_mask() -> None:
    some = Privileges(1000, mask(Capability.NET_RAW, Capability.BPF), False)

    assert some.holds(Capability.NET_RAW)
    assert some.holds(Capability.NET_RAW, Capability.BPF)
    assert not some.holds(Capability.NET_RAW, Capability.PERFMON)


def test_held_privileges_are_the_kernel_s_word() -> None:
    status = Path("/proc/thread-self/status")
    if not status.exists():
        pytest.skip("needs /proc")
    effective = next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("CapEff"))

    assert held_privileges()[:2] == (os.geteuid(), int(effective, 16))


@pytest.mark.parametrize(("uid", "holds"), [(0, True), (1000, False)])
def test_held_privileges_without_capabilities_are_root_s_or_none(
    monkeypatch: pytest.MonkeyPatch, uid: int, holds: bool
) -> None:
    monkeypatch.setattr(privileges, "TASKS", Path("/nowhere"))
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    assert held_privileges().holds(*Capability) is holds


def test_missing_capability_names_it_and_the_user_s_own_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(sys, "argv", ["/opt/bin/tcpwatch", "-p", "9999", "--filter", "state:close-wait\x1b[2J"])
    error = missing(Capability.NET_RAW, "capturing on lo")

    assert error.message == "capturing on lo needs CAP_NET_RAW"
    assert error.fix == "sudo /opt/bin/tcpwatch -p 9999 --filter 'state:close-wait␛[2J'"


def test_missing_capability_of_root_is_the_container_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert "--cap-add=NET_RAW" in missing(Capability.NET_RAW, "capturing on lo").fix
    assert privileges.fix(Capability.BPF, Capability.PERFMON).endswith("with --cap-add=BPF --cap-add=PERFMON")


def test_command_as_root_of_a_module_names_the_interpreter_and_no_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["/somewhere/tcpwatch/__main__.py", "-p", "80"])
    assert privileges.command_as_root() == f"sudo {sys.executable} -P -m tcpwatch -p 80"


def test_command_as_root_of_a_module_that_is_found_nowhere_else_names_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "meta_path", [])
    monkeypatch.setattr(sys, "argv", ["tcpwatch/__main__.py", "doctor"])
    home = Path(privileges.__file__).parents[2]
    assert privileges.command_as_root() == f"sudo env PYTHONPATH={home} {sys.executable} -P -m tcpwatch doctor"


def test_command_as_root_of_a_script_without_a_name_is_the_module_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["-c", "doctor"])
    assert privileges.command_as_root().endswith(f"{sys.executable} -P -m tcpwatch doctor")


def test_command_as_root_has_the_whole_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["bin/tcpwatch"])
    assert privileges.command_as_root() == f"sudo {tmp_path}/bin/tcpwatch"


@pytest.mark.e2e
@needs_root
def test_drop_leaves_the_owner_lookup_and_nothing_else() -> None:
    facts = dropped()

    assert facts["mask"] == int(facts["CapPrm"], 16) == mask(*OWNER_LOOKUP)
    assert facts["ids"] == [NOBODY] * 6
    assert facts["groups"] == []
    assert int(facts["CapBnd"], 16) == int(facts["CapAmb"], 16) == 0
    assert facts["NoNewPrivs"] == "1"
    assert facts["dumpable"] == 0


@pytest.mark.e2e
@needs_root
@pytest.mark.parametrize(("mode", "left"), [(0o755, 0), (0o700, 1 << Capability.DAC_READ_SEARCH)])
def test_drop_of_everything_keeps_the_program_able_to_read_itself(tmp_path: Path, mode: int, left: int) -> None:
    (tmp_path / "modules").mkdir(mode=mode)
    facts = dropped(keep="", before=f"import sys; sys.path.append({str(tmp_path / 'modules')!r})")
    assert facts["mask"] == left


@pytest.mark.e2e
@needs_root
def test_drop_under_sudo_goes_back_to_the_user() -> None:
    assert dropped(SUDO_UID="1234", SUDO_GID="4321")["ids"] == [1234] * 3 + [4321] * 3


@pytest.mark.e2e
@needs_root
@pytest.mark.parametrize("uid", ["0", "", "-1", "root"])
def test_drop_under_sudo_from_root_itself_becomes_nobody(uid: str) -> None:
    assert dropped(SUDO_UID=uid, SUDO_GID="0")["uid"] == NOBODY


@pytest.mark.e2e
@needs_root
def test_drop_by_root_that_cannot_change_its_user_still_drops_the_rest() -> None:
    if shutil.which("setpriv") is None:
        pytest.skip("needs setpriv")
    facts = dropped(keep="", prefix=("setpriv", "--bounding-set=-setuid,-setgid"))

    assert facts["uid"] == 0
    assert facts["mask"] == 0


@pytest.mark.e2e
@needs_root
def test_drop_with_a_thread_running_is_refused() -> None:
    before = """
import threading
threading.Thread(target=threading.Event().wait, daemon=True).start()
from tcpwatch.errors import TcpwatchError
def drop_privileges(keep, drop=drop_privileges):
    try:
        drop(keep)
    except TcpwatchError as error:
        print(json.dumps({"refused": str(error)}))
        os._exit(0)
"""
    assert "privileges could not be dropped" in dropped(before=before)["refused"]


@pytest.mark.e2e
@needs_root
def test_drop_keeps_open_captures_and_forbids_new_ones(namespace: None) -> None:
    before = """
import socket
from subprocess import PIPE, Popen
from tcpwatch.capture.interfaces import find_interface
from tcpwatch.capture.source import open_capture
other = Popen(["setpriv", "--reuid=1", "--clear-groups", "cat"], stdin=PIPE, stdout=PIPE)
other.stdin.write(b"ready"); other.stdin.flush(); other.stdout.read(5)
source = open_capture(find_interface("lo"), [])
"""
    after = """
from tests.capture.traffic import connection, drain
connection("127.0.0.1")
facts["frames"] = len(drain(source))
facts["owner"] = os.readlink(f"/proc/{other.pid}/fd/0")
try:
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
except PermissionError:
    facts["refused"] = True
source.close(); other.stdin.close(); other.stdout.close(); other.wait()
"""
    if shutil.which("setpriv") is None:
        pytest.skip("needs setpriv")
    facts = dropped(before=before, after=after)

    assert facts["frames"] >= 6
    assert facts["owner"].startswith("pipe:")
    assert facts["refused"]


@pytest.mark.e2e
@needs_root
def test_drop_by_a_user_who_was_given_capabilities() -> None:
    if shutil.which("setpriv") is None:
        pytest.skip("needs setpriv")
    words = "+net_raw,+sys_ptrace,+dac_read_search"
    prefix = ("setpriv", "--reuid=1234", "--clear-groups", f"--inh-caps={words}", f"--ambient-caps={words}")
    facts = dropped(prefix=prefix)

    assert facts["mask"] == mask(*OWNER_LOOKUP)
    assert facts["uid"] == 1234
    assert int(facts["CapAmb"], 16) == 0
    assert facts["dumpable"] == 0
    assert facts["NoNewPrivs"] == "1"


@pytest.mark.e2e
@needs_root
@pytest.mark.parametrize("sudo_uid", ["", "1234"])
def test_drop_in_a_user_namespace_of_root_alone_stays_root_without_capabilities(sudo_uid: str) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare")
    facts = dropped(prefix=("unshare", "--user", "--map-root-user"), keep="", SUDO_UID=sudo_uid, SUDO_GID=sudo_uid)

    assert facts["uid"] == 0
    assert facts["mask"] == int(facts["CapPrm"], 16) == int(facts["CapBnd"], 16) == 0
    assert facts["NoNewPrivs"] == "1"


@pytest.mark.parametrize(("uid", "exists"), [(999, False), (1000, True), (1009, True), (1010, False), (5000, True)])
def test_user_to_become_is_one_that_the_user_namespace_has(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, uid: int, exists: bool
) -> None:
    ids = tmp_path / "map"
    ids.write_text("      1000          0         10\n      5000      70000          1\n")
    monkeypatch.setattr(invoking_user, "UID_MAP", ids)
    monkeypatch.setattr(invoking_user, "GID_MAP", ids)
    monkeypatch.setattr(privileges, "held_privileges", lambda: Privileges(0, -1, False))
    for name, number in (("geteuid", 0), ("getuid", 0), ("getgid", 7)):
        monkeypatch.setattr(os, name, lambda number=number: number)
    monkeypatch.setenv("SUDO_UID", str(uid))
    monkeypatch.setenv("SUDO_GID", "1000")
    assert privileges.unprivileged_user() == ((uid, 1000) if exists else (0, 7))


SETTLED_THREAD = """
import threading
from pathlib import Path
from tcpwatch.system.privileges import drop_thread_privileges
settled, over = threading.Event(), threading.Event()
def live():
    drop_thread_privileges()
    settled.set()
    over.wait()
thread = threading.Thread(target=live)
thread.start()
settled.wait()
"""
STATUS_OF_THREAD = """
lines = Path(f"/proc/self/task/{thread.native_id}/status").read_text().splitlines()
theirs = dict(line.split(":", 1) for line in lines)
facts["thread"] = [theirs[name].split()[0] for name in ("Uid", "CapPrm", "CapEff", "CapAmb", "NoNewPrivs")]
facts["thread's bounding set"] = int(theirs["CapBnd"], 16)
over.set()
"""


@pytest.mark.e2e
@needs_root
def test_thread_privileges_end_with_the_process_drop() -> None:
    facts = dropped(before=SETTLED_THREAD, after=STATUS_OF_THREAD)

    assert facts["mask"] == mask(*OWNER_LOOKUP)
    assert facts["thread"] == [str(NOBODY), *["0" * 16] * 3, "1"]
    assert facts["thread's bounding set"] == 0


@pytest.mark.e2e
@needs_root
def test_thread_privileges_of_a_user_with_capabilities_are_dropped() -> None:
    if shutil.which("setpriv") is None:
        pytest.skip("needs setpriv")
    prefix = ("setpriv", "--reuid=1234", "--clear-groups", "--inh-caps=+net_raw", "--ambient-caps=+net_raw")
    facts = dropped(keep="[Capability.NET_RAW]", prefix=prefix, before=SETTLED_THREAD, after=STATUS_OF_THREAD)

    assert facts["mask"] == mask(Capability.NET_RAW)
    assert facts["thread"] == ["1234", *["0" * 16] * 3, "1"]
