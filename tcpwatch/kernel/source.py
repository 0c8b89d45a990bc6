"""Opens the best kernel sources that this machine and this user allow."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol, TypeVar

from tcpwatch.errors import SourceError
from tcpwatch.kernel.bpf.btf import Btf
from tcpwatch.kernel.bpf.loader import check_permission, read_btf
from tcpwatch.kernel.bpf.mishaps import TracepointMishaps
from tcpwatch.kernel.bpf.task_files import TaskFileOwners
from tcpwatch.kernel.bpf.task_waits import TaskWaits
from tcpwatch.kernel.bpf.tcp_iterator import BpfSockets
from tcpwatch.kernel.bpf.tracepoints import TracepointEvents
from tcpwatch.kernel.events import EventSource
from tcpwatch.kernel.host import Host
from tcpwatch.kernel.mishaps import MishapSource, NoMishaps
from tcpwatch.kernel.namespaces.all_sockets import DUMP_BUDGET_NS, AllNamespaces, NamespaceScope, OtherNamespace
from tcpwatch.kernel.namespaces.thread import NamespaceThread
from tcpwatch.kernel.proc.net_tcp import ProcNet
from tcpwatch.kernel.proc.netstat import Netstat
from tcpwatch.kernel.proc.owners import SEARCH_BUDGET_NS, Answer, OwnerIndex
from tcpwatch.kernel.proc.programs import Programs
from tcpwatch.kernel.proc.sysctls import Sysctls
from tcpwatch.kernel.psutil_sockets import PortableSockets
from tcpwatch.kernel.sock_diag.client import SockDiag, netlink_socket
from tcpwatch.kernel.sock_diag.destroy_events import DestroyEvents
from tcpwatch.kernel.upper_sockets import with_mptcp
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.row import SocketRow

SOURCES_WITH_COOKIES = ("bpf", "sock_diag")  # their rows match the cookies in kernel events
THIS_NAMESPACE = NamespaceScope()
UNLIMITED_NS = 1 << 62  # of a budget
BPF_NOT_WANTED = "BPF is not wanted."
ONE_PICTURE = "One picture was asked for, and not what happens meanwhile."


class SocketSource(Protocol):
    """A table of sockets that can be read again and again."""

    name: str
    message: str  # what it provides, and why a better source is not used; shown on the screen

    def dump(self) -> list[SocketRow]:
        """All TCP sockets now. Raises SourceError if the table cannot be read."""

    def close(self) -> None:
        """Release the open resources."""


class OwnerSource(Protocol):
    """Finds the processes that have the sockets of a table open."""

    reads_processes: bool  # it always needs permission to read other users' processes

    def resolve(self, rows: Iterable[SocketRow]) -> dict[int, Answer]:
        """Owners by cookie, or the reason why they are unknown. `rows` is the whole table."""

    def close(self) -> None:
        """Release the open resources."""


class KernelSources(NamedTuple):
    """The open kernel sources.

    `transitions` is None if the kernel reports no events; `netstat`, `sysctls` and `programs` are None without /proc.
    `host` is what there is beside the sockets: limits and what is used of them, links, routes, tracked connections.
    `mishaps` says of each kind why it is not reported.
    """

    sockets: SocketSource
    owners: OwnerSource
    transitions: EventSource | None
    netstat: Netstat | None = None
    sysctls: Sysctls | None = None
    host: Host | None = None
    mishaps: MishapSource = NoMishaps("it was not asked for")
    programs: Programs | None = None

    def close(self) -> None:
        """Close all of them."""
        for source in self:
            if source is not None:
                source.close()


def open_kernel(
    portable: bool = False,
    bpf: bool = True,
    scope: NamespaceScope = THIS_NAMESPACE,
    *,
    once: bool = False,
    ports: Sequence[int] = (),
    mishaps: bool = False,
) -> KernelSources:
    """Open BPF for sockets, owners and events; if it is refused or `bpf` is false, the next best source.

    `once`: for a single picture, in which each search is finished however long it takes, and nothing is waited for.
    `mishaps`: with `once`, what goes wrong after the first picture is reported all the same.
    `ports`: segments that the kernel drops are reported of these ports only.

    The `message` of the socket source then gives the reason. Call this before privileges are dropped: reading needs
    none (Linux 6.1 and newer).
    """
    if portable:
        sockets = open_socket_source(portable, scope.here)
        return KernelSources(
            sockets,
            _owner_index(once),
            None,
            mishaps=NoMishaps(BPF_NOT_WANTED),
            programs=_open_or_none(Programs),
        )
    tables = _open_tables(bpf, scope, once, ports if mishaps or not once else None)
    return tables._replace(
        netstat=_open_or_none(Netstat),
        sysctls=Sysctls(),
        host=Host(),
        programs=tables.programs or _open_or_none(Programs),
    )


def _owner_index(once: bool) -> OwnerIndex:
    return OwnerIndex(budget_ns=UNLIMITED_NS if once else SEARCH_BUDGET_NS)


def _open_tables(bpf: bool, scope: NamespaceScope, once: bool, ports: Sequence[int] | None) -> KernelSources:
    """`ports` is None where mishaps are not wanted."""
    why = BPF_NOT_WANTED
    if bpf:
        try:
            return _open_bpf(scope, once, ports)
        except SourceError as refusal:
            why = str(refusal)
    sockets = open_socket_source(False, scope.here)
    sockets.message = f"{sockets.message}. {why}"
    transitions = _open_or_none(DestroyEvents) if sockets.name in SOURCES_WITH_COOKIES else None
    tables = _for_scope(sockets, scope, _sock_diag_of, once)
    return KernelSources(tables, _owner_index(once), transitions, mishaps=NoMishaps(why))


def _open_bpf(scope: NamespaceScope, once: bool, ports: Sequence[int] | None) -> KernelSources:
    check_permission()
    btf = read_btf()
    here = BpfSockets.open(btf, scope.here)
    sockets = _for_scope(
        _probed(here),
        scope,
        lambda namespace_thread: here.elsewhere(namespace_thread.netns, namespace_thread.call),
        once,
    )
    owners = _open_or_none(lambda: TaskFileOwners.open(btf))
    everywhere = bool(scope.namespace_threads)
    transitions = _open_or_none(lambda: TracepointEvents.open(btf, everywhere=everywhere)) or _open_or_none(
        DestroyEvents
    )
    mishaps = NoMishaps(ONE_PICTURE) if ports is None else _open_mishaps(btf, everywhere, ports)
    tasks = _open_or_none(lambda: TaskWaits.open(btf))
    programs = _open_or_none(lambda: Programs(tasks=tasks))
    return KernelSources(sockets, owners or _owner_index(once), transitions, mishaps=mishaps, programs=programs)


def _open_mishaps(btf: Btf, everywhere: bool, ports: Sequence[int]) -> MishapSource:
    """What goes wrong as it happens, or the reason why that is not to be had."""
    try:
        return TracepointMishaps.open(btf, everywhere=everywhere, ports=ports)
    except SourceError as refusal:
        return NoMishaps(str(refusal))


def _for_scope(
    here: SocketSource, scope: NamespaceScope, open_table: Callable[[NamespaceThread], SocketSource], once: bool
) -> SocketSource:
    """`here` alone, or one source that reads the other namespaces of the scope too."""
    if here.name in SOURCES_WITH_COOKIES:
        here = with_mptcp(here)
    if not scope.namespace_threads and not scope.left_out:
        return here
    others = [OtherNamespace(inside, with_mptcp(open_table(inside), inside)) for inside in scope.namespace_threads]
    return AllNamespaces(here, others, scope.left_out, budget_ns=UNLIMITED_NS if once else DUMP_BUDGET_NS)


def _sock_diag_of(namespace_thread: NamespaceThread) -> SockDiag:
    return SockDiag(connect=lambda: namespace_thread.call(netlink_socket), netns=namespace_thread.netns)


_Source = TypeVar("_Source")


def _open_or_none(open_source: Callable[[], _Source]) -> _Source | None:
    """The source, or None if it cannot be opened."""
    try:
        return open_source()
    except SourceError:
        return None


def open_socket_source(portable: bool = False, netns: Namespace | None = None) -> SocketSource:
    """Netlink in `netns`, else /proc/net/tcp (its message says why), else psutil. `portable` selects psutil."""
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
    """The same source, after one successful dump."""
    try:
        source.dump()
    except SourceError:
        source.close()
        raise
    return source
