"""What the program asked of a socket, from the kernel's record."""

import socket
import struct
from collections.abc import Callable

import pytest

from tcpwatch.kernel.bpf.fields import Shape
from tcpwatch.kernel.bpf.loader import read_btf
from tcpwatch.kernel.bpf.tcp_iterator import BpfSockets
from tcpwatch.sockets.fields import OPTION_ROWS, SocketOptions
from tcpwatch.sockets.options import options_of
from tests.builders import row
from tests.kernel.bpf.allowed import needs_bpf
from tests.kernel.bpf.records import HZ, record

TCP = socket.IPPROTO_TCP
Setting = Callable[[socket.socket], None]


def options(lacking: str = "", **fields: int) -> SocketOptions:
    found = options_of(row(record=record(lacking=lacking, **fields)))
    assert found is not None
    return found


def test_options_of_a_socket_without_a_record() -> None:
    assert options_of(row()) is None


@pytest.mark.parametrize("shape", [Shape.TIME_WAIT, Shape.REQUEST])
def test_options_of_what_is_no_full_socket(shape: Shape) -> None:
    assert options_of(row(record=record(shape))) is None


def test_options_that_nobody_set_are_off_and_zero() -> None:
    assert {getattr(options(), entry.name) for entry in OPTION_ROWS} == {0}


def test_options_that_this_kernel_lacks() -> None:
    found = options(lacking="nonagle notsent_lowat skc_reuseport linger2")
    assert (found.nodelay, found.cork, found.notsent_lowat, found.reuseport, found.linger2_ms) == (None,) * 5


def test_linger_time_counts_only_while_it_is_on() -> None:
    assert options(sk_lingertime=5 * HZ).linger_ms == 0
    assert options(sk_lingertime=5 * HZ, skc_flags=1 << 4).linger_ms == 5_000


def test_linger2_that_is_negative() -> None:
    assert options(linger2=0xFFFF_FFFF).linger2_ms == -1


def set_option(level: int, name: int, value: int | bytes) -> Setting:
    return lambda one: one.setsockopt(level, name, value)


@needs_bpf
@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        (set_option(TCP, socket.TCP_NODELAY, 1), {"nodelay": True, "cork": False}),
        (set_option(TCP, socket.TCP_CORK, 1), {"nodelay": False, "cork": True}),
        (set_option(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), {"keepalive": True}),
        (set_option(TCP, socket.TCP_KEEPIDLE, 7), {"keepalive": False, "keepalive_idle_ms": 7_000}),
        (set_option(TCP, socket.TCP_KEEPINTVL, 2), {"keepalive_intvl_ms": 2_000}),
        (set_option(TCP, socket.TCP_KEEPCNT, 4), {"keepalive_probes": 4}),
        (set_option(TCP, socket.TCP_USER_TIMEOUT, 1_234), {"user_timeout_ms": 1_234}),
        (set_option(TCP, socket.TCP_DEFER_ACCEPT, 5), {"defer_accept": 3}),
        (
            set_option(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)),
            {"linger": True, "linger_ms": 0},
        ),
        (
            set_option(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 5)),
            {"linger": True, "linger_ms": 5_000},
        ),
        (set_option(TCP, socket.TCP_LINGER2, -1), {"linger2_ms": -1}),
        (set_option(TCP, socket.TCP_NOTSENT_LOWAT, 16_384), {"notsent_lowat": 16_384}),
        (set_option(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 100), {"rcvlowat": 100}),
        (set_option(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1), {"reuseaddr": True, "reuseport": False}),
        (set_option(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1), {"reuseaddr": False, "reuseport": True}),
    ],
)
def test_options_of_a_real_listener(setting: Setting, expected: dict[str, int]) -> None:
    sockets = BpfSockets.open(read_btf())
    try:
        with socket.socket() as listening:
            setting(listening)
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            port = listening.getsockname()[1]
            [found] = [each for each in sockets.dump() if each.local.port == port]
    finally:
        sockets.close()
    told = options_of(found)
    assert {name: getattr(told, name) for name in expected} == expected
