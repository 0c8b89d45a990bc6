"""The capability sets of the calling thread, read in /proc and reduced; and what a child process of ours may keep.

Rule: no more is imported than the C library, as each child of the lab starts with this.
"""

import os
import sys
from collections.abc import Collection
from contextlib import suppress

from tcpwatch.system.libc import capset, prctl

PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38  # include/uapi/linux/prctl.h
DAC_READ_SEARCH, SETPCAP = 1 << 2, 1 << 8  # include/uapi/linux/capability.h, as bits

THREAD = "/proc/thread-self"
LAST_CAPABILITY = "/proc/sys/kernel/cap_last_cap"


def task_status(task: str) -> dict[str, str]:
    """`/proc/PID/status` by field (proc_pid_status(5))."""
    with open(f"{task}/status", encoding="utf-8", errors="replace") as lines:
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def limit_bounding_set(keep: int) -> bool:
    """Leave the calling thread no more than `keep` to gain; False if it may not, for want of CAP_SETPCAP."""
    if not int(task_status(THREAD)["CapEff"], 16) & SETPCAP:
        return False
    with open(LAST_CAPABILITY, encoding="ascii") as last:
        for capability in range(int(last.read()) + 1):
            if not keep >> capability & 1:
                prctl(PR_CAPBSET_DROP, capability)
    return True


def keep_capabilities(keep: Collection[int]) -> None:
    """Drop for good every capability but these, by number; its user stays what it was. Nothing to do without Linux.

    For a process without other threads. What is gone cannot come back: the bounding set and no_new_privs hold for the
    programs that it starts, too. Root keeps CAP_DAC_READ_SEARCH if it cannot read Python or our modules otherwise, as
    in another user's home.
    """
    if not os.path.exists(THREAD):
        return
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    status = task_status(THREAD)
    permitted, inheritable = int(status["CapPrm"], 16), int(status["CapInh"], 16)
    kept = permitted & sum(1 << capability for capability in set(keep))
    capset(permitted, inheritable, effective=kept | permitted & SETPCAP)
    if os.geteuid() == 0 and not _can_read_itself():
        kept |= permitted & DAC_READ_SEARCH
    limit_bounding_set(kept)
    capset(kept, inheritable & kept)


def _can_read_itself() -> bool:
    """Whether Python, its library and this package can be opened with what is in effect now."""
    with suppress(OSError):
        for path in filter(None, (sys.executable, os.__file__, __file__)):
            os.close(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
        return True
    return False
