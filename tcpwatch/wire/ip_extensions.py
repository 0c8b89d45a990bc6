"""Headers between IP and TCP: extension headers, fragments, compression.

Rule: each kind of header is one small function and a row in a table; every loop is bounded.
"""

import zlib
from collections.abc import Callable
from struct import Struct

from tcpwatch.wire.fragments import Reassembly
from tcpwatch.wire.ip import HOP_BY_HOP, LARGEST_PAYLOAD, Datagram, Fragment
from tcpwatch.wire.layer import U8, U32, UndecodableError

MAX_EXTENSIONS = 8

# https://www.iana.org/assignments/protocol-numbers
ROUTING = 43
FRAGMENT = 44
AUTHENTICATION = 51
DESTINATION_OPTIONS = 60
IP_COMPRESSION = 108
MOBILITY = 135
HOST_IDENTITY = 139
SHIM6 = 140

NEXT_AND_LENGTH = Struct("!BB")
FRAGMENT_HEADER = Struct("!BxHI")
JUMBO_PAYLOAD = b"\xc2\x04"
STOPS_LEFT = 3  # in a routing header
HOME_ADDRESS = (0xC9, 16)  # RFC 6275 §6.3: option and length
PAD1 = 0


def upper_layer(datagram: Datagram, reassembly: Reassembly, time_ns: int) -> Datagram:
    """Skip extension headers. A fragment continues only if it completes its datagram."""
    for _ in range(MAX_EXTENSIONS + 1):
        if datagram.fragment is not None:
            datagram = reassembly.add(datagram, datagram.fragment, time_ns)
        extension = EXTENSIONS.get(datagram.protocol)
        if extension is None:
            return datagram
        extension(datagram)
    raise UndecodableError(f"more than {MAX_EXTENSIONS} extension headers")


def _options(datagram: Datagram) -> None:
    datagram.protocol, length = NEXT_AND_LENGTH.unpack_from(datagram.data, datagram.start)
    datagram.start += (length + 1) * 8


def _routing(datagram: Datagram) -> None:
    """The checksum is over the last destination, which stands in the header only once no stop is left."""
    (stops_left,) = U8.unpack_from(datagram.data, datagram.start + STOPS_LEFT)
    if stops_left:
        datagram.checked_addresses = b""
    _options(datagram)


def _destination_options(datagram: Datagram) -> None:
    """The checksum is over the home address of a mobile sender, where an option has one (RFC 6275 §6.3)."""
    start = datagram.start
    _options(datagram)
    place = start + NEXT_AND_LENGTH.size
    while place + 2 <= min(datagram.start, len(datagram.data)):
        kind, length = NEXT_AND_LENGTH.unpack_from(datagram.data, place)
        if (kind, length) == HOME_ADDRESS and datagram.checked_addresses:
            home = datagram.data[place + 2 : place + 2 + length]
            datagram.checked_addresses = home + datagram.checked_addresses[length:]
        place += 1 if kind == PAD1 else 2 + length


def _hop_by_hop(datagram: Datagram) -> None:
    """RFC 2675: the length in the jumbo payload option counts from the end of the IPv6 header. Linux sends it alone."""
    first_option = datagram.start + NEXT_AND_LENGTH.size
    if datagram.data[first_option : first_option + 2] == JUMBO_PAYLOAD:
        (length,) = U32.unpack_from(datagram.data, first_option + 2)
        datagram.end = min(datagram.end, datagram.start + length)
    _options(datagram)


def _fragment(datagram: Datagram) -> None:
    datagram.protocol, field, ident = FRAGMENT_HEADER.unpack_from(datagram.data, datagram.start)
    datagram.start += FRAGMENT_HEADER.size
    if field & ~0b110:  # an atomic fragment (RFC 6946) is complete
        datagram.fragment = Fragment(ident, field & ~0b111, bool(field & 1))


def _authentication(datagram: Datagram) -> None:
    datagram.protocol, length = NEXT_AND_LENGTH.unpack_from(datagram.data, datagram.start)
    datagram.start += (length + 2) * 4


def _ip_compression(datagram: Datagram) -> None:
    """RFC 3173 with DEFLATE, the only algorithm in use."""
    (datagram.protocol,) = U8.unpack_from(datagram.data, datagram.start)
    try:
        packed = datagram.data[datagram.start + 4 : datagram.end]
        datagram.data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, LARGEST_PAYLOAD)
    except zlib.error as error:
        raise UndecodableError("compressed IP") from error
    datagram.start, datagram.end = 0, len(datagram.data)


EXTENSIONS: dict[int, Callable[[Datagram], None]] = {
    HOP_BY_HOP: _hop_by_hop,
    ROUTING: _routing,
    FRAGMENT: _fragment,
    AUTHENTICATION: _authentication,
    DESTINATION_OPTIONS: _destination_options,
    IP_COMPRESSION: _ip_compression,
    MOBILITY: _options,
    HOST_IDENTITY: _options,
    SHIM6: _options,
}
