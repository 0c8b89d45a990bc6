"""Dumps: what stays the same, what changes, what is remembered."""

from collections.abc import Iterable

import pytest

from tcpwatch.errors import SourceError
from tcpwatch.kernel.bpf.fields import Shape
from tcpwatch.kernel.bpf.tcp_iterator import BpfSockets
from tcpwatch.sockets.kernel_tcb import tcb_of
from tcpwatch.tcp.state import State
from tests.kernel.bpf.records import HZ, JIFFIES, KNOWN, NO_WORD, TIME_WAIT, chunk, fields

IDLE, BUSY = fields(snd_una=1), fields(snd_una=2)


class Kernel:
    """What the iterator gives, and when."""

    def __init__(self, *chunks: bytes) -> None:
        self.chunks: Iterable[bytes] = chunks
        self.now_ns = 1_000_000_000
        self.sockets = BpfSockets(KNOWN, lambda: self.chunks, lambda: self.now_ns, HZ)


def test_dump_of_several_chunks() -> None:
    kernel = Kernel(chunk((1, IDLE), (2, BUSY)), chunk((3, IDLE)))
    assert [row.cookie for row in kernel.sockets.dump()] == [1, 2, 3]


def test_dump_gives_an_idle_socket_as_the_same_row() -> None:
    kernel = Kernel(chunk((1, IDLE)))
    first = kernel.sockets.dump()
    kernel.chunks, kernel.now_ns = [chunk((1, IDLE), jiffies=JIFFIES + 250)], 2_000_000_000
    assert kernel.sockets.dump()[0] is first[0]


def test_dump_gives_a_changed_socket_anew() -> None:
    kernel = Kernel(chunk((1, IDLE)))
    [before] = kernel.sockets.dump()
    kernel.chunks, kernel.now_ns = [chunk((1, BUSY))], 2_000_000_000
    [after] = kernel.sockets.dump()
    assert after != before
    assert after.read_ns == 2_000_000_000


def test_dump_has_a_socket_once() -> None:
    """Older kernels may list one twice while their table changes; what came last counts."""
    [row] = Kernel(chunk((1, IDLE), (1, BUSY))).sockets.dump()
    tcb = tcb_of(row)
    assert tcb is not None
    assert tcb.snd_una == 2


def test_dump_forgets_closed_sockets() -> None:
    kernel = Kernel(chunk((1, IDLE)))
    [before] = kernel.sockets.dump()
    kernel.chunks = []
    assert kernel.sockets.dump() == []
    kernel.chunks = [chunk((1, IDLE))]
    assert kernel.sockets.dump()[0] is not before


def test_dump_counts_states_without_a_word() -> None:
    sockets = Kernel(chunk((1, fields(state=NO_WORD)), (2, IDLE))).sockets
    for _ in range(2):
        assert len(sockets.dump()) == 1
        assert sockets.skipped == 1


def test_dump_that_is_cut() -> None:
    with pytest.raises(SourceError, match="within a record"):
        Kernel(chunk((1, IDLE))[:-1]).sockets.dump()


def test_time_wait_inherits_the_initial_numbers() -> None:
    kernel = Kernel(chunk((1, fields(bytes_acked=1, snd_una=1001, snd_nxt=1001, write_seq=1001, rcv_nxt=5001))))
    kernel.sockets.dump()
    for rcv_nxt in (5002, 5003):  # and passes them on to itself
        waiting = fields(Shape.TIME_WAIT, TIME_WAIT, snd_nxt=1002, rcv_nxt=rcv_nxt)
        kernel.chunks = [chunk((1, waiting))]
        [row] = kernel.sockets.dump()
        tcb = tcb_of(row)
        assert tcb is not None
        assert (row.state, tcb.iss, tcb.irs, tcb.rcv_nxt) == (State.TIME_WAIT, 1000, 5000, rcv_nxt)


def test_jiffies_in_a_second_are_the_kernels() -> None:
    """From the resolution of a clock that ticks with them."""
    sockets = BpfSockets(KNOWN, lambda: [chunk((1, fields(rcv_tstamp=JIFFIES - 3000 & 0xFFFF_FFFF)))])
    assert sockets.dump()[0].last_ack_recv in (3000, 10_000, 12_000, 30_000)
