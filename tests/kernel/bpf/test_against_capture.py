"""The kernel's own numbers against what a packet socket saw of the same connections, and against sock_diag's."""

import os
import random
import socket
import time
from collections.abc import Iterator
from dataclasses import asdict

import pytest

from tcpwatch.kernel.bpf.loader import read_btf
from tcpwatch.kernel.bpf.tcp_iterator import BpfSockets
from tcpwatch.kernel.sock_diag.client import SockDiag
from tcpwatch.sockets.kernel_tcb import tcb_of
from tcpwatch.sockets.row import SocketRow
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tcb import Source
from tcpwatch.wire.segment import reversed_ends
from tests.kernel.bpf.allowed import needs_bpf
from tests.kernel.real_sockets import RealSockets
from tests.kernel.test_tcb_against_capture import Sent, capture, tap

__all__ = ["tap"]

pytestmark = [pytest.mark.e2e, needs_bpf]

CONNECTIONS = 300
# These count on while nobody does anything; by how much they may differ, as one table is read after the other.
TICKING = dict.fromkeys(("last_data_sent", "last_data_recv", "last_ack_recv"), 100) | dict.fromkeys(
    ("busy_time", "rwnd_limited", "sndbuf_limited"), 100_000
)


@pytest.fixture(scope="module")
def sockets() -> Iterator[BpfSockets]:
    opened = BpfSockets.open(read_btf())
    yield opened
    opened.close()


def converse(real: RealSockets, chance: random.Random) -> None:
    """Connections that differ in what they sent, read and closed."""
    listening = real.listener(backlog=CONNECTIONS)
    for _ in range(CONNECTIONS):
        ends = real.pair(listening)
        for end in ends:
            end.setblocking(False)
        for _ in range(chance.randrange(4)):
            speaker, hearer = chance.sample(ends, 2)
            speaker.send(bytes(chance.randrange(1, 9000)))
            if chance.random() < 0.7:
                try:
                    hearer.recv(chance.randrange(1, 12_000))
                except BlockingIOError:
                    continue
        for end in ends:
            if chance.random() < 0.3:
                end.shutdown(socket.SHUT_WR)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to capture")
def test_numbers_of_300_connections(tap: socket.socket, sockets: BpfSockets) -> None:
    with RealSockets() as real:
        converse(real, random.Random(1))
        real.every_state()
        sent = capture(tap)
        rows = [row for row in sockets.dump() if {row.local.port, row.remote.port} & real.ports]
    exact = [compare(row, sent) for row in rows if (row.local, row.remote) not in real.deaf]
    assert sum(exact) > CONNECTIONS
    assert {row.state for row in rows} >= {State.ESTABLISHED, State.FIN_WAIT_2, State.CLOSE_WAIT, State.SYN_RECEIVED}


def compare(row: SocketRow, sent: dict[bytes, Sent]) -> bool:
    """Whether there was something to compare; fails where kernel and wire differ."""
    here, there, tcb = sent.get(row.ends), sent.get(reversed_ends(row.ends)), tcb_of(row)
    if tcb is None or here is None or there is None or row.state in (State.SYN_SENT, State.TIME_WAIT):
        return False
    assert tcb.source is Source.KERNEL
    assert (tcb.iss, tcb.irs, tcb.snd_nxt) == (here.iss, there.iss, here.end), row
    if row.state is not State.SYN_RECEIVED:
        assert (tcb.snd_una, tcb.rcv_nxt) == (there.ack, here.ack), row
    return True


def test_measurements_are_those_of_sock_diag(sockets: BpfSockets) -> None:
    """Every field of `tcp_info`, of sockets in every state."""
    with RealSockets() as real:
        real.every_state()
        converse(real, random.Random(2))
        diag = SockDiag()
        begun_ns = time.monotonic_ns()
        before = {row.cookie: row for row in diag.dump()}
        rows = [row for row in sockets.dump() if {row.local.port, row.remote.port} & real.ports]
        after = {row.cookie: row for row in diag.dump()}
        late_ms = (time.monotonic_ns() - begun_ns) // 1_000_000
        diag.close()
    compared = 0
    for row in rows:
        dumped = before.get(row.cookie)
        # What changed between the dumps by itself, as a retransmission does, proves nothing.
        if dumped is None or dumped.info is None or row.info is None or row.state is State.LISTEN:
            continue
        if steady(dumped) != steady(after[row.cookie]):
            continue
        earlier, found, later = asdict(dumped.info), asdict(row.info), asdict(after[row.cookie].info)
        for name, value in found.items():
            if value is None:  # net/ipv4/tcp.c tells it of AccECN, this record does not
                continue
            least, most = sorted((earlier[name], later[name]))
            apart = TICKING[name] + late_ms if name in TICKING else 0  # a busy machine pauses between the dumps
            assert least - apart <= value <= most + apart, (name, row.state)
            compared += 1
    assert compared > 50 * CONNECTIONS


def steady(row: SocketRow) -> dict[str, object]:
    assert row.info is not None
    return {name: value for name, value in asdict(row.info).items() if name not in TICKING}
