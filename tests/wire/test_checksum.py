"""Right, wrong and unverifiable checksums; each wrong one beside the frame that looks like it and tells nothing."""

from struct import pack

import pytest

from tcpwatch.lab.raw import checksum
from tcpwatch.wire.decode import ALL_VERIFIED, LONG, Decoder
from tcpwatch.wire.link import LINKTYPE_ETHERNET
from tcpwatch.wire.segment import SYN
from tests.wire.frames import CLIENT_6, SERVER_6, ethernet, ip_address, ipv4, ipv6, tcp, tcp_frame

IP_AT, TCP_AT = 14, 34
SUM_AT = TCP_AT + 16
IPV6 = 0x86DD
ROUTING, DESTINATION_OPTIONS = 43, 60


def summed(frame: bytes, ip_at: int = IP_AT) -> bytes:
    """The frame of untagged IPv4 with the sums that it should have."""
    tcp_at = ip_at + 20
    segment = frame[tcp_at:]
    pseudo = frame[ip_at + 12 : tcp_at] + pack("!HH", 6, len(segment))
    frame = _with(frame, tcp_at + 16, checksum(pseudo + segment))
    return _with(frame, ip_at + 10, checksum(frame[ip_at:tcp_at]))


def _with(frame: bytes, at: int, number: int) -> bytes:
    return frame[:at] + pack("!H", number) + frame[at + 2 :]


def wrong(frame: bytes, wire_length: int | None = None, number: int = 1) -> str:
    segment = Decoder().decode(number, 0, LINKTYPE_ETHERNET, frame, wire_length or len(frame))
    assert segment is not None
    return (segment.damaged or "").removesuffix(" checksum")


@pytest.mark.parametrize("payload", [b"", b"odd", b"even", bytes(2000)])
def test_right_checksum(payload: bytes) -> None:
    assert wrong(summed(tcp_frame(payload))) == ""


@pytest.mark.parametrize("payload", [b"", b"odd", b"even", bytes(2000)])
def test_flipped_bit(payload: bytes) -> None:
    frame = bytearray(summed(tcp_frame(payload)))
    for place in (TCP_AT, TCP_AT + 7, len(frame) - 1):
        frame[place] ^= 4
        assert wrong(bytes(frame)) == "TCP"
        frame[place] ^= 4


def test_flipped_bit_in_the_ipv4_header() -> None:
    frame = bytearray(summed(tcp_frame()))
    frame[IP_AT + 8] ^= 4
    assert wrong(bytes(frame)) == "IPv4"


def test_padding_is_not_summed() -> None:
    assert wrong(summed(tcp_frame()) + b"pad!xx") == ""


def test_sums_that_are_not_filled_in() -> None:
    assert wrong(tcp_frame(b"data")) == ""
    assert wrong(_with(summed(tcp_frame(b"data")), IP_AT + 10, 0)) == ""


@pytest.mark.parametrize("counted_bytes", [24, 0], ids=["checksum offload", "segmentation offload"])
def test_sum_of_the_pseudo_header_alone_is_left_to_the_card(counted_bytes: int) -> None:
    frame = summed(tcp_frame(b"data"))
    partial = checksum(frame[IP_AT + 12 : TCP_AT] + pack("!HH", 6, counted_bytes)) ^ 0xFFFF
    assert wrong(_with(frame, SUM_AT, partial)) == ""
    assert wrong(_with(frame, SUM_AT, partial ^ 1)) == "TCP"


def test_what_is_not_captured_whole_is_not_verified() -> None:
    frame = _with(summed(tcp_frame(b"data")), SUM_AT, 7)
    assert (wrong(frame), wrong(frame[:-1], len(frame))) == ("TCP", "")


def test_long_segments_of_a_long_capture() -> None:
    long, opening = (_with(summed(tcp_frame(bytes(LONG), flags=flags)), SUM_AT, 7) for flags in (16, SYN))
    short = _with(summed(tcp_frame()), SUM_AT, 7)
    late = ALL_VERIFIED + 1
    assert [wrong(frame, number=late) for frame in (long, opening, short)] == ["", "TCP", "TCP"]
    assert wrong(long, number=late - 1) == "TCP"


def test_vlan_and_options_are_verified_too() -> None:
    tag = b"\x81\x00\x00\x07"
    frame = summed(tcp_frame())
    tagged = frame[:12] + tag + frame[12:]
    assert (wrong(tagged), wrong(_with(tagged, SUM_AT + 4, 7))) == ("", "TCP")
    with_options = ethernet(ipv4(tcp(), options=b"\x01" * 4))
    with_sum = _with(with_options, IP_AT + 10, checksum(with_options[IP_AT:38]))
    assert (wrong(with_sum), wrong(_with(with_sum, IP_AT + 10, 7))) == ("", "IPv4")


def ipv6_frame(extension: bytes, next_header: int, checked: tuple[str, str]) -> bytes:
    """Over IPv6, with an extension header, the checksum that of `checked` addresses."""
    segment = tcp(b"odd")
    pseudo = b"".join(ip_address(one).packed for one in checked) + pack("!II", len(segment), 6)
    segment = _with(segment, 16, checksum(pseudo + segment))
    return ethernet(ipv6(extension + segment, next_header=next_header), IPV6)


def test_ipv6_checksum() -> None:
    frame = ipv6_frame(b"", 6, (CLIENT_6, SERVER_6))
    assert (wrong(frame), wrong(frame[:-1] + b"?")) == ("", "TCP")


def test_ipv6_home_address_takes_the_place_of_the_source() -> None:
    home = "2001:db8::99"
    option = b"\x06\x02" + b"\x01\x02\0\0" + b"\xc9\x10" + ip_address(home).packed
    frame = ipv6_frame(option, DESTINATION_OPTIONS, (home, SERVER_6))
    assert (wrong(frame), wrong(frame[:-1] + b"?")) == ("", "TCP")


def test_ipv6_routing_header_with_stops_left_is_not_verified() -> None:
    stops = ip_address("2001:db8::98").packed
    left, none_left = (bytes((6, 2, 0, number)) + bytes(4) + stops for number in (1, 0))
    assert wrong(ipv6_frame(left, ROUTING, (CLIENT_6, "2001:db8::98"))) == ""
    assert wrong(ipv6_frame(left, ROUTING, (CLIENT_6, SERVER_6))) == ""
    assert wrong(ipv6_frame(none_left, ROUTING, (CLIENT_6, SERVER_6))) == ""
    assert wrong(ipv6_frame(none_left, ROUTING, (CLIENT_6, "2001:db8::98"))) == "TCP"
