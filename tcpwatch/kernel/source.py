"""The kernel's side of the picture, from the best sources that this machine and the user allow."""

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol, TypeVar

from tcpwatch.errors import SourceError
from tcpwatch.kernel.bpf.loader import check_permission, read_btf
from tcpwatch.kernel.bpf.task_files import TaskFileOwners
from tcpwatch.kernel.bpf.tcp_iterator import BpfSockets
from tcpwatch.kernel.bpf.tracepoints import TracepointEvents
from tcpwatch.kernel.events import EventSource
from tcpwatch.kernel.namespaces.all_sockets import AllNamespaces, NamespaceScope, OtherNamespace
from tcpwatch.kernel.namespaces.thread import NamespaceThread
from tcpwatch.kernel.proc.net_tcp import ProcNet
from tcpwatch.kernel.proc.netstat import Netstat
from tcpwatch.kernel.proc.owners import Answer, OwnerIndex
from tcpwatch.kernel.proc.sysctls import Sysctls
from tcpwatch.kernel.psutil_sockets import PortableSockets
from tcpwatch.kernel.sock_diag.client import SockDiag, netlink_socket
from tcpwatch.kernel.sock_diag.destroy_events import DestroyEvents
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.row import SocketRow

SOURCES_WITH_COOKIES = ("bpf", "sock_diag")  # sources of sockets that are known by what the kernel tells of them, too
THIS_NAMESPACE = NamespaceScope()


class SocketSource(Protocol):
    """A table of sockets that can be read again and again."""

    name: str
    message: str  # what it gives, and why a better one does not: for the screen

    def dump(self) -> list[SocketRow]:
        """Every TCP socket, as it is now. Raises SourceError where that cannot be read."""

    def close(self) -> None:
        """Give back what is held open."""


class OwnerSource(Protocol):
    """Who holds the sockets of a table."""

    reads_processes: bool  # it goes on needing the right to look into the processes of others

    def resolve(self, rows: Iterable[SocketRow]) -> dict[int, Answer]:
        """By cookie, who holds each of `rows`, which are the whole table; or why that is not to be said."""

    def close(self) -> None:
        """Give back what is held open."""


class KernelSources(NamedTuple):
    """What there is to be had of the kernel, all of one network namespace.

    `transitions` is None where changes are not told as they happen, the last two where there is no /proc.
    """

    sockets: SocketSource
    owners: OwnerSource
    transitions: EventSource | None
    netstat: Netstat | None = None
    sysctls: Sysctls | None = None

    def close(self) -> None:
        """Give back what all of them hold open."""
        for source in self:
            if source is not None:
                source.close()


def open_kernel(portable: bool = False, bpf: bool = True, scope: NamespaceScope = THIS_NAMESPACE) -> KernelSources:
    """BPF for the first three; where that is refused, or `bpf` is not wanted, the next best, whose `message` tells why.

    To be called with what privilege there is. None is needed any more afterwards (Linux 6.1 and newer).
    """
    if portable:
        return KernelSources(open_socket_source(portable, scope.here), OwnerIndex(), None)
    return _open_tables(bpf, scope)._replace(netstat=_open_or_none(Netstat), sysctls=Sysctls())


def _open_tables(bpf: bool, scope: NamespaceScope) -> KernelSources:
    why = "BPF is not wanted."
    if bpf:
        try:
            return _open_bpf(scope)
        except SourceError as refusal:
            why = str(refusal)
    sockets = open_socket_source(False, scope.here)
    sockets.message = f"{sockets.message}. {why}"
    transitions = _open_or_none(DestroyEvents) if sockets.name in SOURCES_WITH_COOKIES else None
    return KernelSources(_for_scope(sockets, scope, _sock_diag_of), OwnerIndex(), transitions)


def _open_bpf(scope: NamespaceScope) -> KernelSources:
    check_permission()
    btf = read_btf()
    here = BpfSockets.open(btf, scope.here)
    sockets = _for_scope(
        _probed(here), scope, lambda namespace_thread: here.elsewhere(namespace_thread.netns, namespace_thread.call)
    )
    owners = _open_or_none(lambda: TaskFileOwners.open(btf))
    everywhere = bool(scope.namespace_threads)
    transitions = _open_or_none(lambda: TracepointEvents.open(btf, everywhere=everywhere)) or _open_or_none(
        DestroyEvents
    )
    return KernelSources(sockets, owners or OwnerIndex(), transitions)


def _for_scope(
    here: SocketSource, scope: NamespaceScope, open_table: Callable[[NamespaceThread], SocketSource]
) -> SocketSource:
    """The same source, or where others are to be looked at as well, all of them as one."""
    if not scope.namespace_threads and not scope.left_out:
        return here
    others = [
        OtherNamespace(namespace_thread, open_table(namespace_thread)) for namespace_thread in scope.namespace_threads
    ]
    return AllNamespaces(here, others, scope.left_out)


def _sock_diag_of(namespace_thread: NamespaceThread) -> SockDiag:
    return SockDiag(connect=lambda: namespace_thread.call(netlink_socket), netns=namespace_thread.netns)


_Source = TypeVar("_Source")


def _open_or_none(open_source: Callable[[], _Source]) -> _Source | None:
    """A source that there may be or not."""
    try:
        return open_source()
    except SourceError:
        return None


def open_socket_source(portable: bool = False, netns: Namespace | None = None) -> SocketSource:
    """Netlink, in `netns`; else /proc/net/tcp, saying why; else psutil, or that at once if `portable` is asked for."""
    if portable:
        return PortableSockets()
    try:
        return _probed(SockDiag(netns=netns))
    except SourceError as refusal:
        try:
            return _probed(ProcNet(why=str(refusal)))
        except SourceError:
            return PortableSockets()


def _probed(source: SocketSource) -> SocketSource:
    """The same source, once it has given a table."""
    try:
        source.dump()
    except SourceError:
        source.close()
        raise
    return source
