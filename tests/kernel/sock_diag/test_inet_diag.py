import struct
from ipaddress import ip_address

import pytest

from tcpwatch.kernel.sock_diag import inet_diag
from tcpwatch.kernel.sock_diag.attributes import INET_DIAG_SKMEMINFO, Attributes
from tcpwatch.sockets.row import Backlog, SocketRow, Timer, TimerKind
from tcpwatch.tcp.state import State
from tests.kernel.records import (
    BOUND_INACTIVE,
    LISTEN,
    MARK,
    MEMORY,
    NEW_SYN_RECV,
    SHUTDOWN,
    SYN_RECV,
    TIME_WAIT,
    attribute,
    info,
    record,
)

NOW_NS = 5_000_000_000
NO_SUCH_INTERFACE = 2**31 - 1


def decode(message: bytes) -> SocketRow | None:
    return inet_diag.decode(message, inet_diag.info_span(message), NOW_NS)


def row(*arguments, **fields) -> SocketRow:
    decoded = decode(record(*arguments, **fields))
    assert decoded is not None
    return decoded


def test_row_established() -> None:
    assert row(cookie=7, rqueue=3, wqueue=5, uid=33, inode=99, interface=NO_SUCH_INTERFACE) == SocketRow(
        cookie=7,
        ends=bytes([127, 0, 0, 1, 127, 0, 0, 2]) + (9999).to_bytes(2) + (50_000).to_bytes(2),
        mapped=False,
        state=State.ESTABLISHED,
        uid=33,
        inode=99,
        recv_q=3,
        send_q=5,
        interface=NO_SUCH_INTERFACE,
        attributes=Attributes(b""),
        read_ns=NOW_NS,
    )


def test_ends_ipv6() -> None:
    found = row(local="2001:db8::1", remote="2001:db8::2", ports=(443, 50_000))
    assert str(found.local) == "[2001:db8::1]:443"
    assert str(found.remote) == "[2001:db8::2]:50000"
    assert not found.mapped


def test_ends_mapped() -> None:
    found = row(local="::ffff:127.0.0.1", remote="::ffff:127.0.0.2")
    assert found.ends == row().ends
    assert found.mapped


def test_ends_mapped_listener() -> None:
    found = row(LISTEN, local="::ffff:127.0.0.1", remote="::", ports=(9999, 0))
    assert found.ends[:8] == ip_address("127.0.0.1").packed + bytes(4)


def test_backlog_listener() -> None:
    found = row(LISTEN, rqueue=2, wqueue=128)
    assert found.backlog == Backlog(queued=2, limit=128)
    assert (found.recv_q, found.send_q) == (None, None)


def test_backlog_drops() -> None:
    found = row(LISTEN, attributes=[(INET_DIAG_SKMEMINFO, MEMORY)])
    assert found.backlog == Backlog(queued=0, limit=0, drops=108)


@pytest.mark.parametrize(("number", "kind"), inet_diag.TIMER_BY_NUMBER.items())
def test_timer_runs(number: int, kind: TimerKind) -> None:
    assert row(timer=number, expires=1200, retransmits=3).timer == Timer(kind, 1200, 3, NOW_NS)


def test_timer_unknown_number() -> None:
    assert row(timer=9, expires=1200).timer is None


@pytest.mark.parametrize("number", [SYN_RECV, NEW_SYN_RECV])
def test_state_half_open(number: int) -> None:
    assert row(number).state is State.SYN_RECEIVED


@pytest.mark.parametrize("number", [0, BOUND_INACTIVE, 200])
def test_state_without_a_word(number: int) -> None:
    assert decode(record(number)) is None


def test_uid_of_no_program() -> None:
    assert row(TIME_WAIT, uid=0, inode=0).uid is None
    assert row(uid=0, inode=5).uid == 0
    assert row(uid=33, inode=0).uid == 33


def test_info_behind_other_attributes() -> None:
    kind, value = info(snd_cwnd=44)
    assert row(attributes=[(SHUTDOWN, b"\x03"), (MARK, bytes(4)), (kind, value)]).info_bytes == value


def test_info_absent() -> None:
    assert row(attributes=[(SHUTDOWN, b"\x03")]).info_bytes == b""


@pytest.mark.parametrize("length", [0, 3, 400])
def test_info_attribute_of_impossible_length(length: int) -> None:
    broken = struct.pack("=H", length) + attribute(SHUTDOWN, b"\x03")[2:] + attribute(*info())
    assert inet_diag.info_span(record() + broken) == slice(len(record() + broken), len(record() + broken))


def test_attributes_beside_info() -> None:
    """They stay as they came, what stands before it and what behind."""
    before, behind = attribute(SHUTDOWN, b"\x03"), attribute(MARK, bytes(4))
    assert row(attributes=[(SHUTDOWN, b"\x03"), info(), (MARK, bytes(4))]).attributes == Attributes(before + behind)
    assert row(attributes=[(SHUTDOWN, b"\x03")]).extensions.shutdown == 3


def test_dump_request_asks_for_all_states_and_extensions() -> None:
    request = inet_diag.dump_request(2, 9)
    assert inet_diag.HEADER.unpack_from(request) == (72, 20, 0x301, 9, 0)
    assert request[16:24] == struct.pack("=BBBxI", 2, 6, 0b100_1110, 0b1_1111_1111_1110)
