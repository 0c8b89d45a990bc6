from struct import pack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpwatch.wire.icmp import ICMP, ICMPV6, IcmpError, read_icmp_error
from tests.builders import ends
from tests.wire.frames import CLIENT, CLIENT_6, SERVER, SERVER_6, ethernet, ipv4, ipv6, tcp, tcp_frame, too_big

ETHERNET, RAW = 1, 101
ROUTER, ROUTER_6 = "10.0.9.9", "2001:db8::9"
ABOUT = ends((CLIENT, 40_000), (SERVER, 80))
ABOUT_6 = ends((CLIENT_6, 40_000), (SERVER_6, 80))
QUOTED = ipv4(tcp(b"x" * 100, seq=7_000))
QUOTED_6 = ipv6(tcp(b"x" * 100, seq=7_000))


def read(frame: bytes, link_type: int = ETHERNET) -> IcmpError | None:
    return read_icmp_error(5, link_type, frame, len(frame))


def icmp(kind: int, code: int, rest: int = 0, quoted: bytes = QUOTED) -> bytes:
    return ethernet(ipv4(pack("!BBHI", kind, code, 0, rest) + quoted, src=ROUTER, dst=CLIENT, protocol=ICMP))


def icmpv6(kind: int, code: int, rest: int = 0, quoted: bytes = QUOTED_6) -> bytes:
    error = pack("!BBHI", kind, code, 0, rest) + quoted
    return ethernet(ipv6(error, src=ROUTER_6, dst=CLIENT_6, next_header=ICMPV6), 0x86DD)


def test_router_tells_what_would_fit() -> None:
    error = read(too_big(1_300, tcp(b"x" * 100, seq=7_000)))
    assert error == IcmpError(5, 3, 4, ROUTER, ABOUT, 7_000, 1_300)
    assert (error.too_big, error.ipv6, error.words) == (True, False, "fragmentation needed")
    assert str(error.sender) == "10.0.0.1:40000"


def test_ipv6_router_tells_what_would_fit() -> None:
    error = read(icmpv6(2, 0, 1_280))
    assert error == IcmpError(5, 2, 0, ROUTER_6, ABOUT_6, 7_000, 1_280)
    assert (error.too_big, error.ipv6, error.words) == (True, True, "packet too big")


def test_router_from_before_rfc_1191_tells_no_mtu() -> None:
    error = read(icmp(3, 4, 0))
    assert error is not None
    assert (error.too_big, error.mtu) == (True, None)


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (icmp(3, 0), "network unreachable"),
        (icmp(3, 1), "host unreachable"),
        (icmp(3, 3), "port unreachable"),
        (icmp(3, 13), "administratively prohibited"),
        (icmp(11, 0), "time to live exceeded in transit"),
        (icmp(12, 0), "ICMP type 12 code 0"),
        (icmpv6(1, 0), "no route to destination"),
        (icmpv6(1, 4), "port unreachable"),
        (icmpv6(3, 0), "hop limit exceeded in transit"),
        (icmpv6(4, 2), "ICMPv6 type 4 code 2"),
    ],
)
def test_error_says_in_words_what_it_is(frame: bytes, words: str) -> None:
    error = read(frame)
    assert error is not None
    assert (error.words, error.too_big, error.mtu, error.seq) == (words, False, None, 7_000)


def test_eight_bytes_of_the_segment_are_enough() -> None:
    assert read(icmp(3, 4, 1_300, QUOTED[:28])) is not None
    assert read(icmp(3, 4, 1_300, QUOTED[:27])) is None


def test_quoted_segment_behind_extension_headers() -> None:
    behind = ipv6(pack("!BB6x", 6, 0) + tcp(seq=7_000), next_header=60)
    error = read(icmpv6(1, 0, quoted=behind))
    assert error is not None
    assert error.ends == ABOUT_6


@pytest.mark.parametrize(
    "frame",
    [
        tcp_frame(b"hello"),
        icmp(8, 0),  # an echo request that happens to carry a segment
        icmp(5, 1),  # a redirect is no error
        icmpv6(128, 0),
        icmp(3, 3, quoted=ipv4(tcp(), protocol=17)),
        icmp(11, 1, quoted=ipv4(tcp(), fragment=100)),
        ethernet(ipv4(pack("!BBHI", 3, 4, 0, 1_300) + QUOTED, protocol=ICMP, fragment=0x2000)),
        icmp(3, 4, quoted=b""),
        ethernet(b"", 0x0806),
        b"",
    ],
)
def test_frame_that_is_no_error_about_a_segment(frame: bytes) -> None:
    assert read(frame) is None


@given(st.binary(max_size=120))
def test_any_bytes_are_read_without_raising(data: bytes) -> None:
    for link_type in (ETHERNET, RAW):
        read(data, link_type)
    read(icmp(3, 4, quoted=data))
    read(icmpv6(2, 0, quoted=data))
