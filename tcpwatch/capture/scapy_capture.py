"""Captures with scapy, on any system that has it: the same frames as the ring, but only some thousands per second.

scapy is imported only when a capture begins. It opens, receives and compiles the filter; it does not dissect. Without
libpcap it cannot compile, so all frames arrive; the ports are checked here in any case.
"""

import logging
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from importlib import import_module
from struct import unpack_from
from typing import Any

from tcpwatch.capture.bpf_filter import Framing
from tcpwatch.capture.frame import SNAPLEN, Frame, Statistics
from tcpwatch.capture.interfaces import ANY, Interface, list_interfaces
from tcpwatch.capture.packet_socket import PACKET_IGNORE_OUTGOING, PACKET_STATISTICS, SOL_PACKET, framing
from tcpwatch.errors import PrivilegeError, SourceError
from tcpwatch.system.privileges import Capability, command_as_root, missing
from tcpwatch.text.clean import clean
from tcpwatch.wire.decode import Decoder
from tcpwatch.wire.link import LINKTYPE_RAW

LONGEST_FRAME = 256 * 1024
BATCH = 256
RECEIVE_BUFFER = 4 * 1024 * 1024  # Linux limits it to net.core.rmem_max
ON_LINUX = sys.platform.startswith("linux")


class PortableCapture:
    """Captures the TCP frames of one interface, or of all that are up; see `FrameSource`. Only one thread may read."""

    def __init__(self, interface: Interface, ports: Sequence[int], snaplen: int = SNAPLEN) -> None:
        """Needs what scapy needs: CAP_NET_RAW, or /dev/bpf. Raises PrivilegeError or SourceError."""
        self.name = interface.name
        self.link_type = None  # each interface has its own, and scapy names it with the frame
        self.working = True
        self.message = ""
        self._ports = frozenset(ports)
        self._snaplen = snaplen
        self._received = 0
        self._decoder = Decoder(payload_limit=0)
        captured_interfaces = [interface] if interface.name != ANY else [each for each in list_interfaces() if each.up]
        self._receivers: list[Receiver] = []
        try:
            self._receivers.extend(Receiver(each, ports) for each in captured_interfaces)
        except BaseException:
            self.close()
            raise
        self._check_links()

    def frames(self, timeout_ms: int) -> list[Frame]:
        """The next frames, oldest first; waits at most `timeout_ms` for the first."""
        frames: list[Frame] = []
        ready = self._wait(timeout_ms / 1_000)
        if not ready or not self.working:
            self._check_links()
        while ready and len(frames) < BATCH:
            received = [receiver.receive() for receiver in ready]
            if None in received:
                self._check_links()
            frames.extend(frame for frame in received if frame is not None and self._is_wanted(frame))
            ready = self._wait(0)
        self._received += len(frames)
        return [(time_ns, link_type, data[: self._snaplen], length) for time_ns, link_type, data, length in frames]

    def statistics(self) -> Statistics:
        """Totals since the source was opened."""
        dropped = sum(receiver.dropped() for receiver in self._receivers)
        return Statistics(self._received + dropped, dropped)

    def close(self) -> None:
        """End the capture."""
        for receiver in self._receivers:
            receiver.close()

    def _wait(self, seconds: float) -> list["Receiver"]:
        """The receivers with a waiting frame. scapy's own select also knows frames that it has read ahead."""
        by_socket = {receiver.socket: receiver for receiver in self._receivers if not receiver.lost}
        return [by_socket[ready] for ready in _scapy().L2listen.select(list(by_socket), seconds)]

    def _is_wanted(self, frame: Frame) -> bool:
        segment = self._decoder.decode(0, *frame)
        return segment is not None and (
            not self._ports or segment.source.port in self._ports or segment.destination.port in self._ports
        )

    def _check_links(self) -> None:
        """Update `working` and `message`."""
        current = {interface.name: interface for interface in list_interfaces()}
        problems = [problem for receiver in self._receivers if (problem := receiver.link_problem(current))]
        self.working = len(problems) < len(self._receivers)
        self.message = "; ".join(problems) or f"capturing on {self.name} by scapy"


class Receiver:
    """scapy's socket on one interface."""

    def __init__(self, interface: Interface, ports: Sequence[int]) -> None:
        self.lost: str | None = None  # why no more frames can arrive
        self._interface = interface
        self._dropped = 0
        self.socket = _listen(interface.name, ports)
        if interface.loopback and ON_LINUX:
            # Otherwise scapy returns each frame twice, outgoing and incoming.
            self.socket.ins.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)

    def receive(self) -> Frame | None:
        """The waiting frame, with microsecond time (scapy's time is a float); None if there is none."""
        try:
            header, data, seconds = self.socket.recv_raw(LONGEST_FRAME)
        except OSError:  # the interface went down or away; `link_problem` finds out which
            return None
        if not data:
            return None
        is_raw = framing(self._interface) is Framing.RAW  # scapy treats it as Ethernet
        link_type = LINKTYPE_RAW if is_raw else _scapy().l2types.layer2num[header]
        return round(seconds * 1_000_000) * 1_000, link_type, data, len(data)

    def link_problem(self, current: Mapping[str, Interface]) -> str | None:
        """Why no frame can arrive now; the receiver of a deleted interface is closed."""
        name = self._interface.name
        now = current.get(name)
        if now is None or now.index != self._interface.index:
            self.lost = f"{name} is gone: start tcpwatch again when it is back"
            self.socket.close()
        return self.lost or (None if now and now.up else f"{name} is down, waiting")

    def dropped(self) -> int:
        """How many frames the kernel has dropped since the start."""
        with suppress(OSError, ValueError):  # closed because its interface was deleted
            if ON_LINUX:
                self._dropped += unpack_from("4x I", self.socket.ins.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[0]
            else:
                self._dropped = self.socket.get_stats()[1] or self._dropped
        return self._dropped

    def close(self) -> None:
        """End the capture."""
        self.socket.close()


def _listen(name: str, ports: Sequence[int]) -> Any:
    """scapy's listening socket; the kernel filters if libpcap is available to compile the filter."""
    try:
        return _scapy().L2listen(iface=name, filter=_compilable(name, ports), promisc=False)
    except PermissionError as failure:
        raise missing(Capability.NET_RAW, f"capturing on {name}") from failure
    except (OSError, _scapy_error()) as failure:
        reason = clean(str(failure))
        if os.geteuid() != 0:
            raise PrivilegeError(f"capturing on {name} needs /dev/bpf ({reason})", command_as_root()) from failure
        raise SourceError(f"scapy cannot capture on {name}: {reason}") from failure


def _compilable(name: str, ports: Sequence[int]) -> str | None:
    """A libpcap filter that compiles here; None without libpcap. Some link layers do not support VLANs."""
    captured_interfaces = " or ".join(f"tcp port {port}" for port in ports) or "tcp"
    for expression in (f"{captured_interfaces} or (vlan and ({captured_interfaces}))", captured_interfaces):
        try:
            import_module("scapy.arch.common").compile_filter(expression, name)
        except (ImportError, OSError, _scapy_error()):
            continue
        return expression
    return None


def _scapy_error() -> type[Exception]:
    return import_module("scapy.error").Scapy_Exception  # type: ignore[no-any-return]


@lru_cache(maxsize=1)
def _scapy() -> Any:
    """scapy's configuration, with sockets and link layers loaded and logging silenced."""
    logging.getLogger("scapy").setLevel(logging.CRITICAL)
    import_module("scapy.layers.l2")
    conf = import_module("scapy.config").conf
    conf.bufsize = RECEIVE_BUFFER
    return conf
