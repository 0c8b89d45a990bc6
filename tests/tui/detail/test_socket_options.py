"""A socket's memory and settings in sentences."""

from dataclasses import replace

import pytest

from tcpwatch.monitor.snapshot import Detail
from tcpwatch.sockets.extras import Extensions, Memory
from tcpwatch.tcp.state import State
from tcpwatch.tui.detail.sentence import Sentence
from tcpwatch.tui.detail.socket_options import set_up
from tests.builders import Told
from tests.diagnose.kernel_record import Record
from tests.tui.canned import connection, server_end

MEMORY = Memory(rmem_alloc=832, rcvbuf=131_072, wmem_queued=0, sndbuf=87_040, drops=0)


def sentences(extensions: Extensions, state: State = State.ESTABLISHED, cgroup: str | None = None) -> list[Sentence]:
    one = connection(1, server_end(1), state, 5, attributes=Told(extensions))
    return list(set_up(Detail(one.row.ends, one, None, (), (), None, None, None, (), cgroup=cgroup)))


def test_memory() -> None:
    [sentence] = sentences(Extensions(memory=MEMORY))
    assert (sentence.about, sentence.words(), sentence.style) == (
        "memory",
        "receive buffer 832 of 131 072 bytes · send buffer 0 of 87 040",
        "",
    )


def test_memory_that_dropped_segments() -> None:
    [sentence] = sentences(Extensions(memory=replace(MEMORY, drops=2)))
    assert sentence.words().endswith(" · 2 segments dropped")


@pytest.mark.parametrize("full", [{"rmem_alloc": 131_072}, {"wmem_queued": 90_000}])
def test_memory_that_is_full_is_marked(full: dict[str, int]) -> None:
    [sentence] = sentences(Extensions(memory=replace(MEMORY, **full)))
    assert sentence.style == "caution"


def test_memory_that_is_not_known() -> None:
    [sentence] = sentences(Extensions(memory=Memory(rcvbuf=9)))
    assert (sentence.about, sentence.words(), sentence.style) == (
        "memory",
        "receive buffer – of 9 bytes · send buffer – of –",
        "",
    )


def test_memory_of_a_listener_is_of_no_interest() -> None:
    assert sentences(Extensions(memory=MEMORY), State.LISTEN) == []


def test_settings() -> None:
    extensions = Extensions(congestion="bbr", shutdown=2, ulp="tls", v6only=True, mark=42)
    [sentence] = sentences(extensions, cgroup="/system.slice/nginx.service")
    assert sentence.about == "socket"
    assert sentence.words().split(" · ") == [
        "congestion control bbr",
        "sending is shut down",
        "upper layer tls",
        "IPv6 only",
        "mark 0x2a",
        "cgroup /system.slice/nginx.service",
    ]


@pytest.mark.parametrize(("bits", "message"), [(1, "receiving is shut down"), (3, "both directions are shut down")])
def test_shutdown(bits: int, message: str) -> None:
    [sentence] = sentences(Extensions(shutdown=bits))
    assert (sentence.about, sentence.words()) == ("socket", message)


def test_shutdown_by_a_bit_that_has_no_meaning_here() -> None:
    assert sentences(Extensions(shutdown=4)) == []


def test_what_is_ordinary_is_not_said() -> None:
    assert sentences(Extensions(shutdown=0, v6only=False, mark=0), cgroup="/") == []


def test_connection_without_a_socket() -> None:
    assert list(set_up(Detail(server_end(1), None, None, (), (), None, None, None, ()))) == []


def with_record(state: State = State.ESTABLISHED, **fields: int) -> list[str]:
    one = connection(1, server_end(1), state, 5, record=Record(fields, None))
    [sentence] = set_up(Detail(one.row.ends, one, None, (), (), None, None, None, ()))
    return sentence.words().split(" · ")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"nonagle": 3}, ["TCP_NODELAY", "TCP_CORK"]),
        ({"rskq_defer_accept": 3, "skc_reuseport": 1}, ["TCP_DEFER_ACCEPT", "SO_REUSEPORT"]),
        ({"skc_flags": 8}, ["SO_KEEPALIVE"]),
        (
            {"skc_flags": 8, "keepalive_time": 7_000, "keepalive_intvl": 2_000, "keepalive_probes": 3},
            ["SO_KEEPALIVE (after 7s, every 2s, 3 probes)"],
        ),
        ({"icsk_user_timeout": 500}, ["TCP_USER_TIMEOUT 500ms"]),
        ({"skc_flags": 16}, ["SO_LINGER 0, so close() sends RST"]),
        ({"skc_flags": 16, "sk_lingertime": 5_000}, ["SO_LINGER 5s"]),
        ({"linger2": 0xFFFF_FFFF}, ["TCP_LINGER2 -1"]),
        ({"linger2": 9_000}, ["TCP_LINGER2 9s"]),
        (
            {"notsent_lowat": 16_384, "sk_rcvlowat": 100},
            ["TCP_NOTSENT_LOWAT 16 384 bytes", "SO_RCVLOWAT 100 bytes"],
        ),
    ],
)
def test_options_that_the_program_has_set(fields: dict[str, int], words: list[str]) -> None:
    assert with_record(**fields) == words


def test_options_that_are_as_usual() -> None:
    one = connection(1, server_end(1), State.ESTABLISHED, 5, record=Record({"sk_rcvlowat": 1}, None))
    assert list(set_up(Detail(one.row.ends, one, None, (), (), None, None, None, ()))) == []
