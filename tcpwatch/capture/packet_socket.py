"""An AF_PACKET socket that sets its filter before the first frame and rebinds to a recreated interface (packet(7)).

Linux binds by interface index: the binding is lost when the interface is deleted, and a new interface with the same
name has another index. `check_link` detects that and binds again, which needs no privilege.
"""

import ctypes
import socket
import struct
from collections.abc import Sequence

from tcpwatch.capture.bpf_filter import ARPHRD_LOOPBACK, Framing, Instruction, tcp_filter
from tcpwatch.capture.frame import Statistics
from tcpwatch.capture.interfaces import Interface, interface_named, read_interface
from tcpwatch.errors import SourceError
from tcpwatch.system.libc import call
from tcpwatch.system.privileges import Capability, missing
from tcpwatch.wire.link import LINKTYPE_ETHERNET, LINKTYPE_LINUX_SLL2, LINKTYPE_RAW

# include/uapi/linux/if_packet.h, include/uapi/asm-generic/socket.h
SOL_PACKET = 263
PACKET_STATISTICS = 6
PACKET_IGNORE_OUTGOING = 23
SO_ATTACH_FILTER, SO_LOCK_FILTER = 26, 44
ETH_P_ALL = 3

ARPHRD_ETHER, ARPHRD_NONE = 1, 0xFFFE
FRAMINGS = {ARPHRD_ETHER: Framing.ETHERNET, ARPHRD_LOOPBACK: Framing.ETHERNET, ARPHRD_NONE: Framing.RAW}
LINK_TYPES = {
    Framing.ETHERNET: LINKTYPE_ETHERNET,
    Framing.RAW: LINKTYPE_RAW,
    Framing.COOKED: LINKTYPE_LINUX_SLL2,
}

SOCK_FILTER = struct.Struct("HBBI")
SOCK_FPROG = struct.Struct("HP")


class LinkAddress(ctypes.Structure):
    """`struct sockaddr_ll`. Python's own form has names instead of indexes, and none for all interfaces."""

    _fields_ = (
        ("family", ctypes.c_uint16),
        ("protocol", ctypes.c_uint16),
        ("ifindex", ctypes.c_int32),
        ("hatype", ctypes.c_uint16),
        ("pkttype", ctypes.c_uint8),
        ("halen", ctypes.c_uint8),
        ("addr", ctypes.c_uint8 * 8),
    )


class PacketSocket(socket.socket):
    """Receives TCP frames of one interface, or of all of them, once `attach` has been called."""

    def __init__(self, interface: Interface, ports: Sequence[int], snaplen: int) -> None:
        """Open without a protocol: nothing arrives yet. Raises PrivilegeError, UsageError or SourceError."""
        self.framing = framing(interface)
        self._filter = tcp_filter(ports, self.framing, snaplen)
        kind = socket.SOCK_DGRAM if self.framing is Framing.COOKED else socket.SOCK_RAW
        try:
            super().__init__(socket.AF_PACKET, kind, 0)
        except PermissionError as error:
            raise missing(Capability.NET_RAW, f"capturing on {interface.name}") from error
        except OSError as error:
            raise SourceError(f"no packet sockets here ({error.strerror}); try --backend portable") from error
        self.link_name = interface.name
        self.working = True
        self.message = ""
        self._loopback = interface.loopback
        self._index = interface.index
        self._replaced = ""
        self._counted = Statistics(0, 0)

    def attach(self) -> None:
        """Start receiving, through a filter that cannot be replaced. Raises SourceError."""
        try:
            attach_filter(self, self._filter)
            self.setsockopt(socket.SOL_SOCKET, SO_LOCK_FILTER, 1)
            if self._loopback:
                # Loopback frames appear twice. On other interfaces this would hide outgoing traffic.
                self.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
            self._bind(self._index)
        except OSError as error:
            raise SourceError(f"cannot capture on {self.link_name}: {error.strerror}") from error
        self.check_link()

    def check_link(self) -> None:
        """Update `working` and `message`; bind again if the interface was recreated.

        Call it if the socket has an error or no frames arrive: while frames arrive, nothing can have changed.
        """
        self.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)  # a pending ENETDOWN would wake every poll
        if self._index == 0:
            self.message = "capturing on all interfaces"
            return
        interface = self._bound_interface() or self._bind_again()
        self.working = interface is not None and interface.up
        if interface is None:
            self.message = f"{self.link_name} is gone, waiting for it to come back"
            return
        self.link_name = interface.name
        state = f"capturing on {self.link_name}" if interface.up else f"{self.link_name} is down, waiting"
        self.message = state + self._replaced

    def statistics(self) -> Statistics:
        """Totals since the socket was opened; the kernel resets its counters on each read."""
        received, dropped = struct.unpack_from("II", self.getsockopt(SOL_PACKET, PACKET_STATISTICS, 12))
        self._counted = Statistics(self._counted.received + received, self._counted.dropped + dropped)
        return self._counted

    def _bound_interface(self) -> Interface | None:
        """The bound interface with its current name; None if it was deleted."""
        address = LinkAddress()
        length = ctypes.c_uint32(ctypes.sizeof(address))
        call("getsockname", self.fileno(), ctypes.byref(address), ctypes.byref(length))
        try:
            return read_interface(self, address.ifindex, socket.if_indextoname(address.ifindex))
        except (OSError, OverflowError):
            return None

    def _bind_again(self) -> Interface | None:
        """Bind to the interface that has the name now, if there is one with the same framing."""
        interface = interface_named(self, self.link_name)
        if interface is None or framing(interface) is not self.framing:
            return None
        try:
            self._bind(interface.index)
        except OSError:
            return None
        self._replaced = ", which was created again"
        return interface

    def _bind(self, index: int) -> None:
        address = LinkAddress(socket.AF_PACKET, socket.htons(ETH_P_ALL), index)
        call("bind", self.fileno(), ctypes.byref(address), ctypes.sizeof(address))


def framing(interface: Interface) -> Framing:
    """What comes before the network header in the frames that a packet socket receives from this interface."""
    return FRAMINGS.get(interface.hardware_type or 0, Framing.COOKED)


def attach_filter(receiver: socket.socket, instructions: Sequence[Instruction]) -> None:
    """Attach a classic BPF program to a socket (socket(7), SO_ATTACH_FILTER)."""
    program = ctypes.create_string_buffer(b"".join(SOCK_FILTER.pack(*instruction) for instruction in instructions))
    receiver.setsockopt(
        socket.SOL_SOCKET, SO_ATTACH_FILTER, SOCK_FPROG.pack(len(instructions), ctypes.addressof(program))
    )
