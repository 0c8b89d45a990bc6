"""Mishaps, by records as the programs write them, and by real connections."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tcpwatch.errors import SourceError
from tcpwatch.kernel.bpf import mishaps
from tcpwatch.kernel.bpf.loader import read_btf
from tcpwatch.kernel.bpf.mishap_programs import KINDS_BY_MARK, MISHAP_RECORD, NO_REASON, Place
from tcpwatch.kernel.bpf.mishaps import NEWEST, NO_REASON_FOR_RESETS, TRACEPOINTS, TracepointMishaps, Words
from tcpwatch.kernel.mishaps import NO_READING
from tcpwatch.sockets.mishaps import Cause, Mishap, MishapKind, ResetSent, SegmentDropped, SocketError
from tcpwatch.tcp.state import State
from tests.kernel.bpf.allowed import needs_bpf, needs_reasons
from tests.kernel.bpf.kernel_types import Types, made_up_kernel
from tests.kernel.real_sockets import RealSockets, abort

HERE, THERE = b"\x7f\0\0\1", b"\x7f\0\0\2"
ENDS, WIRE_ENDS = HERE + THERE + b"\x1f\x90\xc3\x50", THERE + HERE + b"\xc3\x50\x1f\x90"
WORDS = Words({11: "TCP_ABORT_ON_CLOSE", 1: "NO_SOCKET"}, {12: "NETFILTER_DROP"})
ESTABLISHED, CLOSE, LISTEN = 1, 7, 10


def record(kind: MishapKind, place: Place = Place.SOCKET, ends: bytes = ENDS, **values: int) -> bytes:
    """A record of a socket, or of a segment with these ends."""
    mark, local = KINDS_BY_MARK.index(kind), ends[10:] if place is Place.RECEIVED else ends[8:10]
    get = values.get
    return MISHAP_RECORD.pack(
        *(5, get("cookie", 0), ends[:4], ends[4:8], get("family", 2), get("num", 0), ends[8:10], ends[10:], mark),
        *(place, local, get("reason", 0), get("state", 0), get("flags", 0), get("error", 0), get("soft", 0)),
        *(get("tail", 40), get("transport", 20), get("location", 0)),
    )


class Ring:
    lost = 3

    def __init__(self, *records: bytes) -> None:
        self.records = list(records)

    def read(self) -> list[bytes]:
        return self.records


class Symbols:
    def find(self, addresses: set[int]) -> dict[int, str | None]:
        return {address: f"function_{address}" for address in addresses}


def source(*records: bytes) -> TracepointMishaps:
    return TracepointMishaps(Ring(*records), WORDS, Symbols())  # type: ignore[arg-type]


def read(*records: bytes) -> tuple[Mishap, ...]:
    return source(*records).read().newest


def test_active_reset() -> None:
    assert read(record(MishapKind.RESET_SENT, cookie=7, state=CLOSE, reason=11)) == (
        ResetSent(5, ENDS, 7, State.CLOSED, "TCP_ABORT_ON_CLOSE"),
    )


def test_reset_that_answers_has_the_local_end_first() -> None:
    assert read(record(MishapKind.RESET_SENT, Place.RECEIVED, WIRE_ENDS, reason=1, flags=2)) == (
        ResetSent(5, ENDS, None, None, "NO_SOCKET", answered_flags=2),
    )


def test_reset_without_a_reason() -> None:
    [found] = read(record(MishapKind.RESET_SENT, cookie=7, reason=NO_REASON))
    assert isinstance(found, ResetSent)
    assert found.reason is None


def test_reason_that_has_no_word() -> None:
    [found] = read(record(MishapKind.DROPPED, Place.SENT, reason=131073))
    assert isinstance(found, SegmentDropped)
    assert found.reason == "131073"


def test_error() -> None:
    assert read(record(MishapKind.ERROR, cookie=7, state=CLOSE, reason=104, error=104, soft=113)) == (
        SocketError(5, ENDS, 7, State.CLOSED, 104, 113),
    )


def test_port_that_only_the_hash_table_has() -> None:
    [found] = read(record(MishapKind.ERROR, ends=HERE + THERE + b"\0\0\xc3\x50", num=8080, cookie=7, error=111))
    assert found.ends == ENDS


@pytest.mark.parametrize("place", [Place.RECEIVED, Place.SENT])
def test_dropped_segment(place: Place) -> None:
    dropped = record(MishapKind.DROPPED, place, reason=12, flags=16, location=77, cookie=9, state=LISTEN)
    assert read(dropped) == (
        SegmentDropped(
            5, ENDS, 9, State.LISTEN, "NETFILTER_DROP", 16, received=place is Place.RECEIVED, location="function_77"
        ),
    )


def test_header_beyond_what_was_read() -> None:
    assert read(record(MishapKind.DROPPED, Place.RECEIVED, tail=39)) == ()


def test_nothing_happened() -> None:
    assert source().read() == NO_READING


def test_counts_by_cause() -> None:
    drop = record(MishapKind.DROPPED, Place.RECEIVED, WIRE_ENDS, reason=12)
    reset = record(MishapKind.RESET_SENT, reason=11, cookie=7)
    assert source(drop, reset, drop).read().counts == {
        Cause(MishapKind.DROPPED, "NETFILTER_DROP", 8080): 2,
        Cause(MishapKind.RESET_SENT, "TCP_ABORT_ON_CLOSE", 8080): 1,
    }


def test_flood_is_counted_and_hides_no_other_reason() -> None:
    drop = record(MishapKind.DROPPED, Place.RECEIVED, WIRE_ENDS, reason=12)
    newest = record(MishapKind.ERROR, cookie=7, error=104, reason=104)
    found = source(newest, *[drop] * (NEWEST + 2)).read()
    assert sum(found.counts.values()) == NEWEST + 3
    assert (len(found.newest), found.left_out) == (NEWEST // 2 + 1, NEWEST // 2 + 2)
    assert any(isinstance(mishap, SocketError) for mishap in found.newest)


def test_lost_is_the_rings() -> None:
    assert source().lost == 3


def test_words_of_a_kernel() -> None:
    types = Types()
    types.enumeration("sk_rst_reason", {"SK_RST_REASON_NO_SOCKET": 1})
    types.enumeration("skb_drop_reason", {"SKB_CONSUMED": 1, "SKB_DROP_REASON_NO_SOCKET": 3})
    found = Words.of(mishaps.Btf(types.data(), ["sk_rst_reason", "skb_drop_reason"]))
    assert found == Words({1: "NO_SOCKET"}, {1: "CONSUMED", 3: "NO_SOCKET"})


def test_words_of_an_older_kernel() -> None:
    assert Words.of(made_up_kernel()) == Words({}, {})


@pytest.fixture
def watched() -> Iterator[TracepointMishaps]:
    watching = TracepointMishaps.open(read_btf())
    yield watching
    watching.close()


@needs_bpf
@pytest.mark.e2e
def test_reset_and_error_have_the_cookies_of_their_sockets(watched: TracepointMishaps) -> None:
    with RealSockets() as real:
        connecting, accepted = real.pair(real.listener())
        cookies = {end.getsockname(): cookie_of(end) for end in (connecting, accepted)}
        client, server = connecting.getsockname(), accepted.getsockname()
        abort(connecting)
        found = {type(mishap): mishap for mishap in watched.read().newest if mishap.cookie in cookies.values()}
    assert found[ResetSent].cookie == cookies[client]
    assert found[SocketError].cookie == cookies[server]


def cookie_of(opened: socket.socket) -> int:
    return int.from_bytes(opened.getsockopt(socket.SOL_SOCKET, 57, 8), sys.byteorder)  # SO_COOKIE


def refused(count: int) -> int:
    """Connect this often to a port that nobody listens on; returns it."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        for _ in range(count):
            with suppress(ConnectionRefusedError):
                socket.create_connection(unused.getsockname())
        return int(unused.getsockname()[1])


