"""The derived TCB against what a packet socket saw of the same connections on loopback."""

import os
import socket
import struct
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tcpwatch.kernel.sock_diag.client import SockDiag
from tcpwatch.sockets.kernel_tcb import anchored, relative_tcb
from tcpwatch.sockets.row import SocketRow
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import ACK, FIN, SYN, reversed_ends
from tests.kernel.real_sockets import RealSockets

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(not hasattr(socket, "AF_PACKET") or os.geteuid() != 0, reason="needs root, to capture"),
]

ETH_P_IP, SOL_PACKET, PACKET_IGNORE_OUTGOING = 0x0800, 263, 23
QUIET_S = 0.3  # longer than a delayed ACK, and than the first retransmission


@dataclass
class Sent:
    """What one end sent: its SYN, the end of the furthest segment, its last acknowledgment."""

    iss: int = 0
    end: int = 0
    ack: int = 0


def capture(tap: socket.socket) -> dict[bytes, Sent]:
    """By ends, what each sent until it was quiet."""
    sent: defaultdict[bytes, Sent] = defaultdict(Sent)
    tap.settimeout(QUIET_S)
    try:
        while True:
            note(sent, tap.recv(1 << 16))
    except TimeoutError:
        return sent


def note(sent: dict[bytes, Sent], packet: bytes) -> None:
    header, protocol = (packet[0] & 0xF) * 4, packet[9]
    if protocol != socket.IPPROTO_TCP:
        return
    seq, ack, offset, flags = struct.unpack_from("!IIBB", packet, header + 4)
    ends = sent[packet[12:20] + packet[header : header + 4]]
    length = int.from_bytes(packet[2:4]) - header - (offset >> 4) * 4
    if flags & SYN:
        ends.iss = ends.end = seq
    end = seq + length + bool(flags & SYN) + bool(flags & FIN)
    if (end - ends.end) % 2**32 < 2**31:
        ends.end = end % 2**32
    if flags & ACK:
        ends.ack = ack


@pytest.fixture
def tap() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0) as tap:
        tap.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        tap.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        tap.bind(("lo", ETH_P_IP))
        yield tap


def dumped(ports: set[int]) -> list[SocketRow]:
    diag = SockDiag()
    rows = [row for row in diag.dump() if {row.local.port, row.remote.port} & ports]
    diag.close()
    return rows


def test_tcb_of_every_state(tap: socket.socket) -> None:
    with RealSockets() as sockets:
        sockets.every_state()
        listening = sockets.listener()
        talker, answerer = sockets.pair(listening)
        talker.send(b"q" * 3000)
        answerer.send(b"a" * 500)
        talker.recv(100)
        overwhelming, _ = sockets.pair(listening)
        overwhelming.setblocking(False)
        while True:
            try:
                overwhelming.send(b"x" * 65_536)
            except BlockingIOError:
                break
        sent = capture(tap)
        rows = dumped(sockets.ports)
    hearing = [row for row in rows if (row.local, row.remote) not in sockets.deaf and row.state is not State.SYN_SENT]
    compared = [compare(row, sent) for row in hearing]
    assert sum(compared) >= 16


def compare(row: SocketRow, sent: dict[bytes, Sent]) -> bool:
    """Whether there was something to compare; fails where kernel and wire differ."""
    here, there = sent.get(row.ends), sent.get(reversed_ends(row.ends))
    relative = relative_tcb(row)
    if relative is None or here is None or there is None or not there.iss:
        return False
    tcb = anchored(relative, here.iss, there.iss)
    assert (tcb.snd_nxt, tcb.snd_una, tcb.rcv_nxt) == (here.end, there.ack, here.ack), row
    return True
