"""Relative TCBs from counters as Linux keeps them in each situation."""

from dataclasses import fields, replace
from struct import pack

import pytest

from tcpwatch.sockets import kernel_tcb
from tcpwatch.sockets.kernel_tcb import anchored, relative_tcb, tcb_of
from tcpwatch.sockets.row import SocketRow
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tcb import Source, Tcb
from tests.diagnose.kernel_record import Record


def encode(info: TcpInfo, length: int = 280) -> bytes:
    widths = "=" + "".join(entry.metadata["width"] for entry in fields(TcpInfo))
    return pack(widths, *(getattr(info, entry.name) or 0 for entry in fields(TcpInfo)))[:length]


def row(
    state: State = State.ESTABLISHED, *, recv_q: int = 0, send_q: int = 0, length: int = 280, **counters: int
) -> SocketRow:
    info = TcpInfo(**{"snd_wnd": 65_536, "rcv_wnd": 32_768, "snd_mss": 1448, "wscales": 0x77} | counters)
    return SocketRow(1, bytes(12), False, state, 0, 5, recv_q, send_q, info_bytes=encode(info, length))


def tcb(*arguments: State, **fields: int) -> Tcb:
    found = relative_tcb(row(*arguments, **fields))
    assert found is not None
    return found


def test_relative_initiator_after_the_handshake() -> None:
    """Its SYN is counted in bytes_acked."""
    assert tcb(bytes_acked=1) == Tcb(
        source=Source.RELATIVE,
        snd_una=1,
        snd_nxt=1,
        snd_wnd=65_536,
        snd_wscale=7,
        rcv_nxt=1,
        rcv_wnd=32_768,
        rcv_wscale=7,
        write_seq=1,
        copied_seq=1,
        mss=1448,
        initiated=True,
    )


def test_relative_responder_after_the_handshake() -> None:
    found = tcb(bytes_acked=0)
    assert (found.snd_una, found.snd_nxt, found.initiated) == (1, 1, False)


@pytest.mark.parametrize("initiated", [True, False])
def test_relative_data_acknowledged(initiated: bool) -> None:
    found = tcb(bytes_acked=100 + initiated, bytes_sent=100)
    assert (found.snd_una, found.snd_nxt, found.initiated) == (101, 101, initiated)


def test_relative_in_flight_and_unsent() -> None:
    found = tcb(send_q=50, notsent_bytes=30, bytes_sent=120, bytes_acked=101)
    assert (found.snd_una, found.snd_nxt, found.write_seq, found.initiated) == (102 - 1, 121, 151, True)


def test_relative_retransmitted() -> None:
    """What went out twice is in bytes_sent twice."""
    found = tcb(send_q=20, bytes_sent=60, bytes_retrans=40)
    assert (found.snd_una, found.snd_nxt, found.initiated) == (1, 21, False)


def test_relative_unread() -> None:
    found = tcb(State.CLOSE_WAIT, recv_q=7, bytes_received=7)
    assert (found.rcv_nxt, found.copied_seq) == (8, 1)


@pytest.mark.parametrize("initiated", [True, False])
def test_relative_fin_in_flight(initiated: bool) -> None:
    found = tcb(State.FIN_WAIT_1, send_q=1, bytes_acked=int(initiated))
    assert (found.snd_una, found.snd_nxt, found.initiated) == (1, 2, initiated)


def test_relative_fin_acknowledged() -> None:
    found = tcb(State.FIN_WAIT_2, bytes_acked=1)
    assert (found.snd_una, found.snd_nxt, found.initiated) == (2, 2, False)


def test_relative_fin_not_sent_yet() -> None:
    """Behind data that the window keeps back, the FIN is in the queue and on no wire."""
    found = tcb(State.LAST_ACK, send_q=11, notsent_bytes=11)
    assert (found.snd_una, found.snd_nxt, found.write_seq, found.initiated) == (1, 1, 12, False)


def test_relative_syn_sent() -> None:
    found = tcb(State.SYN_SENT, send_q=1)
    assert (found.snd_una, found.snd_nxt, found.rcv_nxt, found.copied_seq) == (0, 1, None, None)
    assert (found.snd_wnd, found.snd_wscale, found.rcv_wscale, found.initiated) == (None, None, None, True)


def test_relative_kernel_without_bytes_sent() -> None:
    """Before Linux 4.19 the initiator's SYN cannot be told from data."""
    found = tcb(length=192, bytes_acked=1, bytes_received=4)
    assert (found.snd_una, found.snd_nxt, found.write_seq, found.initiated) == (None, None, None, None)
    assert (found.rcv_nxt, found.copied_seq, found.mss) == (5, 5, 1448)


@pytest.mark.parametrize("state", [State.SYN_RECEIVED, State.TIME_WAIT])
def test_relative_without_info(state: State) -> None:
    assert relative_tcb(replace(row(state), info_bytes=b"")) is None


def test_relative_listener() -> None:
    assert relative_tcb(row(State.LISTEN)) is None


def test_anchored_numbers() -> None:
    found = anchored(tcb(bytes_acked=101, bytes_sent=120, send_q=20, bytes_received=9, recv_q=4), iss=1000, irs=5000)
    assert found.source is Source.DERIVED
    assert (found.iss, found.snd_una, found.snd_nxt, found.write_seq) == (1000, 1101, 1121, 1121)
    assert (found.irs, found.rcv_nxt, found.copied_seq) == (5000, 5010, 5006)


def test_anchored_wraps() -> None:
    found = anchored(tcb(bytes_acked=6, bytes_sent=5), iss=0xFFFF_FFFE, irs=0xFFFF_FFFF)
    assert (found.snd_una, found.rcv_nxt) == (4, 0)


def test_anchored_leaves_unknown_unknown() -> None:
    found = anchored(tcb(State.SYN_SENT, send_q=1), iss=1000, irs=5000)
    assert (found.snd_nxt, found.rcv_nxt) == (1001, None)


def test_anchored_leaves_the_kernels_own_numbers() -> None:
    own = Tcb(source=Source.KERNEL, iss=7, snd_una=9)
    assert anchored(own, iss=1000, irs=5000) is own


def test_tcb_of_a_row_without_record_is_relative() -> None:
    acked = row(bytes_acked=1)
    assert tcb_of(acked) == relative_tcb(acked)


def test_tcb_has_every_row_of_the_table_that_the_record_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_tcb, "_OTHERS", ("snd_up", "rcv_up"))
    record = Record({"snd_up": 7_000}, info=None, tcb=Tcb(Source.KERNEL, snd_una=5_000), lacking="rcv_up")
    found = tcb_of(replace(row(), record=record))
    assert found is not None
    assert [found.variable(name) for name in ("snd_una", "snd_up", "rcv_up")] == [5_000, 7_000, None]
