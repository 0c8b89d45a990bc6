"""What this process is allowed to do, the command that would allow more, and the way down for good (capabilities(7)).

Rule: everything privileged is opened first; then `drop_privileges` runs, before the first thread starts, because Linux
keeps capabilities per thread. A thread that starts earlier calls `drop_thread_privileges`. Open descriptors keep
working.
"""

import os
import shlex
import sys
from collections.abc import Collection
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

from tcpwatch.errors import PrivilegeError, TcpwatchError
from tcpwatch.system.libc import capset, prctl
from tcpwatch.system.module_access import import_through, open_folders
from tcpwatch.text.clean import clean

# include/uapi/linux/prctl.h
PR_SET_DUMPABLE, PR_SET_KEEPCAPS, PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 4, 8, 24, 38

TASKS = Path("/proc/self/task")
UID_MAP, GID_MAP = Path("/proc/self/uid_map"), Path("/proc/self/gid_map")
LAST_CAPABILITY = Path("/proc/sys/kernel/cap_last_cap")
NOBODY = 65_534
LONGEST_COMMAND = 1_000


class Capability(IntEnum):
    """The capabilities that tcpwatch has a use for, if only to give them up, by their number."""

    DAC_READ_SEARCH = 2
    SETGID = 6
    SETUID = 7
    SETPCAP = 8
    NET_ADMIN = 12
    NET_RAW = 13
    SYS_PTRACE = 19
    SYS_ADMIN = 21
    PERFMON = 38
    BPF = 39

    def __str__(self) -> str:
        return f"CAP_{self.name}"


# What it takes to read /proc/PID/fd of other users' processes: the first for its links, the second for the directory.
OWNER_LOOKUP = (Capability.SYS_PTRACE, Capability.DAC_READ_SEARCH)


class Privileges(NamedTuple):
    """What the process holds: effective uid, effective capabilities as a bit mask, and whether it can gain none."""

    uid: int
    mask: int
    no_new_privs: bool

    def holds(self, *capabilities: Capability) -> bool:
        """Whether all of these are in effect."""
        wanted = _mask(capabilities)
        return self.mask & wanted == wanted


def held_privileges() -> Privileges:
    """What the calling thread holds now. Without Linux's capabilities, root holds all and any other user none."""
    if not TASKS.exists():
        return Privileges(os.geteuid(), -1 if os.geteuid() == 0 else 0, False)
    status = _status(Path("/proc/thread-self"))
    return Privileges(os.geteuid(), int(status["CapEff"], 16), status["NoNewPrivs"] == "1")


def missing(capability: Capability, purpose: str) -> PrivilegeError:
    """The error to raise where `purpose` cannot be had without `capability`, with the command that gives it."""
    return PrivilegeError(f"{purpose} needs {capability}", fix(capability))


def fix(*capabilities: Capability) -> str:
    """What gives this user these capabilities: this very command through sudo; to root, the container's start."""
    if os.geteuid() != 0:
        return command_as_root()
    options = " ".join(f"--cap-add={capability.name}" for capability in capabilities)
    return f"root lacks it here: start the container with {options}"


def command_as_root() -> str:
    """This very command, run through sudo."""
    return clean(shlex.join(["sudo", *_own_command()]), LONGEST_COMMAND)


def drop_privileges(keep: Collection[Capability] = ()) -> Privileges:
    """Give up for good what is not in `keep`: become the user behind sudo (or nobody), with no other capability.

    CAP_DAC_READ_SEARCH stays where tcpwatch's own modules, or their folder, are closed to that user; the answer says
    what is held now. The process is no longer dumpable: others of that user cannot attach to it and take its sockets,
    and no core file holds what it captured. Raises TcpwatchError where reading back shows that a thread has more.
    """
    try:
        if TASKS.exists():
            _drop_capabilities(_mask(keep))
        else:
            _change_user(*unprivileged_user())
    except (OSError, OverflowError) as error:
        raise _refused(str(error)) from error
    return held_privileges()


