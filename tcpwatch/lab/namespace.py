"""A network namespace of our own: a private loopback, and every port free (network_namespaces(7), user_namespaces(7)).

Law of the room: entered before anything is opened and before the first thread starts, because a socket stays where it
was made and a process with threads may not change its user namespace. The namespace goes with its last process.
"""

import errno
import os
import socket
import sys
from fcntl import ioctl
from pathlib import Path
from typing import NamedTuple

from tcpwatch.errors import PrivilegeError
from tcpwatch.system.libc import IFF_UP, IFREQ, call, capset, prctl

# include/uapi/linux/sched.h, prctl.h, capability.h, sockios.h
CLONE_NEWUSER, CLONE_NEWNET = 0x1000_0000, 0x4000_0000
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 47, 2
CAP_NET_ADMIN, CAP_NET_RAW = 12, 13
FOR_CHILDREN = (CAP_NET_ADMIN, CAP_NET_RAW)  # filters that drop, sysctls of the namespace; raw segments
SIOCGIFFLAGS, SIOCSIFFLAGS = 0x8913, 0x8914
SYSCTLS = Path("/proc/sys")

# What may forbid namespaces: how the kernel then refuses, the sysctl, the value that forbids, the one that allows.
GATES = (
    (errno.ENOSPC, "user.max_user_namespaces", "0", "15000"),
    (errno.ENOSPC, "user.max_net_namespaces", "0", "15000"),
    (errno.EPERM, "kernel.unprivileged_userns_clone", "0", "1"),  # Debian's
    (errno.EPERM, "kernel.apparmor_restrict_unprivileged_userns", "1", "0"),  # Ubuntu's
)
AS_ROOT = "run it through sudo, or as root: that needs no user namespace"


class OwnNamespace(NamedTuple):
    """The network namespace that this process is in; `user` says that a user namespace is around it."""

    user: bool

    def ways_in(self, pid: str) -> dict[str, str]:
        """Commands that look in from outside, by way of a process in it that may be looked into: ours, and `ss`."""
        into = "-U -n --preserve-credentials" if self.user else "-n"
        return {"tcpwatch": f"tcpwatch --netns {pid}", "ss": f"nsenter -t {pid} {into} ss -tan"}


def enter_own_namespace() -> OwnNamespace:
    """Move this process into a network namespace of its own, with loopback up.

    Root needs no more. Any other user gets a user namespace around it, in which he is who he was but holds every
    capability over what is inside, captures included; the processes that he starts keep those in FOR_CHILDREN.
    Raises PrivilegeError, and stays where it was, where the system refuses.
    """
    if not sys.platform.startswith("linux"):
        raise PrivilegeError("network namespaces are Linux's", "run it with --host, on this host's own loopback")
    kinds = CLONE_NEWNET if os.geteuid() == 0 else CLONE_NEWUSER | CLONE_NEWNET
    refusal = _rehearse(kinds)
    if refusal:
        raise _refused(refusal)
    _enter(kinds)
    return OwnNamespace(user=bool(kinds & CLONE_NEWUSER))


def _rehearse(kinds: int) -> int:
    """Try it in a child, because half of it cannot be taken back; the errno of what was refused, 0 for nothing."""
    child = os.fork()
    if child == 0:
        try:
            _enter(kinds)
        except OSError as error:
            os._exit(error.errno or 1)
        finally:  # whatever else it was that failed here will fail there too, and only there may it be told
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def _enter(kinds: int) -> None:
    uid, gid = os.geteuid(), os.getegid()
    call("unshare", kinds)
    if kinds & CLONE_NEWUSER:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
        _leave_capabilities_to_children()
    _bring_loopback_up()


def _leave_capabilities_to_children() -> None:
    """Make FOR_CHILDREN inheritable and ambient: a program that is no root's keeps only ambient ones."""
    kept = sum(1 << capability for capability in FOR_CHILDREN)
    capset(_permitted(), inheritable=kept)
    for capability in FOR_CHILDREN:
        prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability)


def _permitted() -> int:
    lines = Path("/proc/thread-self/status").read_text().splitlines()
    return next(int(line.split()[1], 16) for line in lines if line.startswith("CapPrm:"))


def _bring_loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        _, flags = IFREQ.unpack(ioctl(asker, SIOCGIFFLAGS, IFREQ.pack(b"lo", 0)))
        ioctl(asker, SIOCSIFFLAGS, IFREQ.pack(b"lo", flags | IFF_UP))


def _refused(number: int) -> PrivilegeError:
    """Why there is no namespace to be had, and the command that mends it."""
    message = f"the demo cannot have a network namespace of its own: {os.strerror(number)}"
    if os.geteuid() == 0 and number == errno.EPERM:
        return PrivilegeError(message, "root lacks it here: start the container with --cap-add=SYS_ADMIN")
    for refusal, name, forbids, allows in GATES:
        gate = SYSCTLS.joinpath(*name.split("."))
        if refusal == number and gate.exists() and gate.read_text().strip() == forbids:
            return PrivilegeError(f"{message} ({name} is {forbids})", f"sudo sysctl {name}={allows}")
    return PrivilegeError(message, AS_ROOT)
