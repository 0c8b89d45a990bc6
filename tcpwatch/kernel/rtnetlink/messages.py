"""Netlink messages and their attributes, for the families whose answers are short. Pure.

A message that is cut short, and an attribute that says it is longer than its message, end the reading.
"""

import struct
from collections.abc import Iterator

HEADER = struct.Struct("=IHHII")  # length, type, flags, sequence number, port
ERROR = struct.Struct("=i")
ATTRIBUTE = struct.Struct("=HH")  # length, type

NLM_F_REQUEST, NLM_F_DUMP = 0x1, 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
NLA_F_NESTED = 0x8000
TYPE_MASK = 0x3FFF


def request(kind: int, flags: int, sequence: int, body: bytes) -> bytes:
    """One message from a program to the kernel."""
    return HEADER.pack(HEADER.size + len(body), kind, NLM_F_REQUEST | flags, sequence, 0) + body


def attribute(kind: int, value: bytes) -> bytes:
    """An attribute, with the padding behind it."""
    return ATTRIBUTE.pack(ATTRIBUTE.size + len(value), kind) + value + bytes(-len(value) % 4)


def nested(kind: int, *attributes: bytes) -> bytes:
    """An attribute made of attributes."""
    return attribute(kind | NLA_F_NESTED, b"".join(attributes))


def messages(datagram: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Type, sequence number and body of each message in what was received at once."""
    offset = 0
    while len(datagram) - offset >= HEADER.size:
        length, kind, _, sequence, _ = HEADER.unpack_from(datagram, offset)
        if not HEADER.size <= length <= len(datagram) - offset:
            return
        yield kind, sequence, datagram[offset + HEADER.size : offset + length]
        offset += length + 3 & ~3


def attributes(body: bytes, offset: int = 0) -> dict[int, bytes]:
    """Values by type, from `offset` on; of a type that comes twice, the last."""
    found: dict[int, bytes] = {}
    while len(body) - offset >= ATTRIBUTE.size:
        length, kind = ATTRIBUTE.unpack_from(body, offset)
        if not ATTRIBUTE.size <= length <= len(body) - offset:
            break
        found[kind & TYPE_MASK] = body[offset + ATTRIBUTE.size : offset + length]
        offset += length + 3 & ~3
    return found


def error_of(body: bytes) -> int:
    """The errno in an NLMSG_ERROR; 0 is an acknowledgement."""
    return -int(ERROR.unpack_from(body)[0]) if len(body) >= ERROR.size else 0
