import pytest

from tcpwatch.wire.ip import Datagram
from tcpwatch.wire.layer import UndecodableError
from tcpwatch.wire.segment import ACK, AE, SYN, Segment
from tcpwatch.wire.tcp import read_segment
from tests.wire.frames import tcp

ADDRESSES = bytes([10, 0, 0, 1, 10, 0, 0, 2])


def read(segment: bytes, *, end: int | None = None, payload_limit: int = 512) -> Segment:
    datagram = Datagram(ADDRESSES, 6, b"ip" + segment, 2, 2 + (len(segment) if end is None else end))
    return read_segment(3, 99, datagram, payload_limit)


def test_segment_has_every_field() -> None:
    read_back = read(tcp(b"data", seq=1, ack=2, flags=SYN | ACK | AE, window=3, options=b"\x02\x04\x05\xb4"))
    assert read_back == Segment(
        frame=3,
        time_ns=99,
        ends=ADDRESSES + b"\x9c\x40\x00\x50",
        seq=1,
        ack=2,
        flags=SYN | ACK | AE,
        window=3,
        length=4,
        option_bytes=b"\x02\x04\x05\xb4",
        payload=b"data",
    )


def test_truncated_segment_keeps_its_length() -> None:
    segment = read(tcp(b"da"), end=20 + 1000)
    assert (segment.length, segment.payload) == (1000, b"da")


def test_payload_is_kept_up_to_the_limit() -> None:
    segment = read(tcp(b"x" * 600))
    assert (segment.length, segment.payload) == (600, b"x" * 512)


@pytest.mark.parametrize(("limit", "kept"), [(512, 2048), (4000, 3000), (0, 0)])
def test_payload_of_a_tls_hello_is_kept_longer(limit: int, kept: int) -> None:
    assert len(read(tcp(b"\x16\x03" + bytes(2998)), payload_limit=limit).payload) == kept


def test_trailer_behind_the_datagram_is_no_payload() -> None:
    assert read(tcp(b"data") + b"trailer", end=24).payload == b"data"


@pytest.mark.parametrize("end", [19, 0, -5])
def test_header_past_the_end_of_the_datagram(end: int) -> None:
    with pytest.raises(UndecodableError, match="truncated TCP header"):
        read(tcp(), end=end)


def test_header_past_the_end_of_the_capture() -> None:
    with pytest.raises(UndecodableError, match="truncated TCP header"):
        read(tcp()[:15], end=1000)


def test_capture_that_ends_behind_the_window_is_enough() -> None:
    cut = read(tcp(seq=7, window=8)[:16], end=1000)
    assert (cut.seq, cut.window, cut.length, cut.payload, cut.options_cut) == (7, 8, 980, b"", True)


def test_options_are_cut_where_the_capture_ends_within_them() -> None:
    whole = tcp(options=b"\x01" * 8)
    assert [read(whole[:size], end=28).options_cut for size in (24, 27, 28)] == [True, True, False]


@pytest.mark.parametrize("data_offset", [0, 4, 6])
def test_data_offset_that_cannot_be(data_offset: int) -> None:
    with pytest.raises(UndecodableError, match="bad TCP header length"):
        read(tcp(data_offset=data_offset))
