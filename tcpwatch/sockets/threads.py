"""What the threads of a program do: in which system call each waits. Data; no I/O."""

from dataclasses import dataclass

# Words in the names of calls that may end because of a socket: it takes a connection, or data, or watches for them.
_OF_SOCKETS = ("read", "recv", "accept", "poll", "select", "splice", "sendfile", "io_", "restart", "system call")


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