@needs_reasons
@pytest.mark.e2e
def test_drops_of_other_ports_are_left_out_by_the_kernel() -> None:
    watching = TracepointMishaps.open(read_btf(), ports=[1])
    port = refused(1)
    kinds = {cause.kind for cause in watching.read().counts if cause.port == port}
    watching.close()
    assert kinds == {MishapKind.RESET_SENT}


@needs_bpf
@pytest.mark.e2e
def test_records_beyond_the_ring_size_are_counted() -> None:
    watching = TracepointMishaps.open(read_btf(), size=4096)
    refused(50)
    assert sum(watching.read().counts.values()) <= 4096 // MISHAP_RECORD.size
    assert watching.lost > 0
    watching.close()


@needs_reasons
@pytest.mark.e2e
def test_other_namespaces_are_watched_only_if_asked_for(watched: TracepointMishaps) -> None:
    everywhere = TracepointMishaps.open(read_btf(), everywhere=True)
    elsewhere = "ip link set lo up; exec python3 -c \"import socket; socket.socket().connect_ex(('127.0.0.1', 40404))\""
    subprocess.run(["unshare", "-n", "sh", "-c", elsewhere], check=True)
    ports = [{cause.port for cause in watching.read().counts} for watching in (watched, everywhere)]
    everywhere.close()
    assert [40404 in hit for hit in ports] == [False, True]


