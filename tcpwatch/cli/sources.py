"""Opens what a command needs, with privilege, and then lets the privilege go."""

import sys

from tcpwatch.capture.interfaces import Interface, find_interface
from tcpwatch.capture.privileges import OWNER_LOOKUP, held_privileges
from tcpwatch.capture.privileges import drop_privileges as drop
from tcpwatch.capture.recording import Recording
from tcpwatch.capture.source import FrameSource, open_capture
from tcpwatch.cli.arguments import Arguments
from tcpwatch.cli.netns import reach
from tcpwatch.errors import PrivilegeError, SourceError, UsageError
from tcpwatch.kernel.source import open_kernel
from tcpwatch.monitor.core import Monitor
from tcpwatch.monitor.packet_log import PacketLog
from tcpwatch.monitor.snapshot import SourceStatus
from tcpwatch.monitor.wiretap import Wiretap

ALL_INTERFACES = "any"


def wanted_interface(arguments: Arguments) -> Interface:
    """The interface to capture on; what is to be known of the choice is said on stderr.

    Raises UsageError, naming those there are, where there is none of that name.
    """
    interface = find_interface(arguments.iface or ALL_INTERFACES)
    if interface.note:
        sys.stderr.write(f"tcpwatch: {interface.note}\n")
    return interface


def open_monitor(arguments: Arguments, interface: Interface) -> Monitor:
    """A Monitor on all that this user may open; what may not be opened is said in its picture, not raised."""
    log = PacketLog()
    tap: Wiretap | SourceStatus
    try:
        tap = open_tap(arguments, interface, log)
    except PrivilegeError as error:
        tap = SourceStatus("packets", False, error.says, error.mend)
    except SourceError as error:
        tap = SourceStatus("packets", False, str(error))
    return Monitor(open_kernel(arguments.portable, arguments.bpf, reach(arguments)), log, tap)


def open_sockets(arguments: Arguments) -> Monitor:
    """A Monitor on the socket table alone."""
    no_tap = SourceStatus("packets", True, "packets were not asked for")
    return Monitor(open_kernel(arguments.portable, arguments.bpf, reach(arguments)), PacketLog(), no_tap)


def open_tap(arguments: Arguments, interface: Interface, log: PacketLog) -> Wiretap:
    """The capture thread, with its recording where one was asked for."""
    source = open_capture(interface, arguments.port, portable=arguments.portable)
    try:
        return Wiretap(source, log, recording=open_recording(arguments))
    except UsageError:
        source.close()
        raise


def open_frames(arguments: Arguments) -> FrameSource:
    """The capture alone, for a command that is nothing without it: a missing privilege is an error."""
    return open_capture(wanted_interface(arguments), arguments.port, portable=arguments.portable)


def open_recording(arguments: Arguments) -> Recording | None:
    """The file to record to, where one was asked for."""
    return Recording(arguments.write) if arguments.write is not None else None


def drop_privileges(keep_owner_lookup: bool = False) -> None:
    """Give up for good what is no longer needed: all, or all but what finding the owners of others' sockets takes."""
    held = held_privileges()
    if held.uid == 0 or held.mask:
        keep = OWNER_LOOKUP if keep_owner_lookup else ()
        drop([capability for capability in keep if held.holds(capability)])
