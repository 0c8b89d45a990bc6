import struct

import pytest

from tcpwatch.sockets import tcp_info
from tcpwatch.sockets.tcp_info import TcpInfo

LONGEST = 280


def test_decode_every_field() -> None:
    """Bytes that differ everywhere land in the fields that include/uapi/linux/tcp.h has at these offsets."""
    data = bytes(range(250)) + bytes(range(30))
    found = TcpInfo.decode(data)
    assert found.state == data[0]
    assert found.rto == struct.unpack_from("=I", data, 8)[0]
    assert found.snd_cwnd == struct.unpack_from("=I", data, 80)[0]
    assert found.bytes_acked == struct.unpack_from("=Q", data, 120)[0]
    assert found.notsent_bytes == struct.unpack_from("=I", data, 144)[0]
    assert found.busy_time == struct.unpack_from("=Q", data, 168)[0]
    assert found.bytes_sent == struct.unpack_from("=Q", data, 200)[0]
    assert found.snd_wnd == struct.unpack_from("=I", data, 228)[0]
    assert found.total_rto == struct.unpack_from("=H", data, 240)[0]
    assert found.accecn_opt_seen == struct.unpack_from("=H", data, 278)[0]


@pytest.mark.parametrize(
    ("length", "last", "missing"),
    [
        (104, "total_retrans", "pacing_rate"),
        (192, "sndbuf_limited", "delivered"),
        (232, "snd_wnd", "rcv_wnd"),
        (248, "total_rto_time", "received_ce"),
        (280, "accecn_opt_seen", None),
    ],
)
def test_decode_older_kernel(length: int, last: str, missing: str | None) -> None:
    found = TcpInfo.decode(bytes(length))
    assert getattr(found, last) == 0
    assert missing is None or getattr(found, missing) is None


def test_decode_newer_kernel() -> None:
    assert TcpInfo.decode(bytes(LONGEST) + b"\xff" * 16) == TcpInfo.decode(bytes(LONGEST))


def test_decode_cut_within_a_field() -> None:
    assert TcpInfo.decode(b"\x01" * 11).rto is None


def test_decode_nothing() -> None:
    assert TcpInfo.decode(b"") == TcpInfo()


def test_wscale_of_both_directions() -> None:
    found = TcpInfo.decode(struct.pack("=6xB", 0x7A))
    assert {found.snd_wscale, found.rcv_wscale} == {0x7, 0xA}


def test_wscale_missing() -> None:
    assert (TcpInfo().snd_wscale, TcpInfo().rcv_wscale) == (None, None)


def test_as_dict_has_scales_for_the_byte() -> None:
    view = TcpInfo.decode(bytes(104)).as_dict()
    assert (view["snd_wscale"], view["rcv_wscale"], view["rtt"], view["snd_wnd"]) == (0, 0, 0, None)
    assert "wscales" not in view


def test_last_ages_are_the_four_ages() -> None:
    data = bytearray(LONGEST)
    data[tcp_info.LAST_AGES] = struct.pack("=4I", 1, 2, 3, 4)
    found = TcpInfo.decode(data)
    assert (found.last_data_sent, found.last_ack_sent, found.last_data_recv, found.last_ack_recv) == (1, 2, 3, 4)