UNPRIVILEGED = """
import socket
from tcpwatch.kernel.source import open_kernel
from tcpwatch.system.privileges import drop_privileges
from tcpwatch.system.sandbox import enter_sandbox

watching = open_kernel().mishaps
drop_privileges()
enter_sandbox(False)
with socket.socket() as unused:
    unused.bind(("127.0.0.1", 0))
    socket.socket().connect_ex(unused.getsockname())
    port = unused.getsockname()[1]
for mishap in watching.read().newest:
    if port.to_bytes(2) in (mishap.ends[-4:-2], mishap.ends[-2:]):
        print(type(mishap).__name__, getattr(mishap, "reason", ""), getattr(mishap, "location", ""))
"""


@needs_reasons
@pytest.mark.e2e
def test_reading_takes_no_privilege() -> None:
    done = subprocess.run([sys.executable, "-c", UNPRIVILEGED], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines() == [
        "ResetSent NO_SOCKET ",
        "SegmentDropped NO_SOCKET tcp_v4_rcv",
        "SocketError  ",
    ], done.stderr


@needs_reasons
@pytest.mark.e2e
def test_refusal_of_one_program_leaves_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    load = mishaps.load_tracepoint

    def refuse_drops(code: bytes, btf: mishaps.Btf, name: str) -> int:
        if name == TRACEPOINTS[MishapKind.DROPPED]:
            raise SourceError("no drops")
        return load(code, btf, name)

    monkeypatch.setattr(mishaps, "load_tracepoint", refuse_drops)
    watching = TracepointMishaps.open(read_btf())
    port = refused(1)
    kinds = {cause.kind for cause in watching.read().counts if cause.port == port}
    watching.close()
    assert watching.unavailable == {MishapKind.DROPPED: "no drops"}
    assert kinds == {MishapKind.RESET_SENT}


@needs_bpf
@pytest.mark.e2e
def test_refusal_of_all_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise SourceError("refused")

    btf, before = read_btf(), os.listdir("/proc/self/fd")
    monkeypatch.setattr(mishaps, "load_tracepoint", refuse)
    with pytest.raises(SourceError, match="refused"):
        TracepointMishaps.open(btf)
    assert os.listdir("/proc/self/fd") == before


@needs_reasons
@pytest.mark.e2e
def test_kernel_that_gives_no_reason_for_resets_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mishaps.Btf, "arguments", lambda self, tracepoint: 2)
    watching = TracepointMishaps.open(read_btf())
    port = refused(1)
    found = [mishap for mishap in watching.read().newest if mishap.ends[-4:-2] == port.to_bytes(2)]
    watching.close()
    assert watching.partly == {MishapKind.RESET_SENT: NO_REASON_FOR_RESETS}
    assert watching.unavailable.keys() == {MishapKind.DROPPED}
    assert [getattr(mishap, "reason", "") for mishap in found] == [None]
