"""Opens a Monitor on what this user may open: the socket table, and a capture beside it."""

from tcpwatch.capture.interfaces import ALL_INTERFACES, Interface
from tcpwatch.capture.source import open_capture
from tcpwatch.cli.netns import namespace_scope
from tcpwatch.cli.options import FrameOptions, KernelOptions
from tcpwatch.cli.sources import open_recording, wanted_interface
from tcpwatch.errors import PrivilegeError, SourceError, TcpwatchError
from tcpwatch.kernel.namespaces.all_sockets import NamespaceScope
from tcpwatch.kernel.rtnetlink.links import Links
from tcpwatch.kernel.sock_diag.destroy import Destroyer
from tcpwatch.kernel.source import open_kernel
from tcpwatch.monitor.live import Monitor
from tcpwatch.monitor.snapshot import SourceStatus
from tcpwatch.monitor.traffic.packet_log import PacketLog
from tcpwatch.monitor.traffic.wiretap import NoWiretap, Wiretap
from tcpwatch.sockets.namespace import Namespace

OFTEN_S = 0.1


def open_monitor(
    frames: FrameOptions,
    kernel: KernelOptions,
    interface: Interface,
    scope: NamespaceScope,
    destroyer: Destroyer | None = None,
) -> Monitor:
    """A Monitor on all that this user may open; what may not be opened is a source status, not an error."""
    log = PacketLog()
    tap: Wiretap | NoWiretap
    try:
        tap = open_tap(frames, interface, log)
    except PrivilegeError as error:
        tap = NoWiretap(SourceStatus("packets", False, error.message, error.fix))
    except SourceError as error:
        tap = NoWiretap(SourceStatus("packets", False, str(error)))
    kill = destroyer.destroy if destroyer else None
    sources = open_kernel(kernel.portable, kernel.bpf, scope, ports=frames.ports)
    return Monitor(sources, log, tap, kill=kill)


def open_sockets(kernel: KernelOptions, entered: Namespace | None = None, *, again: bool = False) -> Monitor:
    """A Monitor on the socket table alone, for one picture: what it looks for, it looks for to the end.

    `again`: there will be others, so what goes wrong between them is reported too (`Monitor.listen`).
    """
    no_tap = NoWiretap(SourceStatus("packets", True, "packets were not asked for"))
    scope = namespace_scope(kernel, entered)
    return Monitor(open_kernel(kernel.portable, kernel.bpf, scope, once=True, mishaps=again), PacketLog(), no_tap)


def open_tap(frames: FrameOptions, interface: Interface, log: PacketLog) -> Wiretap:
    """The capture thread, with its recording where one was asked for."""
    source = open_capture(interface, frames.ports, portable=frames.portable)
    try:
        return Wiretap(source, log, recording=open_recording(frames.write, source), links=open_links(interface))
    except TcpwatchError:
        source.close()
        raise


def open_links(interface: Interface) -> Links | None:
    """What tells of links that go, come and change, where all of them are captured on; None where nothing does."""
    if interface != ALL_INTERFACES:
        return None
    try:
        return Links()
    except SourceError:
        return None


def open_watch(frames: FrameOptions, kernel: KernelOptions) -> Monitor:
    """A Monitor that looks often; PrivilegeError where it may not capture, as half of the promises are on the wire."""
    log = PacketLog()
    tap = open_tap(frames, wanted_interface(frames.iface), log)
    return Monitor(open_kernel(kernel.portable, kernel.bpf), log, tap, OFTEN_S)
