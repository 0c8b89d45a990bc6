"""No file is written, made, removed or run any more by the calling thread and those that it starts (landlock(7)).

Rule: what is open stays open, so a recording goes on. Only /dev/null and the terminal may still be opened for writing.
A thread under Landlock may look into no process outside of it (ptrace(2), /proc/PID/fd), so who looks for the owners of
sockets there does without.
"""

import errno
import os
import struct
import sys
from contextlib import suppress

from tcpwatch.system.libc import system_call

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same numbers on all machines
GET_VERSION = 1
PATH_BENEATH = 1

# include/uapi/linux/landlock.h: rights over files, by the version that has them first
EXECUTE, WRITE_FILE = 1 << 0, 1 << 1
REMOVE_OR_MAKE = sum(1 << bit for bit in range(4, 13))
REFER, TRUNCATE = 1 << 13, 1 << 14
RIGHTS = ((1, EXECUTE | WRITE_FILE | REMOVE_OR_MAKE), (2, REFER), (3, TRUNCATE))
STILL_WRITTEN = ("/dev/null", "/dev/tty")

RULESET = struct.Struct("=Q")
RULE = struct.Struct("=Qi")


def refuse_file_changes() -> None:
    """Give up these rights for good; no_new_privs has to be set. Raises OSError where the kernel has no Landlock."""
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    version = system_call(CREATE_RULESET, None, 0, GET_VERSION)
    rights = sum(right for first, right in RIGHTS if version >= first)
    ruleset = system_call(CREATE_RULESET, RULESET.pack(rights), RULESET.size, 0)
    try:
        for path in STILL_WRITTEN:
            with suppress(FileNotFoundError):
                _allow(ruleset, path, rights & (WRITE_FILE | TRUNCATE))
        system_call(RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        system_call(ADD_RULE, ruleset, PATH_BENEATH, RULE.pack(rights, place), 0)
    finally:
        os.close(place)
