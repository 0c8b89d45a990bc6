import pytest

from tcpwatch.wire.ip import Fragment, read_datagram
from tcpwatch.wire.layer import IPV4, IPV6, UndecodableError
from tests.wire.frames import ipv4, ipv6


def test_ipv4_payload_lies_behind_the_options() -> None:
    packet = ipv4(b"segment", options=b"\x01" * 8)
    datagram = read_datagram(IPV4, packet, 0, len(packet))
    assert datagram.protocol == 6
    assert datagram.addresses == bytes([10, 0, 0, 1, 10, 0, 0, 2])
    assert packet[datagram.start : datagram.end] == b"segment"


def test_ipv4_padding_is_no_payload() -> None:
    packet = ipv4(b"segment") + bytes(20)
    assert read_datagram(IPV4, packet, 0, len(packet)).end == 27


def test_ipv4_total_length_zero_takes_the_length_on_the_wire() -> None:
    packet = ipv4(b"segment", total_length=0)
    assert read_datagram(IPV4, packet, 0, 1234).end == 1234


def test_ipv4_total_length_beyond_the_wire_ends_with_it() -> None:
    packet = ipv4(b"segment", total_length=900)
    assert read_datagram(IPV4, packet, 0, len(packet)).end == len(packet)


def test_truncated_ipv4_keeps_its_length() -> None:
    packet = ipv4(b"segment" * 100)
    assert read_datagram(IPV4, packet[:40], 0, len(packet)).end == len(packet)


@pytest.mark.parametrize(
    ("field", "expected"),
    [(0x2000, Fragment(7, 0, True)), (0x2003, Fragment(7, 24, True)), (0x0005, Fragment(7, 40, False)), (0x4000, None)],
    ids=["first", "middle", "last", "do not fragment"],
)
def test_ipv4_fragment_field(field: int, expected: Fragment | None) -> None:
    packet = ipv4(b"segment", fragment=field)
    assert read_datagram(IPV4, packet, 0, len(packet)).fragment == expected


@pytest.mark.parametrize(
    "packet",
    [b"\x65" + ipv4(b"")[1:], b"\x44" + ipv4(b"")[1:], ipv4(b"", total_length=19)],
    ids=["version", "header length", "total length"],
)
def test_ipv4_header_that_cannot_be(packet: bytes) -> None:
    with pytest.raises(UndecodableError, match="bad IPv4 header"):
        read_datagram(IPV4, packet, 0, len(packet))


def test_ipv6_payload() -> None:
    packet = b"link" + ipv6(b"segment") + bytes(9)
    datagram = read_datagram(IPV6, packet, 4, len(packet))
    assert datagram.protocol == 6
    assert datagram.addresses == packet[12:44]
    assert packet[datagram.start : datagram.end] == b"segment"


@pytest.mark.parametrize(("wire_end", "end"), [(60, 40), (80_000, 80_000)], ids=["nothing", "BIG TCP"])
def test_ipv6_payload_length_zero(wire_end: int, end: int) -> None:
    packet = ipv6(b"segment", payload_length=0)
    assert read_datagram(IPV6, packet, 0, wire_end).end == end


def test_ipv6_header_that_cannot_be() -> None:
    with pytest.raises(UndecodableError, match="bad IPv6 header"):
        read_datagram(IPV6, ipv4(b"") + bytes(40), 0, 60)


def test_ethertype_other_than_ip() -> None:
    with pytest.raises(UndecodableError, match="not TCP"):
        read_datagram(0x0806, bytes(60), 0, 60)
