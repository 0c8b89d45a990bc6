"""Records of the TCP iterator as rows, timers and TCBs."""

import pytest

from tcpwatch.kernel.bpf.fields import Shape
from tcpwatch.kernel.bpf.socket_record import socket_row
from tcpwatch.sockets.kernel_tcb import tcb_of
from tcpwatch.sockets.row import Backlog, SocketRow, Timer, TimerKind
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tcb import Source, Tcb
from tests.kernel.bpf.records import JIFFIES, LISTEN, NEW_SYN_RECV, NO_WORD, READ_NS, SYN_SENT, TIME_WAIT, record

SOON = JIFFIES + 50 & 0xFFFF_FFFF  # in 200 ms
NUMBERS = {"snd_una": 1001, "snd_nxt": 1001, "write_seq": 1001, "rcv_nxt": 5001, "copied_seq": 5001}


def row(*arguments: int, **values: int | bytes) -> SocketRow:
    found = socket_row(7, record(*arguments, **values))
    assert found is not None
    return found


def tcb(*arguments: int, **values: int) -> Tcb:
    found = tcb_of(row(*arguments, **values))
    assert found is not None
    return found


def test_row_of_a_connection() -> None:
    found = row(sk_uid=1000, sk_ino=4242, skc_bound_dev_if=3, **NUMBERS)
    assert (found.cookie, found.local, str(found.remote)) == (7, ("127.0.0.1", 9999), "127.0.0.2:50000")
    assert (found.state, found.uid, found.inode, found.interface) == (State.ESTABLISHED, 1000, 4242, 3)
    assert (found.recv_q, found.send_q, found.backlog, found.timer) == (0, 0, None, None)
    assert (found.mapped, found.read_ns, found.info_bytes) == (False, READ_NS, b"")


def test_row_over_ipv6() -> None:
    found = row(skc_family=10, skc_v6_rcv_saddr=bytes(15) + b"\1", skc_v6_daddr=bytes(15) + b"\2")
    assert (found.local.ip, found.remote.ip, found.mapped) == ("::1", "::2", False)


def test_row_of_ipv4_on_an_ipv6_socket() -> None:
    mapped = bytes(10) + b"\xff\xff"
    found = row(skc_family=10, skc_v6_rcv_saddr=mapped + b"\x7f\0\0\1", skc_v6_daddr=mapped + b"\x7f\0\0\2")
    assert (found.local.ip, found.remote.ip, found.mapped) == ("127.0.0.1", "127.0.0.2", True)


def test_row_of_a_state_without_a_word() -> None:
    assert socket_row(7, record(state=NO_WORD)) is None


@pytest.mark.parametrize(("uid", "inode", "known"), [(0, 0, None), (0, 9, 0), (5, 0, 5)])
def test_row_with_program_has_a_user(uid: int, inode: int, known: int | None) -> None:
    assert row(sk_uid=uid, sk_ino=inode).uid == known


def test_row_queues_across_the_end_of_sequence_space() -> None:
    found = row(snd_una=0xFFFF_FFF0, write_seq=16, copied_seq=0xFFFF_FFFF, rcv_nxt=1)
    assert (found.recv_q, found.send_q) == (2, 32)


def test_row_of_a_listener() -> None:
    found = row(Shape.FULL, LISTEN, sk_ack_backlog=3, sk_max_ack_backlog=128, qlen=2, sk_drops=7)
    assert (found.recv_q, found.send_q, found.backlog) == (None, None, Backlog(3, 128, half_open=2, drops=7))
    assert tcb_of(found) is None


@pytest.mark.parametrize(
    ("values", "kind", "retransmits"),
    [
        ({"icsk_pending": 1, "icsk_retransmits": 3}, TimerKind.RETRANSMIT, 3),
        ({"icsk_pending": 5}, TimerKind.LOSS_PROBE, 0),
        ({"icsk_pending": 6, "icsk_retransmits": 1}, TimerKind.RETRANSMIT, 1),
        ({"icsk_pending": 3, "icsk_probes_out": 2, "icsk_retransmits": 9}, TimerKind.PERSIST, 2),
    ],
)
def test_timer_of_retransmission(values: dict[str, int], kind: TimerKind, retransmits: int) -> None:
    running = {"keepalive_runs": 1, "ack_pending": 2}  # which fire later, or are taken along
    assert row(retransmit_expires=SOON, **values, **running).timer == Timer(kind, 200, retransmits, READ_NS)


def test_timer_of_a_delayed_ack() -> None:
    found = row(ack_pending=3, delack_expires=SOON, keepalive_runs=1, keepalive_expires=SOON + 900)
    assert found.timer == Timer(TimerKind.DELAYED_ACK, 200, 0, READ_NS)


def test_timer_of_keep_alive() -> None:
    found = row(ack_pending=1, keepalive_runs=1, keepalive_expires=SOON, icsk_probes_out=4)
    assert found.timer == Timer(TimerKind.KEEPALIVE, 200, 4, READ_NS)


def test_timer_that_does_not_run() -> None:
    assert row(keepalive_expires=SOON, retransmit_expires=SOON, delack_expires=SOON).timer is None


def test_timer_that_is_due() -> None:
    found = row(icsk_pending=1, retransmit_expires=JIFFIES - 1 & 0xFFFF_FFFF)
    assert found.timer == Timer(TimerKind.RETRANSMIT, 0, 0, READ_NS)


