"""Reads frames from the kernel's TPACKET_V3 receive ring (Documentation/networking/packet_mmap.rst).

The kernel fills blocks of shared memory and releases each block to the reader when it is full or 50 ms old. The reader
passes over a block once and returns it. Frames are not decoded here.
"""

import mmap
import select
from collections.abc import Sequence
from struct import Struct

from tcpwatch.capture.frame import SNAPLEN, Frame, Statistics
from tcpwatch.capture.interfaces import Interface
from tcpwatch.capture.packet_socket import LINK_TYPES, SOL_PACKET, PacketSocket
from tcpwatch.errors import SourceError
from tcpwatch.text.duration import SECOND_NS
from tcpwatch.wire.ethernet import cooked_protocol
from tcpwatch.wire.link import LINKTYPE_LINUX_SLL2

# Light traffic uses one block every 50 ms, however few frames are in it. So many small blocks survive a longer pause
# of the reader (3 s here) than few large ones. A million segments per second without payload fill the ring in 0.1 s.
BLOCK_SIZE = 256 * 1024
BLOCK_COUNT = 64
RETIRE_MS = 50


# include/uapi/linux/if_packet.h
PACKET_RX_RING, PACKET_VERSION = 5, 10
TPACKET_V3 = 2
TP_STATUS_KERNEL, TP_STATUS_USER = 0, 1
TP_STATUS_VLAN_VALID, TP_STATUS_VLAN_TPID_VALID = 1 << 4, 1 << 6
SMALLEST_FRAME = 2048
ETHERTYPE_VLAN = 0x8100
ADDRESSES = 12  # source and destination in an Ethernet header, before the EtherType

TPACKET_REQ3 = Struct("7I")
# struct tpacket_block_desc: the owner of the block; number of frames, offset of the first.
STATUS, STATUS_OFFSET = Struct("I"), 8
BLOCK_FRAMES = Struct("12x 2I")
# struct tpacket3_hdr: next, seconds, nanoseconds, captured, length, status, offset of the frame, tag, its EtherType.
FRAME_HEADER = Struct("6I H 6x I H")
SOCKADDR_LL = Struct("48x 2x 2s i H B B 8s")  # follows that header
SLL2_HEADER = Struct("!2s 2x i H B B 8s")
VLAN_TAG = Struct("!HH")
ETHERTYPE = Struct("!H")
TAGS = (b"\x81\x00", b"\x88\xa8")


