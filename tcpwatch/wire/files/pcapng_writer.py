"""Frames -> a pcapng file: nanoseconds, one section, an interface block for each interface and link type.

Rule: every block is written in one piece, so an interrupted recording ends with a complete block. A file has an
interface block before anything else is waited for: libpcap refuses one without.
"""

from struct import Struct
from typing import Protocol

from tcpwatch.wire.files.pcapng import ENHANCED_PACKET, IF_TSRESOL, INTERFACE_DESCRIPTION, SECTION_HEADER

BLOCK = Struct("<II")
LENGTH = Struct("<I")
SECTION = Struct("<IHHq")
INTERFACE = Struct("<HHI")
OPTION = Struct("<HH")
PACKET = Struct("<IIIII")
STATISTICS = Struct("<III")
COUNT = Struct("<Q")

INTERFACE_STATISTICS = 5
ISB_IFRECV, ISB_IFDROP = 4, 5

BYTE_ORDER_MAGIC = 0x1A2B3C4D
LENGTH_UNKNOWN = -1
NO_SNAPLEN = 0
SHB_USERAPPL = 4
OPT_COMMENT = 1
IF_NAME = 2
NANOSECONDS = b"\x09"
END_OF_OPTIONS = OPTION.pack(0, 0)


class BlockFile(Protocol):
    """Receives complete blocks, as a binary file does."""

    def write(self, block: bytes, /) -> object:
        """Write one block."""


class PcapngWriter:
    """Writes frames to a binary file; the caller opens, flushes and closes it."""

    def __init__(self, file: BlockFile) -> None:
        self._file = file
        self._interfaces: dict[tuple[str, int], int] = {}
        section = SECTION.pack(BYTE_ORDER_MAGIC, 1, 0, LENGTH_UNKNOWN)
        self._write_block(SECTION_HEADER, section + _option(SHB_USERAPPL, b"tcpwatch") + END_OF_OPTIONS)

    def write(
        self, interface: str, link_type: int, time_ns: int, data: bytes, wire_length: int, comment: str = ""
    ) -> None:
        """Append one frame: `data` is the captured part of its `wire_length` bytes; `time_ns` is since 1970.

        The name of an unknown interface is empty, and so is the comment on an ordinary frame.
        """
        number = self._interfaces.get((interface, link_type))
        if number is None:
            number = self.declare(interface, link_type)
        header = PACKET.pack(number, time_ns >> 32, time_ns & 0xFFFF_FFFF, len(data), wire_length)
        options = _comment(comment) + END_OF_OPTIONS if comment else b""
        self._write_block(ENHANCED_PACKET, header + _padded(data) + options)

    @property
    def has_interface(self) -> bool:
        """Whether one has been declared."""
        return bool(self._interfaces)

    def write_statistics(self, time_ns: int, received: int, dropped: int, comment: str = "") -> None:
        """Append what the interface that was declared last has received until now, and what of it was dropped."""
        counts = _option(ISB_IFRECV, COUNT.pack(received)) + _option(ISB_IFDROP, COUNT.pack(dropped)) + END_OF_OPTIONS
        header = STATISTICS.pack(len(self._interfaces) - 1, time_ns >> 32, time_ns & 0xFFFF_FFFF)
        self._write_block(INTERFACE_STATISTICS, header + (_comment(comment) if comment else b"") + counts)

    def declare(self, interface: str, link_type: int) -> int:
        """Append the block of an interface, whose number is returned; frames declare theirs by themselves."""
        number = self._interfaces[interface, link_type] = len(self._interfaces)
        name = _option(IF_NAME, interface.encode()) if interface else b""
        options = name + _option(IF_TSRESOL, NANOSECONDS) + END_OF_OPTIONS
        self._write_block(INTERFACE_DESCRIPTION, INTERFACE.pack(link_type, 0, NO_SNAPLEN) + options)
        return number

    def _write_block(self, kind: int, body: bytes) -> None:
        length = BLOCK.size + len(body) + LENGTH.size
        self._file.write(BLOCK.pack(kind, length) + body + LENGTH.pack(length))


def _comment(comment: str) -> bytes:
    return _option(OPT_COMMENT, comment.encode())


def _option(code: int, value: bytes) -> bytes:
    return OPTION.pack(code, len(value)) + _padded(value)


def _padded(value: bytes) -> bytes:
    """Padded to a multiple of four, as blocks and options require."""
    return value + bytes(-len(value) % 4)