def drop_thread_privileges() -> None:
    """Give up in the calling thread all that `drop_privileges` does not still need of it: the change of the user.

    For a thread that starts before privilege is dropped: the C library changes the user of all threads at once, and
    with the user go its last capabilities.
    """
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    uid, _ = unprivileged_user()
    capset(0 if uid == os.geteuid() else _mask((Capability.SETUID, Capability.SETGID)))


def _drop_capabilities(keep: int) -> None:
    """All that Linux knows of privilege, in the order in which each step still may be taken."""
    privileges = held_privileges()
    kept = privileges.mask & keep
    uid, gid = unprivileged_user()
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    if privileges.holds(Capability.SETPCAP):
        for capability in range(int(LAST_CAPABILITY.read_text()) + 1):
            prctl(PR_CAPBSET_DROP, capability)
    prctl(PR_SET_KEEPCAPS, 1)
    folders = open_folders()
    _change_user(uid, gid)
    if not import_through(folders):  # modules are still to be imported, and this user may not read them
        kept |= privileges.mask & _mask((Capability.DAC_READ_SEARCH,))
    capset(kept)
    prctl(PR_SET_DUMPABLE, 0)
    _verify(uid, kept)


def unprivileged_user() -> tuple[int, int]:
    """Whom `drop_privileges` makes of this process: uid and gid.

    The user behind sudo, nobody where root itself came, and who this is where that cannot change: in a user namespace
    that has root alone there is nobody else to be.
    """
    here = os.getuid(), os.getgid()
    if os.geteuid() != 0 or not held_privileges().holds(Capability.SETUID, Capability.SETGID):
        return here
    uid, gid = os.environ.get("SUDO_UID", ""), os.environ.get("SUDO_GID", "")
    behind_sudo = [(int(uid), int(gid))] if uid.isdecimal() and gid.isdecimal() and int(uid) != 0 else []
    return next((user for user in (*behind_sudo, (NOBODY, NOBODY)) if _exists(*user)), here)


def _exists(uid: int, gid: int) -> bool:
    """Whether this user namespace has these ids (user_namespaces(7)). Without such a map, all there are."""
    return all(
        not path.exists()
        or any(int(first) <= number < int(first) + int(count) for first, _, count in map(str.split, _lines(path)))
        for path, number in ((UID_MAP, uid), (GID_MAP, gid))
    )


def _change_user(uid: int, gid: int) -> None:
    if uid != os.geteuid():
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def _verify(uid: int, kept: int) -> None:
    """Read back what the kernel says of every thread: none may have more than is kept."""
    allowed = {"CapPrm": kept, "CapEff": kept, "CapInh": 0, "CapAmb": 0}
    for task in TASKS.iterdir():
        status = _status(task)
        if set(status["Uid"].split()) != {str(uid)}:
            raise _refused(f"user ids are {status['Uid']}")
        if status["NoNewPrivs"] != "1":
            raise _refused("new privileges can be gained")
        for name, capabilities in allowed.items():
            if int(status[name], 16) & ~capabilities:
                raise _refused(f"{name} is {status[name]}")


def _refused(reason: str) -> TcpwatchError:
    return TcpwatchError(f"privileges could not be dropped ({reason}); start tcpwatch as a plain user instead")


def _own_command() -> list[str]:
    """The words that started this program, with a path that sudo finds too."""
    program, *words = sys.argv
    if os.path.basename(program) == "__main__.py":
        return [sys.executable, "-m", "tcpwatch", *words]
    return [os.path.abspath(program), *words]


def _mask(capabilities: Collection[Capability]) -> int:
    return sum(1 << capability for capability in set(capabilities))


def _status(task: Path) -> dict[str, str]:
    """`/proc/PID/status` by field (proc_pid_status(5))."""
    lines = _lines(task / "status")
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def _lines(path: Path) -> list[str]:
    return path.read_text(errors="replace").splitlines()
