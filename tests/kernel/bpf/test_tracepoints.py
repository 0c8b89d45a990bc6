"""What happens to sockets, by records as the programs write them, and by real connections."""

import os
import socket
import time
from collections import defaultdict
from collections.abc import Iterator

import pytest

from tcpwatch.errors import SourceError
from tcpwatch.kernel.bpf import tracepoints
from tcpwatch.kernel.bpf.loader import read_btf
from tcpwatch.kernel.bpf.programs import EVENT_RECORD
from tcpwatch.kernel.bpf.tracepoints import KINDS_BY_MARK, TracepointEvents
from tcpwatch.kernel.events import SocketEvent, decode_events
from tcpwatch.sockets.row import Owner
from tcpwatch.sockets.timeline import OccurrenceKind
from tcpwatch.tcp.state import State
from tests.kernel.bpf.allowed import needs_bpf
from tests.kernel.real_sockets import RealSockets, abort

ESTABLISHED, SYN_SENT, SYN_RECV, CLOSE, LISTEN = 1, 2, 3, 7, 10
V4_MAPPED = bytes(10) + b"\xff\xff"
ENDS = bytes.fromhex("7f000001 7f000002 270f c350")


def event(
    old: int = ESTABLISHED,
    new: int = CLOSE,
    *,
    family: int = 2,
    local: bytes = b"\x7f\0\0\1",
    remote: bytes = b"\x7f\0\0\2",
    num: int = 0,
    bound: bytes = b"\x27\x0f",
    kind: OccurrenceKind = OccurrenceKind.STATE,
) -> bytes:
    ends = (local, remote, family, num, bound, b"\xc3\x50")
    return EVENT_RECORD.pack(
        5, 7, *ends, KINDS_BY_MARK.index(kind), old, new, 9_000_000_000, b"java".ljust(16, b"\0"), 4242
    )


class Ring:
    """A ring of records that are there already."""

    lost = 3

    def __init__(self, *records: bytes) -> None:
        self.records = list(records)

    def read(self) -> list[bytes]:
        return self.records


def read(*records: bytes) -> list[SocketEvent]:
    return decode_events(TracepointEvents(Ring(*records)).read())


def test_change_of_state() -> None:
    """A socket that is closed has no port any more, but the one that it was bound to."""
    assert read(event()) == [SocketEvent(5, 7, ENDS, OccurrenceKind.STATE, State.ESTABLISHED, State.CLOSED)]


def test_event_has_its_cookie_before_decoding() -> None:
    [(cookie, record, decode)] = TracepointEvents(Ring(event())).read()
    assert cookie == 7
    assert decode(record) == decode(record)


def test_change_of_a_socket_without_a_bound_port() -> None:
    assert read(event(bound=bytes(2), num=9999))[0].ends == ENDS


@pytest.mark.parametrize("kind", list(OccurrenceKind)[1:])
def test_happening_without_states(kind: OccurrenceKind) -> None:
    assert read(event(0, 0, kind=kind)) == [SocketEvent(5, 7, ENDS, kind, None, None)]


def test_change_over_ipv6() -> None:
    [found] = read(event(family=10, local=b"a" * 16, remote=b"b" * 16))
    assert found.ends == b"a" * 16 + b"b" * 16 + ENDS[-4:]


def test_change_of_ipv4_on_an_ipv6_socket() -> None:
    [found] = read(event(family=10, local=V4_MAPPED + b"\x7f\0\0\1", remote=V4_MAPPED + b"\x7f\0\0\2"))
    assert found.ends == ENDS


def test_change_under_the_listeners_cookie_is_left_out() -> None:
    assert read(event(LISTEN, SYN_RECV)) == []


def test_change_that_the_program_made_names_it() -> None:
    [found] = read(event(CLOSE, SYN_SENT))
    assert found.owner == Owner(4242, 900, "java", None, gone=True)


def test_change_by_a_segment_has_no_owner() -> None:
    """Whose process ran when it came says nothing."""
    [found] = read(event(SYN_SENT, ESTABLISHED))
    assert found.owner is None


