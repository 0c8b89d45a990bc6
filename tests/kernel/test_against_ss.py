"""Every field that `ss` also prints, for a socket in every state."""

import shutil
import time
from collections.abc import Iterator

import pytest

from tcpwatch.kernel.bpf.loader import read_btf
from tcpwatch.kernel.bpf.tcp_iterator import BpfSockets
from tcpwatch.kernel.proc.net_tcp import ProcNet
from tcpwatch.kernel.proc.owners import OwnerIndex
from tcpwatch.kernel.sock_diag.client import SockDiag
from tcpwatch.kernel.source import SocketSource
from tcpwatch.sockets.row import NoOwner, SocketRow, TimerKind
from tcpwatch.tcp.state import State
from tests.kernel.bpf.allowed import needs_bpf
from tests.kernel.real_sockets import WHOLE_SEARCH_NS, RealSockets
from tests.ss_output import Printed, ss

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(shutil.which("ss") is None, reason="needs ss (iproute2)"),
]

ON = (TimerKind.RETRANSMIT, TimerKind.LOSS_PROBE)  # for ss they are one
INFO_WORDS = {
    "cwnd": "snd_cwnd",
    "mss": "snd_mss",
    "pmtu": "pmtu",
    "bytes_acked": "bytes_acked",
    "bytes_sent": "bytes_sent",
    "bytes_received": "bytes_received",
    "segs_out": "segs_out",
    "segs_in": "segs_in",
    "unacked": "unacked",
    "snd_wnd": "snd_wnd",
    "notsent": "notsent_bytes",
}


Both = list[tuple[SocketRow, Printed]]


@pytest.fixture(scope="module")
def real() -> Iterator[tuple[set[int], frozenset[State]]]:
    """The ports of sockets in many states, and these states, once the kernel has brought them about."""
    diag = SockDiag()
    with RealSockets() as sockets:
        states = sockets.every_state()
        for _ in range(100):
            rows = [row for row in diag.dump() if {row.local.port, row.remote.port} & sockets.ports]
            if states <= {row.state for row in rows}:
                break
            time.sleep(0.02)  # a delayed ACK takes 40 ms
        yield sockets.ports, states
    diag.close()


def open_bpf() -> SocketSource:
    return BpfSockets.open(read_btf())


@pytest.fixture(scope="module", params=[SockDiag, pytest.param(open_bpf, marks=needs_bpf)])
def both(request: pytest.FixtureRequest, real: tuple[set[int], frozenset[State]]) -> Both:
    """The same sockets as one of the sources and ss see them."""
    ports, _ = real
    source: SocketSource = request.param()
    rows = {row.cookie: row for row in source.dump() if {row.local.port, row.remote.port} & ports}
    source.close()
    printed = ss(ports)
    assert rows.keys() == printed.keys()
    return [(rows[cookie], printed[cookie]) for cookie in rows]


def test_states_equal(real: tuple[set[int], frozenset[State]], both: Both) -> None:
    _, states = real
    assert {row.state for row, _ in both} == states
    assert {row.mapped for row, _ in both} == {True, False}
    kinds = {row.timer.kind for row, _ in both if row.timer}
    assert kinds - {*ON} == {TimerKind.KEEPALIVE, TimerKind.TIME_WAIT}


def test_identity_equal(both: Both) -> None:
    for row, printed in both:
        assert (row.state, row.local, row.remote, row.mapped) == (
            printed.state,
            printed.local,
            printed.remote,
            printed.mapped,
        )


def test_queues_equal(both: Both) -> None:
    for row, printed in both:
        queues = (row.backlog.queued, row.backlog.limit) if row.backlog else (row.recv_q, row.send_q)
        assert queues == printed.queues


def test_holder_equal(both: Both) -> None:
    for row, printed in both:
        assert row.inode == printed.number("ino")
        assert (row.uid or 0) == printed.number("uid")


def test_timer_equal(both: Both) -> None:
    """To the second and a half, for ss runs a little later and rounds."""
    for row, printed in both:
        timer = printed.timer()
        if row.timer is None or timer is None or row.timer.kind in ON:
            continue
        kind, expires_ms, retransmits = timer
        assert (row.timer.kind, row.timer.retransmits) == (kind, retransmits)
        assert abs(row.timer.expires_ms - expires_ms) < 1500


def test_info_equal(both: Both) -> None:
    compared = 0
    for row, printed in both:
        info, retransmits = row.info, row.timer is not None and row.timer.kind in ON
        if info is None or row.state is State.LISTEN or retransmits:
            continue
        for word, name in INFO_WORDS.items():
            assert getattr(info, name) == printed.number(word), (word, row, printed)
            compared += 1
    assert compared > 50


def test_owner_of_every_state(both: Both) -> None:
    owners = OwnerIndex(budget_ns=WHOLE_SEARCH_NS).resolve([row for row, _ in both])
    for row, _ in both:
        found = owners[row.cookie]
        if row.inode:
            assert isinstance(found, tuple)
            assert [owner.fd for owner in found]
        else:
            queued = row.state is State.ESTABLISHED
            assert found is (NoOwner.NOT_ACCEPTED if queued else NoOwner.KERNEL)


def test_proc_net_equal(real: tuple[set[int], frozenset[State]], both: Both) -> None:
    """The text table says the same, as far as it goes."""

    def seen(row: SocketRow) -> tuple[object, ...]:
        kind = row.timer.kind if row.timer else None
        kind = TimerKind.RETRANSMIT if kind in ON else kind
        return (row.ends, row.mapped, row.state, row.uid, row.inode, row.recv_q, row.send_q, kind)

    (ports, _), text = real, ProcNet()
    rows = {seen(row) for row in text.dump() if {row.local.port, row.remote.port} & ports}
    assert rows == {seen(row) for row, _ in both}
    assert text.skipped == 0
