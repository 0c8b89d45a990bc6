"""Opens what frames are read from and written to, with privilege, and then lets the privilege go."""

from tcpwatch.capture.frame import FrameSource
from tcpwatch.capture.interfaces import ANY, Interface, find_interface
from tcpwatch.capture.recording import Recording
from tcpwatch.capture.source import open_capture
from tcpwatch.cli.options import FrameOptions
from tcpwatch.cli.streams import say
from tcpwatch.system.privileges import OWNER_LOOKUP, Capability, drop_privileges, held_privileges
from tcpwatch.system.sandbox import Sandbox, enter_sandbox


def wanted_interface(iface: str | None) -> Interface:
    """The interface to capture on, all of them where none is named; a remark on the choice goes to stderr.

    Raises UsageError, with the names of all, where there is none of that name.
    """
    interface = find_interface(iface or ANY)
    if interface.note:
        say(interface.note)
    return interface


def open_frames(frames: FrameOptions) -> FrameSource:
    """The capture alone, for a command that is nothing without it: a missing privilege is an error."""
    return open_capture(wanted_interface(frames.iface), frames.ports, portable=frames.portable)


def open_recording(path: str | None, source: FrameSource | None = None) -> Recording | None:
    """The file to record to, from a capture or (None) from another file; None without a path."""
    if path is None:
        return None
    return Recording(path, source.name, source.link_type) if source is not None else Recording(path)


def give_up_privileges(keep_owner_lookup: bool = False, keep_kill: bool = False) -> Sandbox | None:
    """Give up all capabilities for good, but those that finding owners, or ending connections, goes on needing.

    What is left runs in a sandbox. None for a plain user, whose process has nothing to lose that a shell has not.
    """
    held = held_privileges()
    if held.uid != 0 and not held.mask:
        return None
    keep = (*OWNER_LOOKUP * keep_owner_lookup, *(Capability.NET_ADMIN,) * keep_kill)
    drop_privileges([capability for capability in keep if held.holds(capability)])
    return enter_sandbox(reads_processes=keep_owner_lookup)
