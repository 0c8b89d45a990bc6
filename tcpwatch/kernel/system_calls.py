"""System calls by number, as far as threads that have to do with sockets are found in them. Pure.

Numbers are those of syscall_64.tbl and, for all machines but x86_64, include/uapi/asm-generic/unistd.h.
"""

import platform
from collections.abc import Mapping
from typing import NamedTuple

from tcpwatch.sockets.threads import ThreadWait
from tcpwatch.text.clean import clean


class SystemCall(NamedTuple):
    """Its name; whether its first argument is a descriptor."""

    name: str
    has_fd: bool


# On x86_64, elsewhere; None where a machine has no such call.
WITH_FD = {
    "read": (0, 63),
    "write": (1, 64),
    "close": (3, 57),
    "ioctl": (16, 29),
    "pread64": (17, 67),
    "pwrite64": (18, 68),
    "readv": (19, 65),
    "writev": (20, 66),
    "sendfile": (40, 71),
    "connect": (42, 203),
    "accept": (43, 202),
    "sendto": (44, 206),
    "recvfrom": (45, 207),
    "sendmsg": (46, 211),
    "recvmsg": (47, 212),
    "shutdown": (48, 210),
    "fcntl": (72, 25),
    "flock": (73, 32),
    "fsync": (74, 82),
    "fdatasync": (75, 83),
    "epoll_wait": (232, None),
    "splice": (275, 76),
    "epoll_pwait": (281, 22),
    "accept4": (288, 242),
    "recvmmsg": (299, 243),
    "sendmmsg": (307, 269),
    "io_uring_enter": (426, 426),
    "close_range": (436, 436),
    "epoll_pwait2": (441, 441),
}
WITHOUT_FD = {
    "poll": (7, None),
    "select": (23, None),
    "pause": (34, None),
    "nanosleep": (35, 101),
    "wait4": (61, 260),
    "rt_sigtimedwait": (128, 137),
    "rt_sigsuspend": (130, 133),
    "futex": (202, 98),
    "io_getevents": (208, 4),
    "restart_syscall": (219, 128),
    "clock_nanosleep": (230, 115),
    "waitid": (247, 95),
    "openat": (257, 56),
    "pselect6": (270, 72),
    "ppoll": (271, 73),
    "getrandom": (318, 278),
    "io_pgetevents": (333, 292),
    "futex_waitv": (449, 449),
    "futex_wait": (455, 455),
}
X86_64, GENERIC = 0, 1
# A call that is begun anew after the program was stopped is known by where it waits.
RESTARTED = {"hrtimer_nanosleep": "nanosleep", "poll_schedule_timeout": "poll"}
FUTEX_FUNCTIONS = "futex_"
NO_CALL = -1


def system_calls(machine: str) -> Mapping[int, SystemCall]:
    """The calls of a machine by their numbers."""
    column = X86_64 if machine == "x86_64" else GENERIC
    tables = ((WITH_FD, True), (WITHOUT_FD, False))
    return {
        number: SystemCall(name, has_fd)
        for table, has_fd in tables
        for name, numbers in table.items()
        if (number := numbers[column]) is not None
    }


CALLS = system_calls(platform.machine())


def thread_in_call(tid: int, name: str, number: int | None, argument: int, waits_in: str | None) -> ThreadWait:
    """A thread that sleeps, in the system call of that number; NO_CALL is none, None is not known."""
    waits_in = clean(waits_in) if waits_in else None
    if number is None or number < 0:
        return ThreadWait(tid, name, waits_in=waits_in)
    call = CALLS.get(number, SystemCall(f"system call {number}", False))
    syscall = _restarted(waits_in) if call.name == "restart_syscall" else call.name
    return ThreadWait(tid, name, syscall, argument & 0xFFFF_FFFF if call.has_fd else None, waits_in)


def _restarted(waits_in: str | None) -> str:
    if waits_in is not None and waits_in.startswith(FUTEX_FUNCTIONS):
        return "futex"
    return RESTARTED.get(waits_in or "", "restart_syscall")
