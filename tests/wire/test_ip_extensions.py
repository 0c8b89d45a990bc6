import zlib
from struct import pack

import pytest

from tcpwatch.wire import ip_extensions
from tcpwatch.wire.fragments import Reassembly
from tcpwatch.wire.ip import HOP_BY_HOP, TCP, Datagram
from tcpwatch.wire.ip_extensions import upper_layer
from tcpwatch.wire.layer import UndecodableError

SEGMENT = b"a segment"


def walk(protocol: int, data: bytes, reassembly: Reassembly | None = None) -> Datagram:
    return upper_layer(Datagram(b"addresses", protocol, data, 0, len(data)), reassembly or Reassembly(), 0)


def payload(datagram: Datagram) -> bytes:
    assert datagram.protocol == TCP
    return datagram.data[datagram.start : datagram.end]


def test_no_extension() -> None:
    assert payload(walk(TCP, SEGMENT)) == SEGMENT


@pytest.mark.parametrize(
    "kind",
    [
        HOP_BY_HOP,
        ip_extensions.ROUTING,
        ip_extensions.DESTINATION_OPTIONS,
        ip_extensions.MOBILITY,
        ip_extensions.HOST_IDENTITY,
        ip_extensions.SHIM6,
    ],
)
def test_header_counted_in_eights(kind: int) -> None:
    assert payload(walk(kind, bytes([TCP, 1]) + bytes(14) + SEGMENT)) == SEGMENT


def test_authentication_header_is_counted_in_fours() -> None:
    assert payload(walk(ip_extensions.AUTHENTICATION, bytes([TCP, 4]) + bytes(22) + SEGMENT)) == SEGMENT


def test_chain_of_extensions() -> None:
    chain = bytes([ip_extensions.ROUTING, 0]) + bytes(6) + bytes([ip_extensions.AUTHENTICATION, 0]) + bytes(6)
    assert payload(walk(HOP_BY_HOP, chain + bytes([TCP, 0]) + bytes(6) + SEGMENT)) == SEGMENT


@pytest.mark.parametrize(("count", "readable"), [(8, True), (9, False)])
def test_chain_longer_than_the_limit(count: int, readable: bool) -> None:
    chain = (bytes([ip_extensions.DESTINATION_OPTIONS, 0]) + bytes(6)) * (count - 1) + bytes([TCP, 0]) + bytes(6)
    if readable:
        assert payload(walk(ip_extensions.DESTINATION_OPTIONS, chain + SEGMENT)) == SEGMENT
    else:
        with pytest.raises(UndecodableError, match="more than 8 extension headers"):
            walk(ip_extensions.DESTINATION_OPTIONS, chain + SEGMENT)


def test_jumbo_payload_option_sets_the_end() -> None:
    header = bytes([TCP, 0]) + b"\xc2\x04" + pack("!I", 8 + len(SEGMENT))
    assert payload(walk(HOP_BY_HOP, header + SEGMENT + b"trailer")) == SEGMENT


def test_atomic_fragment_is_whole() -> None:
    assert payload(walk(ip_extensions.FRAGMENT, pack("!BxHI", TCP, 0, 7) + SEGMENT)) == SEGMENT


def test_fragments_with_an_extension_inside() -> None:
    inner = bytes([TCP, 0]) + bytes(6) + SEGMENT
    reassembly = Reassembly()
    with pytest.raises(UndecodableError, match=r"^fragment$"):
        walk(ip_extensions.FRAGMENT, pack("!BxHI", ip_extensions.DESTINATION_OPTIONS, 1, 7) + inner[:8], reassembly)
    last = pack("!BxHI", ip_extensions.DESTINATION_OPTIONS, 8, 7) + inner[8:]
    assert payload(walk(ip_extensions.FRAGMENT, last, reassembly)) == SEGMENT


def test_compressed_payload_is_inflated() -> None:
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = deflate.compress(SEGMENT) + deflate.flush()
    assert payload(walk(ip_extensions.IP_COMPRESSION, bytes([TCP, 0, 0, 2]) + packed)) == SEGMENT


def test_compressed_payload_that_is_damaged() -> None:
    with pytest.raises(UndecodableError, match="compressed IP"):
        walk(ip_extensions.IP_COMPRESSION, bytes([TCP, 0, 0, 2]) + b"\xff" * 20)


def test_compressed_payload_stops_at_the_largest_datagram() -> None:
    deflate = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = deflate.compress(bytes(1 << 20)) + deflate.flush()
    assert len(walk(ip_extensions.IP_COMPRESSION, bytes([TCP, 0, 0, 2]) + packed).data) == 65_535
