import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpwatch.wire.decode import ALL_WAYS_READ, Decoder
from tcpwatch.wire.link import LINK_LAYERS, LINKTYPE_ETHERNET, LINKTYPE_RAW
from tcpwatch.wire.segment import ACK, RST, SYN, Segment, endpoints
from tests.wire.frames import CLIENT, CLIENT_6, IPV6, SERVER, SERVER_6, ethernet, ipv4, ipv6, tcp, tcp_frame

MORE_FRAGMENTS = 0x2000


def decode(frame: bytes, link_type: int = LINKTYPE_ETHERNET, wire_length: int | None = None) -> Segment | str:
    """The segment, or the one reason that was counted."""
    decoder = Decoder()
    segment = decoder.decode(1, 0, link_type, frame, len(frame) if wire_length is None else wire_length)
    if segment is not None:
        assert not decoder.skipped
        return segment
    ((reason, count),) = decoder.skipped.items()
    assert count == 1
    return reason


@pytest.mark.parametrize(("src", "dst"), [(CLIENT, SERVER), (CLIENT_6, SERVER_6)], ids=["IPv4", "IPv6"])
def test_frame_of_the_common_kind(src: str, dst: str) -> None:
    frame = tcp_frame(b"data", src=src, dst=dst, seq=7, ack=8, flags=ACK, window=9, options=b"\x01" * 4)
    segment = decode(frame + b"padding")
    assert isinstance(segment, Segment)
    assert endpoints(segment.ends) == ((src, 40000), (dst, 80))
    assert (segment.seq, segment.ack, segment.flags, segment.window) == (7, 8, ACK, 9)
    assert (segment.length, segment.option_bytes, segment.payload) == (4, b"\x01" * 4, b"data")


