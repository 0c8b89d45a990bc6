"""Lists network namespaces with their processes, and enters them (network_namespaces(7)).

Rule: a thread that enters a namespace stays there. What it opens there keeps working after the privilege to enter is
dropped. Names and control groups are foreign text.
"""

import os
from dataclasses import replace
from fcntl import ioctl
from pathlib import Path
from typing import NamedTuple

from tcpwatch.errors import UsageError
from tcpwatch.kernel.proc.containers import container_of
from tcpwatch.kernel.proc.processes import ProcessTable
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.system.libc import call
from tcpwatch.text.clean import clean

PROC = Path("/proc")
NAMED_DIR = Path("/run/netns")  # ip-netns(8)
OWN_NETNS = PROC / "thread-self/ns/net"

# include/uapi/linux/sched.h, nsfs.h
CLONE_NEWUSER, CLONE_NEWNET = 0x1000_0000, 0x4000_0000
NS_GET_USERNS = 0xB701


class NamespaceFile(NamedTuple):
    """A namespace, and the file to open for entering it."""

    netns: Namespace
    path: Path


def namespace_here() -> Namespace | None:
    """The calling thread's namespace; None if the system has no namespaces."""
    inode = _inode(OWN_NETNS)
    return None if inode is None else Namespace(inode, _names().get(inode), here=True)


def find_namespace(word: str) -> NamespaceFile:
    """The namespace with this name, else of the process with this pid.

    Raises UsageError, which lists the names, if there is neither; PermissionError if the process may not be read.
    """
    by_name = _by_name()
    if word in by_name:
        return NamespaceFile(Namespace(_required_inode(by_name[word]), clean(word)), by_name[word])
    if word.isascii() and word.isdecimal():
        return _of_process(int(word))
    names = f"there are: {', '.join(map(clean, by_name))}" if by_name else "none has a name here"
    raise UsageError(f"there is no network namespace {clean(word)}; {names}; or give a pid")


def list_namespaces() -> list[NamespaceFile]:
    """Every namespace with a name or with a process that this user may read; the calling thread's own first."""
    here = namespace_here()
    if here is None:
        return []
    places = {here.inode: NamespaceFile(here, OWN_NETNS)}
    for path in _by_name().values():
        if (inode := _inode(path)) is not None:
            places.setdefault(inode, NamespaceFile(Namespace(inode, clean(path.name)), path))
    for pid in sorted(ProcessTable(PROC).pids()):
        path = PROC / str(pid) / "ns/net"
        if (inode := _inode(path)) is None:
            continue
        netns, known = places.get(inode, NamespaceFile(Namespace(inode), path))
        if not netns.here and netns.container is None:
            who = _with_process(netns, pid)
            places[inode] = NamespaceFile(replace(who, process=netns.process or who.process), known)
    return list(places.values())


def is_present(place: NamespaceFile) -> bool:
    """Whether the process or name by which the namespace was found still exists. Needs no privilege."""
    if place.path.is_relative_to(PROC):
        return place.path.parents[1].exists()
    return _inode(place.path) == place.netns.inode


def enter_namespace(path: Path) -> None:
    """Move the calling thread into a network namespace, if necessary through the user namespace that owns it.

    An unprivileged user can enter only namespaces of own user namespaces, from a single-threaded process (setns(2)).
    Raises PermissionError if not allowed, UsageError if the file is not (or no longer) a namespace.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _setns(descriptor, CLONE_NEWNET)
    except PermissionError as refusal:
        _enter_with_its_owner(descriptor, refusal)
    except OSError as error:
        raise UsageError(f"{clean(str(path))} is no network namespace ({error.strerror})") from error
    finally:
        os.close(descriptor)


def _enter_with_its_owner(descriptor: int, refusal: PermissionError) -> None:
    try:
        owner = ioctl(descriptor, NS_GET_USERNS)
        try:
            _setns(owner, CLONE_NEWUSER)
        finally:
            os.close(owner)
        _setns(descriptor, CLONE_NEWNET)
    except OSError:
        raise refusal from None


def _of_process(pid: int) -> NamespaceFile:
    if not (PROC / str(pid)).exists():
        raise UsageError(f"there is no process {pid}")
    path = PROC / str(pid) / "ns/net"
    inode = _required_inode(path)
    return NamespaceFile(_with_process(Namespace(inode, _names().get(inode)), pid), path)


def _with_process(netns: Namespace, pid: int) -> Namespace:
    """The same with the container and name of this process."""
    try:
        container = container_of((PROC / str(pid) / "cgroup").read_text(errors="surrogateescape"))
        command = clean((PROC / str(pid) / "comm").read_text(errors="surrogateescape").removesuffix("\n"))
    except OSError:
        return netns
    return replace(netns, container=container, process=f"{command}/{pid}")


def _by_name() -> dict[str, Path]:
    try:
        return {name: NAMED_DIR / name for name in sorted(os.listdir(NAMED_DIR))}
    except OSError:
        return {}


def _names() -> dict[int, str]:
    """Names by inode; if there are several, the first."""
    numbers = ((_inode(path), path.name) for path in reversed(_by_name().values()))
    return {inode: clean(name) for inode, name in numbers if inode is not None}


def _inode(path: Path) -> int | None:
    """The inode; None if this user may not read it, or the file is no longer a namespace."""
    try:
        status = path.stat()
        return status.st_ino if status.st_dev == OWN_NETNS.stat().st_dev else None
    except OSError:
        return None


def _required_inode(path: Path) -> int:
    """The inode; raises OSError if it cannot be read."""
    return path.stat().st_ino


def _setns(descriptor: int, kind: int) -> None:
    """setns(2); in Python's os module only from 3.12."""
    call("setns", descriptor, kind)
