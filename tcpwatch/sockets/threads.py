"""What the threads of a program do: in which system call each waits, and that in words. Pure."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

# Words in the names of calls that may end because of a socket: it takes a connection, or data, or watches for them.
_OF_SOCKETS = ("read", "recv", "accept", "poll", "select", "splice", "sendfile", "io_", "restart", "system call")
# Why a thread that is in one of these calls waits.
_WAITS_FOR = {
    "futex": "for a lock or another thread",
    "futex_wait": "for a lock or another thread",
    "futex_waitv": "for a lock or another thread",
    "nanosleep": "asleep",
    "clock_nanosleep": "asleep",
    "wait4": "for another process",
    "waitid": "for another process",
    "rt_sigtimedwait": "for a signal",
    "rt_sigsuspend": "for a signal",
    "pause": "for a signal",
}
_MOST_SENTENCES, _MOST_FDS = 4, 4


@dataclass(frozen=True, slots=True)
class ThreadWait:
    """A thread and what it does: the system call it is in, with its first argument where that is a descriptor.

    `waits_in` is the function of the kernel in which it sleeps. A thread that is `running` is on a CPU or waits for
    one; one that is `stopped` was stopped by a signal, a debugger or the freezer. Of neither is the call known.
    """

    tid: int
    name: str
    syscall: str | None = None
    fd: int | None = None
    waits_in: str | None = None
    running: bool = False
    stopped: bool = False

    @property
    def call(self) -> str:
        """`recvfrom(fd 57)`, `futex`; empty where it is in none, or not known."""
        return "" if self.syscall is None else self.syscall if self.fd is None else f"{self.syscall}(fd {self.fd})"

    @property
    def may_take_from_a_socket(self) -> bool:
        """Whether a connection or data could be what it waits for; so it is where that is not known."""
        return self.syscall is None or any(word in self.syscall for word in _OF_SOCKETS)


@dataclass(frozen=True, slots=True)
class ThreadsSeen:
    """The threads of a process at one moment; of a large one, not all: `total` counts them."""

    threads: tuple[ThreadWait, ...]
    total: int

    def on(self, fd: int) -> tuple[ThreadWait, ...]:
        """Those that are in a system call on this descriptor. A poll or an epoll_wait that includes it is not one."""
        return tuple(thread for thread in self.threads if thread.fd == fd)

    def count(self, *syscalls: str) -> int:
        """How many are in one of these system calls."""
        return sum(thread.syscall in syscalls for thread in self.threads)

    @property
    def none_takes(self) -> bool:
        """Whether every thread was seen, and none of them waits for a connection or data, as far as can be known."""
        everyone = 0 < self.total == len(self.threads)
        return everyone and not any(thread.may_take_from_a_socket for thread in self.threads)


class _Doing(Enum):
    RUN = 0
    STOPPED = 1
    CALL = 2
    KERNEL = 3


_Group = tuple[_Doing, str]


def threads_in_words(seen: ThreadsSeen) -> tuple[str, ...]:
    """What the threads do, the most common first: `8 of 8 threads wait in futex (for a lock or another thread)`."""
    groups: dict[_Group, list[ThreadWait]] = defaultdict(list)
    for thread in seen.threads:
        groups[_group(thread)].append(thread)
    ordered = sorted(groups.items(), key=lambda entry: -len(entry[1]))
    shown, rest = ordered[:_MOST_SENTENCES], ordered[_MOST_SENTENCES:]
    sentences = [f"{_who(members, seen.total)} {_SAYING[doing](what, members)}" for (doing, what), members in shown]
    if rest:
        sentences.append(f"{sum(len(members) for _, members in rest)} more do something else")
    if seen.none_takes:
        sentences.append("none is in recv or accept")
    return tuple(sentences)


def _group(thread: ThreadWait) -> _Group:
    if thread.running:
        return _Doing.RUN, ""
    if thread.stopped:
        return _Doing.STOPPED, ""
    return (_Doing.KERNEL, thread.waits_in or "") if thread.syscall is None else (_Doing.CALL, thread.syscall)


def _who(members: Sequence[ThreadWait], total: int) -> str:
    if len(members) > 1:
        return f"{len(members)} of {total} threads"
    return f"thread {members[0].tid}" if total > 1 else "its only thread"


def _says_run(_: str, members: Sequence[ThreadWait]) -> str:
    return "run, or wait for a CPU" if len(members) > 1 else "runs, or waits for a CPU"


def _says_stopped(_: str, members: Sequence[ThreadWait]) -> str:
    return f"{'are' if len(members) > 1 else 'is'} stopped, by a signal, a debugger or the freezer"


def _says_call(syscall: str, members: Sequence[ThreadWait]) -> str:
    many = len(members) > 1
    if (why := _WAITS_FOR.get(syscall)) is not None:
        return f"{'wait' if many else 'waits'} in {syscall} ({why})"
    fds = sorted({thread.fd for thread in members if thread.fd is not None})
    listed = ", ".join(map(str, fds[:_MOST_FDS])) + (" …" if len(fds) > _MOST_FDS else "")
    return f"{'are' if many else 'is'} in {syscall}" + (f"(fd {listed})" if fds else "")


def _says_kernel(function: str, members: Sequence[ThreadWait]) -> str:
    return f"{'wait' if len(members) > 1 else 'waits'} in the kernel" + (f" ({function})" if function else "")


_SAYING: Mapping[_Doing, Callable[[str, Sequence[ThreadWait]], str]] = {
    _Doing.RUN: _says_run,
    _Doing.STOPPED: _says_stopped,
    _Doing.CALL: _says_call,
    _Doing.KERNEL: _says_kernel,
}