@pytest.mark.parametrize(("src", "dst"), [(CLIENT, SERVER), (CLIENT_6, SERVER_6)], ids=["IPv4", "IPv6"])
@pytest.mark.parametrize("payload_bytes", [0, 1, 600])
@pytest.mark.parametrize("options", [b"", b"\x01" * 40], ids=["no options", "all options"])
def test_frame_fast_path_equals_slow_path(src: str, dst: str, payload_bytes: int, options: bytes) -> None:
    frame = tcp_frame(b"x" * payload_bytes, src=src, dst=dst, flags=SYN | ACK, options=options)
    for captured in (len(frame), len(frame) - payload_bytes // 2):
        at_one_stroke = decode(frame[:captured], wire_length=len(frame))
        assert at_one_stroke == decode(frame[14:captured], LINKTYPE_RAW, wire_length=len(frame) - 14)


@pytest.mark.parametrize(("src", "dst", "way"), [(CLIENT, SERVER, (64, 7)), (CLIENT_6, SERVER_6, (64, None))])
@pytest.mark.parametrize(
    ("number", "flags", "read"),
    [
        *((1, ACK, True), (ALL_WAYS_READ + 1, ACK, False), (ALL_WAYS_READ + 8, ACK, True)),
        (ALL_WAYS_READ + 1, RST, True),
    ],
)
def test_way_is_read_of_some_frames(
    src: str, dst: str, way: tuple[int, int | None], number: int, flags: int, read: bool
) -> None:
    frame = tcp_frame(src=src, dst=dst, flags=flags)
    segment = Decoder().decode(number, 0, LINKTYPE_ETHERNET, frame, len(frame))
    assert segment is not None
    assert segment.way == (way if read else None)


def test_frame_of_segmentation_offload() -> None:
    segment = decode(ethernet(ipv4(tcp(b"x" * 3000), total_length=0)))
    assert isinstance(segment, Segment)
    assert segment.length == 3000


def test_frame_in_a_tunnel_in_a_tunnel() -> None:
    inner = ipv4(tcp(b"data"), options=b"\x01" * 4)
    segment = decode(ethernet(ipv4(ipv6(inner, next_header=4), protocol=41)))
    assert isinstance(segment, Segment)
    assert segment.source == (CLIENT, 40000)


def test_last_fragment_completes_the_segment() -> None:
    segment = tcp(b"x" * 100)
    decoder = Decoder()
    pieces = ((segment[64:], 8), (segment[:64], MORE_FRAGMENTS))
    frames = [ethernet(ipv4(piece, fragment=field)) for piece, field in pieces]
    first, second = (decoder.decode(n, 0, LINKTYPE_ETHERNET, frame, len(frame)) for n, frame in enumerate(frames, 1))
    assert first is None
    assert decoder.skipped == {"fragment": 1}
    assert second is not None
    assert (second.frame, second.length) == (2, 100)


REFUSED = {
    "not TCP": ethernet(bytes(28), 0x0806),
    "truncated header": tcp_frame()[:30],
    "truncated TCP header": tcp_frame()[:40],
    "bad TCP header length": tcp_frame(data_offset=3),
    "bad IPv4 header": ethernet(b"\x44" + ipv4(tcp())[1:]),
    "bad IPv6 header": ethernet(b"\x50" + ipv6(tcp())[1:], IPV6),
    "fragment": ethernet(ipv4(tcp(), fragment=MORE_FRAGMENTS)),
    "more than 8 tags": ethernet(b"\x00\x05\x81\x00" * 9 + bytes(20), 0x8100),
    "more than 4 tunnels": ethernet(
        ipv4(ipv4(ipv4(ipv4(ipv4(ipv4(tcp()), protocol=4), protocol=4), protocol=4), protocol=4), protocol=4)
    ),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_frame_without_a_segment_is_counted(reason: str) -> None:
    assert decode(REFUSED[reason]) == reason


def test_reasons_are_bounded() -> None:
    decoder = Decoder()
    for number in range(100):
        decoder.decode(1, 0, 1_000 + number, b"", 0)
    assert len(decoder.skipped) == 33
    assert decoder.skipped["other reasons"] == 68


def test_link_type_unknown_is_counted() -> None:
    assert decode(tcp_frame(), 147) == "link type 147"


@pytest.mark.parametrize("data_offset", [4, 7])
@pytest.mark.parametrize(("src", "dst"), [(CLIENT, SERVER), (CLIENT_6, SERVER_6)], ids=["IPv4", "IPv6"])
def test_data_offset_that_cannot_be(src: str, dst: str, data_offset: int) -> None:
    assert decode(tcp_frame(src=src, dst=dst, data_offset=data_offset)) == "bad TCP header length"


def test_ipv6_other_than_tcp() -> None:
    assert decode(ethernet(ipv6(bytes(40), next_header=58), IPV6)) == "not TCP"


@given(
    link_type=st.sampled_from([*LINK_LAYERS, 147]),
    data=st.binary(max_size=200),
    wire_length=st.integers(min_value=0, max_value=1 << 32),
)
def test_arbitrary_bytes_never_raise(link_type: int, data: bytes, wire_length: int) -> None:
    decoder = Decoder()
    segment = decoder.decode(1, 0, link_type, data, wire_length)
    assert (segment is None) == (decoder.skipped.total() == 1)


@given(
    frame=st.sampled_from([tcp_frame(b"data", options=b"\x01" * 8), tcp_frame(src=CLIENT_6, dst=SERVER_6)]),
    flips=st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 255)), max_size=4),
    cut=st.integers(0, 100),
)
def test_damaged_frame_never_raises(frame: bytes, flips: list[tuple[int, int]], cut: int) -> None:
    damaged = bytearray(frame)
    for position, mask in flips:
        damaged[position % len(damaged)] ^= mask
    segment = Decoder().decode(1, 0, LINKTYPE_ETHERNET, bytes(damaged[: len(damaged) - cut]), len(frame))
    if segment is not None:
        assert 0 <= segment.length <= len(frame)
        assert len(segment.option_bytes) <= 40
