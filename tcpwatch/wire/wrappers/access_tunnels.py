"""Tunnels of mobile and access networks: GTP for user data (3GPP TS 29.281, TS 09.60), L2TP (RFC 2661).

Rule: as in `link`; `(data, offset, end)` begin behind the UDP header.
"""

from struct import Struct

from tcpwatch.wire.ethernet import raw_ip
from tcpwatch.wire.layer import PPP, U8, U16, Next, UndecodableError

GTP_HEADER = Struct("!BBH4x")
GTP_VERSION_SHIFT, GTP_NOT_PRIME = 5, 0x10
GTP_OPTIONAL_FIELDS, GTP_EXTENSION = 0x07, 0x04
GTP_USER_DATA = 0xFF
GTP_0_BYTES = 20
MAX_EXTENSIONS = 8

L2TP_CONTROL, L2TP_LENGTH, L2TP_SEQUENCE, L2TP_OFFSET = 0x8000, 0x4000, 0x0800, 0x0200
L2TP_VERSION = 0x000F
L2TP_VERSION_2 = 2


def gtp(data: bytes, offset: int, end: int) -> Next:
    """User data of version 1 or 0; signalling is not TCP."""
    flags, kind, length = GTP_HEADER.unpack_from(data, offset)
    version = flags >> GTP_VERSION_SHIFT
    if kind != GTP_USER_DATA or not flags & GTP_NOT_PRIME or version > 1:
        raise UndecodableError("not TCP")
    if version == 0:
        return raw_ip(data, offset + GTP_0_BYTES, min(end, offset + GTP_0_BYTES + length))
    start = offset + GTP_HEADER.size
    end = min(end, start + length)
    return raw_ip(data, _behind_extensions(data, start) if flags & GTP_OPTIONAL_FIELDS else start, end)


def _behind_extensions(data: bytes, offset: int) -> int:
    """Sequence, N-PDU number, type of the first extension; each has its length in fours, and the next type last."""
    (kind,) = U8.unpack_from(data, offset + 3)
    offset += 4
    for _ in range(MAX_EXTENSIONS):
        if not kind:
            return offset
        length = 4 * U8.unpack_from(data, offset)[0]
        if not length:
            raise UndecodableError("bad GTP extension")
        offset += length
        (kind,) = U8.unpack_from(data, offset - 1)
    raise UndecodableError(f"more than {MAX_EXTENSIONS} GTP extensions")


def l2tp(data: bytes, offset: int, end: int) -> Next:
    """A data message of version 2 carries PPP. Version 3 does not say what it carries, nor how long its cookie is."""
    start = offset
    (flags,) = U16.unpack_from(data, offset)
    if flags & L2TP_CONTROL:
        raise UndecodableError("not TCP")
    if flags & L2TP_VERSION != L2TP_VERSION_2:
        raise UndecodableError(f"L2TP version {flags & L2TP_VERSION}")
    offset += 2
    if flags & L2TP_LENGTH:
        end = min(end, start + U16.unpack_from(data, offset)[0])
        offset += 2
    offset += 4 + (4 if flags & L2TP_SEQUENCE else 0)
    if flags & L2TP_OFFSET:
        offset += 2 + U16.unpack_from(data, offset)[0]
    return PPP, offset, end
