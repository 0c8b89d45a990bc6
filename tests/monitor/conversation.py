"""A handshake and a half-close between two ends, as frames and as rows of the two sockets."""

from typing import Any

from tcpwatch.capture.frame import Frame
from tcpwatch.sockets.row import SocketRow
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import ACK, FIN, SYN
from tests.builders import ends, row
from tests.wire.frames import CLIENT, SERVER, tcp_frame

ETHERNET = 1
MS = 1_000_000
CLIENT_ISN, SERVER_ISN = 1_000, 9_000
CLIENT_ENDS = ends((CLIENT, 40_000), (SERVER, 80))
SERVER_ENDS = ends((SERVER, 80), (CLIENT, 40_000))


def frame(time_ns: int, data: bytes) -> Frame:
    return (time_ns, ETHERNET, data, len(data))


def to_server(time_ns: int, flags: int, seq: int, ack: int = 0, **more: Any) -> Frame:
    return frame(time_ns, tcp_frame(flags=flags, seq=seq, ack=ack, **more))


def to_client(time_ns: int, flags: int, seq: int, ack: int, **more: Any) -> Frame:
    back: dict[str, Any] = {"src": SERVER, "dst": CLIENT, "sport": 80, "dport": 40_000}
    return frame(time_ns, tcp_frame(flags=flags, seq=seq, ack=ack, **back, **more))


HANDSHAKE = (
    to_server(0, SYN, CLIENT_ISN),
    to_client(1 * MS, SYN | ACK, SERVER_ISN, CLIENT_ISN + 1),
    to_server(2 * MS, ACK, CLIENT_ISN + 1, SERVER_ISN + 1),
)
HALF_CLOSE = (
    to_server(5 * MS, FIN | ACK, CLIENT_ISN + 1, SERVER_ISN + 1),
    to_client(6 * MS, ACK, SERVER_ISN + 1, CLIENT_ISN + 2),
)


def server_row(state: State = State.ESTABLISHED) -> SocketRow:
    return row(cookie=1, ends=SERVER_ENDS, state=state)


def client_row(state: State = State.ESTABLISHED) -> SocketRow:
    return row(cookie=2, ends=CLIENT_ENDS, state=state)
