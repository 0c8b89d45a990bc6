"""Chooses the source of live frames."""

import sys
from collections.abc import Sequence

from tcpwatch.capture.frame import SNAPLEN, FrameSource
from tcpwatch.capture.interfaces import Interface


def open_capture(
    interface: Interface, ports: Sequence[int], *, portable: bool = False, snaplen: int = SNAPLEN
) -> FrameSource:
    """Capture TCP with one of `ports` at either end (no ports: all TCP); `snaplen` bytes of each frame.

    Uses the kernel's ring on Linux, scapy elsewhere or if `portable`. Raises PrivilegeError, UsageError (too
    many ports) or SourceError.
    """
    if portable or not sys.platform.startswith("linux"):
        from tcpwatch.capture.scapy_capture import PortableCapture

        return PortableCapture(interface, ports, snaplen)
    from tcpwatch.capture.packet_ring import PacketRing

    return PacketRing(interface, ports, snaplen)
