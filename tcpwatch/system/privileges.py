"""The privileges of this process, the command that gives more, and dropping them permanently (capabilities(7)).

Rule: everything privileged is opened first; then `drop_privileges` runs, before the first thread starts, because Linux
keeps capabilities per thread. A thread that starts earlier calls `drop_thread_privileges`. Open descriptors keep
working.
"""

import os
import shlex
import sys
from collections.abc import Collection
from contextlib import suppress
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

from tcpwatch.errors import PrivilegeError, TcpwatchError
from tcpwatch.system.capability_sets import PR_SET_NO_NEW_PRIVS, THREAD, limit_bounding_set, task_status
from tcpwatch.system.invoking_user import User, exists, invoking_user
from tcpwatch.system.landlock import refuse_file_changes
from tcpwatch.system.libc import capset, prctl
from tcpwatch.system.module_access import import_through, open_folders
from tcpwatch.text.clean import clean

# include/uapi/linux/prctl.h
PR_SET_DUMPABLE, PR_SET_KEEPCAPS = 4, 8

TASKS = Path("/proc/self/task")
PACKAGE_HOME = Path(__file__).resolve().parents[2]
NOBODY = User(65_534, 65_534)
LONGEST_COMMAND = 1_000


class Capability(IntEnum):
    """The capabilities that tcpwatch uses or drops, by number."""

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


# Needed to read /proc/PID/fd of other users' processes: the first for the links, the second for the directory.
OWNER_LOOKUP = (Capability.SYS_PTRACE, Capability.DAC_READ_SEARCH)


class Privileges(NamedTuple):
    """Effective uid, effective capabilities as a bit mask, and whether no_new_privs is set."""

    uid: int
    mask: int
    no_new_privs: bool

    def holds(self, *capabilities: Capability) -> bool:
        """Whether all of these are in effect."""
        wanted = _mask(capabilities)
        return self.mask & wanted == wanted


def held_privileges() -> Privileges:
    """The calling thread's privileges. On systems without capabilities, root has all and other users have none."""
    if not TASKS.exists():
        return Privileges(os.geteuid(), -1 if os.geteuid() == 0 else 0, False)
    status = task_status(THREAD)
    return Privileges(os.geteuid(), int(status["CapEff"], 16), status["NoNewPrivs"] == "1")


def missing(capability: Capability, purpose: str) -> PrivilegeError:
    """The error to raise if `purpose` needs `capability`, with the command that provides it."""
    return PrivilegeError(f"{purpose} needs {capability}", fix(capability))


def fix(*capabilities: Capability) -> str:
    """How to get these capabilities: this command through sudo; for root, an option at the container's start."""
    if os.geteuid() != 0:
        return command_as_root()
    options = " ".join(f"--cap-add={capability.name}" for capability in capabilities)
    return f"root lacks it here: start the container with {options}"


def command_as_root() -> str:
    """This command, run through sudo."""
    return clean(shlex.join(["sudo", *_own_command()]), LONGEST_COMMAND)


def drop_privileges(keep: Collection[Capability] = ()) -> Privileges:
    """Drop permanently what is not in `keep`: become the user who called sudo (or nobody), without other capabilities.

    CAP_DAC_READ_SEARCH stays if that user may not read tcpwatch's own modules. Returns the remaining privileges. The
    process is no longer dumpable: other processes of that user cannot attach to it and take its sockets, and no core
    file contains captured data. Raises TcpwatchError if a thread still has more privileges afterwards.
    """
    try:
        if TASKS.exists():
            _drop_capabilities(_mask(keep))
        else:
            _change_user(*unprivileged_user())
            if sys.platform.startswith("linux"):
                _drop_unread()
    except (OSError, OverflowError) as error:
        raise _refused(str(error)) from error
    return held_privileges()


def drop_thread_privileges() -> None:
    """Drop all privileges of the calling thread, except those that `drop_privileges` needs to change the user.

    For threads that start before `drop_privileges`: the C library changes the user of all threads at once, and that
    drops the last capabilities of this thread. Its bounding set is emptied now, and where the kernel has Landlock the
    thread gives up changing files: what comes later for the process reaches no thread that is there already.
    """
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    uid, _ = unprivileged_user()
    limit_bounding_set(0)
    capset(0 if uid == os.geteuid() else _mask((Capability.SETUID, Capability.SETGID)))
    with suppress(OSError):
        refuse_file_changes()


def _drop_capabilities(keep: int) -> None:
    """Drop everything, in an order in which each step is still permitted."""
    privileges = held_privileges()
    kept = privileges.mask & keep
    uid, gid = unprivileged_user()
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    bounded = limit_bounding_set(0)
    prctl(PR_SET_KEEPCAPS, 1)
    folders = open_folders()
    _change_user(uid, gid)
    if not import_through(folders):  # later imports need it: the new user may not read the modules
        kept |= privileges.mask & _mask((Capability.DAC_READ_SEARCH,))
    capset(kept)
    prctl(PR_SET_DUMPABLE, 0)
    _verify(uid, kept, bounded)


def _drop_unread() -> None:
    """Where /proc is not mounted: the capabilities are given up all the same, but nothing can be read back."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    capset(0)
    prctl(PR_SET_DUMPABLE, 0)


def unprivileged_user() -> tuple[int, int]:
    """The uid and gid to which `drop_privileges` changes.

    The user who called sudo or the like; nobody if root started tcpwatch; the current user if it cannot change, as in
    a user namespace that maps only root.
    """
    here = os.getuid(), os.getgid()
    if os.geteuid() != 0 or not held_privileges().holds(Capability.SETUID, Capability.SETGID):
        return here
    caller = invoking_user()
    return caller or (NOBODY if exists(NOBODY) else here)


def _change_user(uid: int, gid: int) -> None:
    if uid != os.geteuid():
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)


def _verify(uid: int, kept: int, bounded: bool) -> None:
    """Check every thread's status in /proc: none may have, or where `bounded` gain, more privileges than `kept`."""
    allowed = {"CapPrm": kept, "CapEff": kept, "CapInh": 0, "CapAmb": 0} | ({"CapBnd": 0} if bounded else {})
    for task in TASKS.iterdir():
        status = task_status(str(task))
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
    """The command line of this program, with an absolute path so that sudo finds it.

    As a module it is run with -P: else root would import whatever lies in the current folder (python(1)). Where
    it lies there itself, and is found nowhere else, PYTHONPATH names the place.
    """
    program, *words = sys.argv
    if os.path.basename(program) not in ("__main__.py", "-c", "-m", ""):
        return [os.path.abspath(program), *words]
    found = any(finder.find_spec("tcpwatch", None) for finder in sys.meta_path)
    return [*([] if found else ["env", f"PYTHONPATH={PACKAGE_HOME}"]), sys.executable, "-P", "-m", "tcpwatch", *words]


def _mask(capabilities: Collection[Capability]) -> int:
    return sum(1 << capability for capability in set(capabilities))