def test_process_of_another_pid_namespace_is_not_named() -> None:
    [found] = decode_events(TracepointEvents(Ring(event(CLOSE, SYN_SENT)), names_processes=False).read())
    assert found.owner is None


def test_lost_is_the_rings() -> None:
    assert TracepointEvents(Ring()).lost == 3


@pytest.fixture
def watched() -> Iterator[TracepointEvents]:
    watching = TracepointEvents.open(read_btf())
    yield watching
    watching.close()


INITIATOR = [State.CLOSED, State.SYN_SENT, State.ESTABLISHED, State.FIN_WAIT_1, State.FIN_WAIT_2, State.CLOSED]
RESPONDER = [State.SYN_RECEIVED, State.ESTABLISHED, State.CLOSE_WAIT, State.LAST_ACK, State.CLOSED]


@needs_bpf
@pytest.mark.e2e
def test_every_state_of_2000_short_connections(watched: TracepointEvents) -> None:
    courses: dict[int, list[State | None]] = defaultdict(list)
    with RealSockets() as real:
        listening = real.listener(backlog=64)
        port = listening.getsockname()[1].to_bytes(2)
        for number in range(2000):
            connecting = socket.create_connection(listening.getsockname())
            accepted, _ = listening.accept()
            connecting.close()
            accepted.close()
            if number % 500 == 499:
                note(watched, port, courses)
    assert watched.lost == 0
    assert sorted(courses.values()) == sorted([INITIATOR] * 2000 + [RESPONDER] * 2000)


def note(watched: TracepointEvents, port: bytes, courses: dict[int, list[State | None]]) -> None:
    """Add what happened at a port to the courses of the sockets, by cookie."""
    for happened in decode_events(watched.read()):
        if port in (happened.ends[-4:-2], happened.ends[-2:]) and State.LISTEN not in (happened.old, happened.new):
            course = courses[happened.cookie]
            assert course[-1:] in ([], [happened.old])
            course += [happened.new] if course else [happened.old, happened.new]


@needs_bpf
@pytest.mark.e2e
def test_reset_is_seen_at_both_ends(watched: TracepointEvents) -> None:
    with RealSockets() as real:
        connecting, _ = real.pair(real.listener())
        port = connecting.getsockname()[1].to_bytes(2)
        abort(connecting)
        found = decode_events(watched.read())
    assert [happened.kind for happened in found if happened.ends[-4:-2] == port and not happened.new] == [
        OccurrenceKind.RESET_SENT
    ]
    assert [happened.kind for happened in found if happened.ends[-2:] == port and not happened.new] == [
        OccurrenceKind.RESET_RECEIVED
    ]


@needs_bpf
@pytest.mark.e2e
def test_retransmission_is_seen(watched: TracepointEvents) -> None:
    with RealSockets() as real:
        connecting, accepted = real.pair(real.listener())
        port = connecting.getsockname()[1].to_bytes(2)
        real.deafen(accepted)
        connecting.send(b"lost")
        for _ in range(100):
            found = [
                happened for happened in decode_events(watched.read()) if happened.kind is OccurrenceKind.RETRANSMISSION
            ]
            if any(happened.ends[-4:-2] == port for happened in found):
                return
            time.sleep(0.02)  # the kernel waits 200 ms at least
    pytest.fail("no retransmission was told of")


@needs_bpf
@pytest.mark.e2e
def test_records_beyond_the_ring_size_are_counted() -> None:
    watching = TracepointEvents.open(read_btf(), size=4096)
    with RealSockets() as real:
        listening = real.listener()
        for _ in range(50):
            real.pair(listening)
        found = len(watching.read())
        assert found <= 4096 // 104
        assert watching.lost > 0
        real.pair(listening)
        assert watching.read()  # there is room again
    watching.close()


@needs_bpf
@pytest.mark.e2e
def test_refusal_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise SourceError("refused")

    btf, before = read_btf(), os.listdir("/proc/self/fd")
    monkeypatch.setattr(tracepoints, "load_tracepoint", refuse)
    with pytest.raises(SourceError, match="refused"):
        TracepointEvents.open(btf)
    assert os.listdir("/proc/self/fd") == before