def test_request() -> None:
    found = row(
        *(Shape.REQUEST, NEW_SYN_RECV),
        snt_isn=0xFFFF_FFFF,
        rcv_isn=77,
        rcv_nxt=78,
        rcv_wnd=65_000,
        wscale_ok=1,
        snd_wscale=7,
        retransmit_expires=SOON,
        icsk_retransmits=2,
        advmss=1460,
    )
    assert (found.state, found.recv_q, found.send_q, found.info) == (State.SYN_RECEIVED, 0, 0, None)
    assert found.timer == Timer(TimerKind.RETRANSMIT, 200, 2, READ_NS)
    assert found.last_ack_recv is None
    assert tcb_of(found) == Tcb(
        source=Source.KERNEL,
        iss=0xFFFF_FFFF,
        irs=77,
        snd_una=0xFFFF_FFFF,
        snd_nxt=0,
        snd_wscale=7,
        rcv_nxt=78,
        rcv_wnd=65_000,
        rcv_wscale=0,
        mss=1460,
        initiated=False,
    )


def test_time_wait() -> None:
    values = {"snd_nxt": 1002, "rcv_nxt": 5002, "rcv_wnd": 512, "rcv_wscale": 7, "retransmit_expires": SOON}
    found = row(Shape.TIME_WAIT, TIME_WAIT, initial=(1000, 5000), **values)
    assert (found.state, found.uid, found.inode, found.recv_q, found.send_q) == (State.TIME_WAIT, None, 0, 0, 0)
    assert found.timer == Timer(TimerKind.TIME_WAIT, 200, 0, READ_NS)
    assert tcb_of(found) == Tcb(
        source=Source.KERNEL,
        iss=1000,
        irs=5000,
        snd_una=1002,
        snd_nxt=1002,
        rcv_nxt=5002,
        rcv_wnd=512,
        rcv_wscale=7,
    )


def test_time_wait_of_which_nothing_was_seen() -> None:
    found = tcb(Shape.TIME_WAIT, TIME_WAIT, snd_nxt=1002)
    assert (found.iss, found.irs, found.snd_nxt) == (None, None, 1002)


def test_orphan_that_waits_for_a_fin_looks_like_time_wait() -> None:
    """In FIN-WAIT-2 an orphan becomes a TIME-WAIT socket early; only `tw_substate` tells."""
    assert row(Shape.TIME_WAIT, 5).state is State.FIN_WAIT_2


def test_tcb_of_the_initiator() -> None:
    """Its SYN is counted in bytes_acked."""
    found = tcb(bytes_acked=1, snd_wnd=65_536, snd_wl1=5000, mss_cache=1448, **NUMBERS)
    assert found == Tcb(
        source=Source.KERNEL,
        iss=1000,
        irs=5000,
        snd_una=1001,
        snd_nxt=1001,
        snd_wnd=65_536,
        snd_wl1=5000,
        snd_wscale=0,
        rcv_nxt=5001,
        rcv_wnd=0,
        rcv_wscale=0,
        write_seq=1001,
        copied_seq=5001,
        mss=1448,
        initiated=True,
    )


def test_tcb_of_the_responder() -> None:
    found = tcb(bytes_received=100, bytes_sent=40, bytes_acked=30, snd_una=31, snd_nxt=41, write_seq=50, rcv_nxt=101)
    assert (found.iss, found.irs, found.initiated) == (0, 0, False)


def test_tcb_window_as_it_is_now() -> None:
    assert tcb(rcv_wup=0xFFFF_FFF0, rcv_wnd=100, rcv_nxt=20).rcv_wnd == 100 - 36
    assert tcb(rcv_wup=10, rcv_wnd=5, rcv_nxt=20).rcv_wnd == 0


def test_tcb_of_syn_sent() -> None:
    """Nothing was received; what stands in the fields for that means nothing yet."""
    found = tcb(Shape.FULL, SYN_SENT, snd_una=1000, snd_nxt=1001, write_seq=1001, snd_wnd=9, rcv_wnd=65_000)
    assert (found.iss, found.irs, found.snd_una, found.snd_nxt, found.initiated) == (1000, None, 1000, 1001, True)
    assert (found.snd_wnd, found.snd_wl1, found.snd_wscale, found.rcv_nxt, found.copied_seq) == (None,) * 5


def test_last_ack_received() -> None:
    assert row(rcv_tstamp=JIFFIES - 25 & 0xFFFF_FFFF).last_ack_recv == 100


def test_value_of_any_field() -> None:
    found = record(sk_err_soft=113, lacking="sk_err")
    assert (found.value("sk_err_soft"), found.value("sk_err"), found.value("snt_isn")) == (113, None, None)


def test_value_that_is_a_length_of_time() -> None:
    found = record(icsk_rto=51, lacking="icsk_rto_max")
    assert (found.duration_ms("icsk_rto"), found.duration_ms("icsk_rto_max")) == (204, None)


def test_timer_fires_as_the_kernels_clock_has_it() -> None:
    found = record()
    assert found.fires_ms(204, 204) == found.clock.fires_ms(204, 204) >= 204


def test_records_are_equal_by_their_fields() -> None:
    assert record(snd_una=1) == record(snd_una=1) != record(snd_una=2)
