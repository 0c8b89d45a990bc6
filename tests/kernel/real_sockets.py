"""Real sockets in every state, on loopback: a socket filter that drops everything holds a handshake or a close up."""

import ctypes
import socket
import struct
from contextlib import ExitStack, suppress
from pathlib import Path

from tcpwatch.tcp.state import State

SO_ATTACH_FILTER = 26
IPPROTO_MPTCP = 262
KEEPALIVE_S = 20
WITHOUT_FILTER = frozenset({State.LISTEN, State.ESTABLISHED, State.CLOSE_WAIT, State.FIN_WAIT_2, State.TIME_WAIT})


WHOLE_SEARCH_NS = 60_000_000_000  # a search for owners that ends when it is done, however busy the machine is


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_ushort), ("jt", ctypes.c_ubyte), ("jf", ctypes.c_ubyte), ("k", ctypes.c_uint))


def attach_drop_filter(deaf: socket.socket) -> None:
    """Drop all that comes in for `deaf`, by a filter of one instruction: return 0.

    Raises PermissionError where the kernel wants CAP_NET_ADMIN for it.
    """
    program = (_Instruction * 1)(_Instruction(code=0x06))
    deaf.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("HL", 1, ctypes.addressof(program)))


def abort(opened: socket.socket) -> None:
    """Close with a RST, so that nothing stays behind to be sent again and again."""
    if opened.fileno() >= 0:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        opened.close()


class RealSockets(ExitStack):
    """Opens sockets and closes them all at the end.

    `ports` are those they listen on, `deaf` the connections (own name, peer's name) that hear no segment any more.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ports: set[int] = set()
        self.deaf: set[tuple[tuple[str, int], tuple[str, int]]] = set()

    def listener(self, address: str = "127.0.0.1", backlog: int = 5, *, deaf: bool = False) -> socket.socket:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listening = self._keep(socket.socket(family))
        listening.bind((address, 0))
        listening.listen(backlog)
        if deaf:
            attach_drop_filter(listening)
        self.ports.add(listening.getsockname()[1])
        return listening

    def client(self, *, family: int = socket.AF_INET) -> socket.socket:
        return self._keep(socket.socket(family))

    def pair(self, listening: socket.socket, address: str = "") -> tuple[socket.socket, socket.socket]:
        """A client and the server's end of it."""
        host, port = listening.getsockname()[:2]
        connecting = self.client(family=socket.AF_INET6 if ":" in host and not address else socket.AF_INET)
        connecting.connect((address or host, port))
        accepted = self._keep(listening.accept()[0])
        return connecting, accepted

    def dial(self, listening: socket.socket, *, deaf: bool = False) -> socket.socket:
        """A client whose handshake is not waited for."""
        connecting = self.client()
        connecting.setblocking(False)
        if deaf:
            attach_drop_filter(connecting)
        connecting.connect_ex(listening.getsockname())
        return connecting

    def _keep(self, opened: socket.socket) -> socket.socket:
        self.callback(abort, opened)
        return opened

    def deafen(self, connected: socket.socket) -> None:
        """Let a connection receive nothing any more."""
        attach_drop_filter(connected)
        self.deaf.add((connected.getsockname(), connected.getpeername()))

    def every_state(self) -> frozenset[State]:
        """At least one socket in each state that this user can bring about, IPv4 and IPv6; returns these states."""
        listening = self.listener()
        alive, _ = self.pair(listening)
        alive.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        alive.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_S)
        unread, _ = self.pair(listening)
        unread.send(b"unread")
        half_closed, _ = self.pair(listening)
        half_closed.shutdown(socket.SHUT_WR)
        first, second = self.pair(listening)
        first.close()
        second.recv(1)
        second.close()
        waiting = self.listener(backlog=3)
        for _ in range(2):
            self.client().connect(waiting.getsockname())
        self.pair(self.listener("::1"))
        self.pair(self.listener("::"), "127.0.0.1")
        try:
            return WITHOUT_FILTER | self._held_up(listening)
        except PermissionError:
            return WITHOUT_FILTER

    def every_setting(self) -> None:
        """Sockets that a program has set up in each way that `ss` tells of, as far as this user and kernel can."""
        only_ipv6 = self._keep(socket.socket(socket.AF_INET6))
        only_ipv6.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        only_ipv6.bind(("::1", 0))
        only_ipv6.listen()
        listening = self.listener()
        for how in (socket.SHUT_RD, socket.SHUT_RDWR):
            self.pair(listening)[0].shutdown(how)
        for name in Path("/proc/sys/net/ipv4/tcp_allowed_congestion_control").read_text().split():
            sending, _ = self.pair(listening)
            sending.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, name.encode())
            sending.send(bytes(100_000))
        for option, value in ((socket.SO_RCVBUF, 30_000), (socket.SO_MARK, 0x2A)):
            with suppress(PermissionError):  # a mark takes CAP_NET_ADMIN
                self.pair(listening)[0].setsockopt(socket.SOL_SOCKET, option, value)
        with suppress(OSError):  # a kernel without it
            self._keep(socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_MPTCP)).connect(
                listening.getsockname()
            )

    def _held_up(self, listening: socket.socket) -> frozenset[State]:
        """The states that last only while segments are lost."""
        self.dial(self.listener(deaf=True))  # SYN-SENT
        self.dial(listening, deaf=True)  # SYN-RECEIVED at the other end
        unacknowledged, silent = self.pair(listening)
        self.deafen(silent)
        unacknowledged.send(b"unacknowledged")
        orphan, peer = self.pair(listening)  # FIN-WAIT-1
        self.deafen(peer)
        orphan.close()
        hearing, deaf = self.pair(listening)  # CLOSING
        self.deafen(deaf)
        hearing.shutdown(socket.SHUT_WR)
        deaf.shutdown(socket.SHUT_WR)
        closer, last = self.pair(listening)  # LAST-ACK
        closer.shutdown(socket.SHUT_WR)
        last.recv(1)
        self.deafen(closer)
        last.shutdown(socket.SHUT_WR)
        return frozenset(State) - WITHOUT_FILTER - {State.CLOSED}
