"""On whose behalf root runs: the user who called sudo, run0, pkexec or doas; and files that are opened as that user.

Rule: a path that the caller chose is opened with the caller's own rights. Root's rights, or capabilities that were
given to this program, would let anybody who may run it read any file, and put a file of his own into any folder.
"""

import errno
import os
import pwd
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tcpwatch.system.capability_sets import THREAD, task_status
from tcpwatch.system.libc import capset

UID_MAP, GID_MAP = Path("/proc/self/uid_map"), Path("/proc/self/gid_map")

# Variables in which a program that makes one root names its caller: sudo(8) and run0(1), pkexec(1). Each sets them
# itself. doas(1) gives a name only.
CALLER_IDS = (("SUDO_UID", "SUDO_GID"), ("PKEXEC_UID", ""))
CALLER_NAMES = ("DOAS_USER",)
CHANGES_USER = 1 << 6 | 1 << 7  # CAP_SETGID, CAP_SETUID (include/uapi/linux/capability.h)


class User(NamedTuple):
    """A user and its primary group, by number."""

    uid: int
    gid: int

    @property
    def groups(self) -> list[int]:
        """All groups that the system's databases have for it; only the primary one for a user without a name."""
        try:
            return os.getgrouplist(pwd.getpwuid(self.uid).pw_name, self.gid)
        except KeyError:
            return [self.gid]


def invoking_user(environment: Mapping[str, str] = os.environ) -> User | None:
    """The user other than root on whose behalf root runs; None for a plain user, and for root by itself."""
    if os.geteuid() != 0:
        return None
    return next((user for user in _callers(environment) if user.uid != 0 and exists(user)), None)


def exists(user: User) -> bool:
    """Whether this user namespace maps these ids (user_namespaces(7)). Without a map, all ids exist."""
    return all(
        not path.exists()
        or any(int(first) <= number < int(first) + int(count) for first, _, count in map(str.split, _lines(path)))
        for path, number in ((UID_MAP, user.uid), (GID_MAP, user.gid))
    )


@contextmanager
def as_invoking_user() -> Iterator[None]:
    """Files opened inside are opened with the rights of the invoking user, its groups included.

    Root by itself stays root; a plain user does without its capabilities meanwhile. Raises OSError if the user cannot
    be changed.
    """
    user = invoking_user()
    with _without_capabilities() if user is None else _as_user(user):
        yield


def denied_to(error: OSError | ValueError) -> str:
    """The reason of a failure inside `as_invoking_user`; it names the user where that user's rights were the reason."""
    user = invoking_user()
    reason = getattr(error, "strerror", None) or str(error)
    return f"{reason} for the calling user (uid {user.uid})" if user and isinstance(error, PermissionError) else reason


@contextmanager
def _as_user(user: User) -> Iterator[None]:
    """The effective ids of a user; the kernel takes root's capabilities out of effect with them (capabilities(7))."""
    if os.path.exists(THREAD) and CHANGES_USER & ~int(task_status(THREAD)["CapEff"], 16):
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))  # before some threads have changed and some cannot
    gid, groups, most = os.getegid(), os.getgroups(), os.sysconf("SC_NGROUPS_MAX")
    os.setgroups(user.groups[:most])
    try:
        os.setegid(user.gid)
        os.seteuid(user.uid)
        yield
    finally:
        os.seteuid(0)
        os.setegid(gid)
        os.setgroups(groups[:most])


@contextmanager
def _without_capabilities() -> Iterator[None]:
    """Take the capabilities of a user other than root out of effect."""
    if os.geteuid() == 0 or not os.path.exists(THREAD):
        yield
        return
    status = task_status(THREAD)
    effective, permitted, inheritable = (int(status[name], 16) for name in ("CapEff", "CapPrm", "CapInh"))
    if effective:
        capset(permitted, inheritable, effective=0)
    try:
        yield
    finally:
        if effective:
            capset(permitted, inheritable, effective=effective)


def _callers(environment: Mapping[str, str]) -> Iterator[User]:
    for uid_name, gid_name in CALLER_IDS:
        uid, gid = environment.get(uid_name, ""), environment.get(gid_name, "")
        if not (uid.isascii() and uid.isdecimal()):
            continue
        if gid.isascii() and gid.isdecimal():
            yield User(int(uid), int(gid))
        else:
            yield from _entry(int(uid))
    for name in CALLER_NAMES:
        if name in environment:
            yield from _entry(environment[name])


def _entry(key: int | str) -> Iterator[User]:
    """The user with this number or name in the system's databases; nothing if there is none."""
    try:
        entry = pwd.getpwuid(key) if isinstance(key, int) else pwd.getpwnam(key)
    except (KeyError, OverflowError, ValueError):
        return
    yield User(entry.pw_uid, entry.pw_gid)


def _lines(path: Path) -> list[str]:
    return path.read_text(errors="replace").splitlines()
