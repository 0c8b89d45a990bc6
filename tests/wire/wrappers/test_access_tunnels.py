from struct import pack

import pytest

from tcpwatch.wire.segment import Segment
from tests.wire.frames import ethernet, ipv4, ipv6, tcp
from tests.wire.test_decode import decode
from tests.wire.wrappers.test_overlays import udp

INNER = ipv4(tcp(b"data"))
INNER_6 = ipv6(tcp(b"data"))
TUNNELLED = {
    "GTP": udp(pack("!BBHI", 0x30, 255, len(INNER), 9) + INNER, 2152),
    "GTP with IPv6": udp(pack("!BBHI", 0x30, 255, len(INNER_6), 9) + INNER_6, 2152),
    "GTP with a sequence number": udp(pack("!BBHIHH", 0x32, 255, len(INNER) + 4, 9, 7, 0) + INNER, 2152),
    "GTP with extensions": udp(
        pack("!BBHI", 0x34, 255, len(INNER) + 12, 9) + bytes.fromhex("00000085 011009c0 01000000") + INNER, 2152
    ),
    "GTP version 0": udp(pack("!BBH", 0x1E, 255, len(INNER)) + bytes(16) + INNER, 3386),
    "L2TP": udp(pack("!HHH", 2, 1, 2) + b"\xff\x03\x00\x21" + INNER, 1701),
    "L2TP to the client": udp(pack("!HHH", 2, 1, 2) + b"\x00\x57" + INNER_6, 50_000, 1701),
    "L2TP with all fields": udp(pack("!8H", 0x4A02, len(INNER) + 18, 1, 2, 3, 4, 2, 0) + b"\x00\x21" + INNER, 1701),
}


def decoded(body: bytes) -> Segment | str:
    return decode(ethernet(ipv4(body, protocol=17)))


@pytest.mark.parametrize("body", TUNNELLED.values(), ids=TUNNELLED)
def test_tunnelled_segment_is_found(body: bytes) -> None:
    segment = decoded(body)
    assert isinstance(segment, Segment)
    assert segment.payload == b"data"


def test_gtp_length_ends_the_datagram() -> None:
    inner = ipv4(tcp(), total_length=0)
    segment = decoded(udp(pack("!BBHI", 0x30, 255, len(inner), 9) + inner + bytes(7), 2152))
    assert isinstance(segment, Segment)
    assert segment.length == 0


WITHOUT = {
    "GTP echo": (udp(pack("!BBHI", 0x30, 1, 0, 9), 2152), "not TCP"),
    "extensions without end": (
        udp(pack("!BBHI", 0x34, 255, 99, 9) + b"\0\0\0\1" + b"\1\0\0\1" * 20, 2152),
        "more than 8",
    ),
    "extension without length": (udp(pack("!BBHI", 0x34, 255, 99, 9) + b"\0\0\0\1\0\0\0\0", 2152), "bad GTP extension"),
    "L2TP control": (udp(pack("!HHHH", 0xC802, 12, 1, 2) + bytes(8), 1701), "not TCP"),
    "L2TP version 3": (udp(pack("!HHI", 3, 0, 7) + bytes(30), 1701), "L2TP version 3"),
}


@pytest.mark.parametrize(("body", "reason"), WITHOUT.values(), ids=WITHOUT)
def test_tunnel_without_a_segment(body: bytes, reason: str) -> None:
    segment = decoded(body)
    assert isinstance(segment, str)
    assert segment.startswith(reason)
