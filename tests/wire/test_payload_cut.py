"""What a frame is cut to."""

import pytest

from tcpwatch.wire.link import LINKTYPE_ETHERNET
from tcpwatch.wire.payload_cut import LONGEST_LINE, PayloadCutter
from tcpwatch.wire.segment import FIN, SYN
from tests.wire.frames import ethernet, ipv4, tcp, tcp_frame, too_big

HEADERS = 54
SECRET = b"password=hunter2\r\n"
ISN = 999


def cut(cutter: PayloadCutter, data: bytes, wire_length: int | None = None) -> bytes | None:
    frame = cutter.cut((7, LINKTYPE_ETHERNET, data, wire_length or len(data)))
    if frame is None:
        return None
    assert frame[0] == 7
    assert frame[3] == (wire_length or len(data))
    return frame[2]


def begun() -> PayloadCutter:
    """A cutter that has seen the SYN of the client."""
    cutter = PayloadCutter()
    cut(cutter, tcp_frame(flags=SYN, seq=ISN))
    return cutter


def test_segment_without_payload_is_whole() -> None:
    frame = tcp_frame(options=bytes((1, 1, 1, 0)))
    assert cut(PayloadCutter(), frame) == frame


def test_payload_of_a_connection_under_way_goes() -> None:
    assert cut(PayloadCutter(), tcp_frame(SECRET)) == tcp_frame(SECRET)[:HEADERS]


def test_first_line_of_a_connection_stays() -> None:
    frame = tcp_frame(b"HELO me\r\n" + SECRET, seq=ISN + 1)
    assert cut(begun(), frame) == frame[: HEADERS + len(b"HELO me\r\n")]


def test_later_lines_of_it_go() -> None:
    assert cut(begun(), tcp_frame(SECRET, seq=ISN + 10)) == tcp_frame(SECRET, seq=ISN + 10)[:HEADERS]


def test_first_line_of_each_http_message_stays() -> None:
    line = b"GET /order/17 HTTP/1.1\r\n"
    frame = tcp_frame(line + b"Cookie: " + SECRET)
    assert cut(PayloadCutter(), frame) == frame[: HEADERS + len(line)]


@pytest.mark.parametrize(
    "payload",
    [
        b"no end",
        b"\x16\x03\x01\x02\x00binary\n",
        b"\xff\xfe\n",
        b"escape \x1b[2J\n",
        b"x" * LONGEST_LINE + b"\n",
    ],
)
def test_what_is_no_line_goes_even_where_a_connection_begins(payload: bytes) -> None:
    assert cut(begun(), tcp_frame(payload, seq=ISN + 1)) == tcp_frame(payload, seq=ISN + 1)[:HEADERS]


def test_header_is_found_though_the_payload_is_one_common_byte() -> None:
    frame = tcp_frame(b"\0", flags=FIN)
    assert cut(PayloadCutter(), frame) == frame[:HEADERS]


def test_numbers_that_pass_the_end_of_their_space() -> None:
    cutter = PayloadCutter()
    cut(cutter, tcp_frame(flags=SYN, seq=0xFFFF_FFFF))
    assert cut(cutter, tcp_frame(b"hi\n", seq=0)) == tcp_frame(b"hi\n", seq=0)


def test_padding_behind_the_datagram_goes_too() -> None:
    assert cut(PayloadCutter(), tcp_frame(b"abc") + b"leaked") == tcp_frame(b"abc")[:HEADERS]


def test_fragments_are_left_out() -> None:
    cutter = PayloadCutter()
    whole = tcp(b"x" * 100)
    first = ethernet(ipv4(whole[:64], fragment=0x2000))
    last = ethernet(ipv4(whole[64:], fragment=64 // 8))
    assert cut(cutter, first) is None
    assert cut(cutter, last) is None
    assert cutter.left_out == 2


def test_other_protocols_are_left_out() -> None:
    assert cut(PayloadCutter(), ethernet(ipv4(SECRET, protocol=17))) is None
    assert cut(PayloadCutter(), b"") is None


def test_icmp_error_quotes_no_payload() -> None:
    frame = cut(PayloadCutter(), too_big(1_280, tcp(SECRET)))
    assert frame is not None
    assert frame.endswith(tcp(SECRET)[:8])
    assert b"hunter2" not in frame