class PacketRing:
    """Captures the TCP frames of one interface, or of all; see `FrameSource`. One thread reads."""

    def __init__(
        self,
        interface: Interface,
        ports: Sequence[int],
        snaplen: int = SNAPLEN,
        *,
        block_size: int = BLOCK_SIZE,
        block_count: int = BLOCK_COUNT,
    ) -> None:
        """Needs CAP_NET_RAW. Raises PrivilegeError, UsageError or SourceError."""
        self._socket = PacketSocket(interface, ports, snaplen)
        self._link_type = LINK_TYPES[self._socket.framing]
        frames = block_size // SMALLEST_FRAME * block_count
        request = TPACKET_REQ3.pack(block_size, block_count, SMALLEST_FRAME, frames, RETIRE_MS, 0, 0)
        try:
            self._socket.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V3)
            self._socket.setsockopt(SOL_PACKET, PACKET_RX_RING, request)
            self._ring = mmap.mmap(self._socket.fileno(), block_size * block_count)
            self._socket.attach()
        except OSError as error:
            self._socket.close()
            raise SourceError(f"no room for a capture ring ({error.strerror}); try --backend portable") from error
        except SourceError:
            self._socket.close()
            raise
        self._blocks = range(0, block_size * block_count, block_size)
        self._next_block = 0
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN | select.POLLERR)

    @property
    def name(self) -> str:
        """The current name of the interface."""
        return self._socket.link_name

    @property
    def link_type(self) -> int:
        """The link type of its frames."""
        return self._link_type

    @property
    def working(self) -> bool:
        """Whether the interface exists and is up."""
        return self._socket.working

    @property
    def message(self) -> str:
        """The state as a sentence."""
        return self._socket.message

    def frames(self, timeout_ms: int) -> list[Frame]:
        """The frames of the next finished block, oldest first; empty if none was finished in time."""
        block = self._blocks[self._next_block]
        if not self._is_finished(block):
            events = self._poll.poll(timeout_ms)
            if not self._is_finished(block):
                self._check_after_poll(events)
                return []
        if not self._socket.working:
            self._socket.check_link()
        frames = self._read_plain(block) if self._link_type != LINKTYPE_LINUX_SLL2 else self._read_cooked(block)
        STATUS.pack_into(self._ring, block + STATUS_OFFSET, TP_STATUS_KERNEL)
        self._next_block = (self._next_block + 1) % len(self._blocks)
        return frames

    def statistics(self) -> Statistics:
        """Totals since the source was opened, from the kernel's counters, which reset on each read."""
        return self._socket.statistics()

    def close(self) -> None:
        """End the capture and unmap the memory."""
        self._ring.close()
        self._socket.close()

    def _is_finished(self, block: int) -> bool:
        return bool(STATUS.unpack_from(self._ring, block + STATUS_OFFSET)[0] & TP_STATUS_USER)

    def _check_after_poll(self, events: list[tuple[int, int]]) -> None:
        """Check the link after a timeout or a socket error."""
        if events and events[0][1] & select.POLLNVAL:
            raise SourceError("the capture socket was closed")
        self._socket.check_link()

    def _read_plain(self, block: int) -> list[Frame]:
        """Read frames unchanged; VLAN tags that the kernel removed are inserted again."""
        ring, link_type, header = self._ring, self._link_type, FRAME_HEADER.unpack_from
        count, offset = BLOCK_FRAMES.unpack_from(ring, block)
        place = block + offset
        frames = []
        for _ in range(count):
            step, seconds, nanoseconds, captured, length, status, start, tag, ethertype = header(ring, place)
            start += place
            data = ring[start : start + captured]
            if status & TP_STATUS_VLAN_VALID:
                data = _tagged(data, tag, ethertype if status & TP_STATUS_VLAN_TPID_VALID else ETHERTYPE_VLAN)
                length += VLAN_TAG.size
            frames.append((seconds * SECOND_NS + nanoseconds, link_type, data, length))
            place += step
        return frames

    def _read_cooked(self, block: int) -> list[Frame]:
        """Read frames without link header and prepend an SLL2 header (LINKTYPE_LINUX_SLL2), with all VLAN tags."""
        ring, link_type, header = self._ring, self._link_type, FRAME_HEADER.unpack_from
        count, offset = BLOCK_FRAMES.unpack_from(ring, block)
        place = block + offset
        frames = []
        for _ in range(count):
            step, seconds, nanoseconds, captured, length, status, start, tag, ethertype = header(ring, place)
            start += place
            protocol, *rest = SOCKADDR_LL.unpack_from(ring, place)
            data = ring[start : start + captured]
            if status & TP_STATUS_VLAN_VALID or protocol in TAGS:
                first = cooked_protocol(int.from_bytes(protocol), data, 0)
                if status & TP_STATUS_VLAN_VALID:
                    data = VLAN_TAG.pack(tag & 0xFFFF, first) + data
                    length += VLAN_TAG.size
                    first = ethertype if status & TP_STATUS_VLAN_TPID_VALID else ETHERTYPE_VLAN
                protocol = ETHERTYPE.pack(first)
            data = SLL2_HEADER.pack(protocol, *rest) + data
            frames.append((seconds * SECOND_NS + nanoseconds, link_type, data, length + SLL2_HEADER.size))
            place += step
        return frames


def _tagged(frame: bytes, tag: int, ethertype: int) -> bytes:
    """An Ethernet frame with an 802.1Q tag after the addresses."""
    return frame[:ADDRESSES] + VLAN_TAG.pack(ethertype, tag & 0xFFFF) + frame[ADDRESSES:]
