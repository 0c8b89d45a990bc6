"""Ports of sockets that are bound and neither connected nor listening (`ss --bound-inactive`, Linux 6.8 and newer).

Such a socket is in no table of TCP's but that of the ports. connect() chooses none of them, towards no destination.
"""

import os
import socket
from struct import Struct
from threading import Lock

from tcpwatch.kernel.rtnetlink.messages import NLM_F_DUMP, NLMSG_DONE, NLMSG_ERROR, error_of, messages, request
from tcpwatch.kernel.sock_diag.client import BUFFER_BYTES, NETLINK_SOCK_DIAG
from tcpwatch.kernel.sock_diag.inet_diag import MESSAGE

BOUND_INACTIVE = 1 << 13  # TCP_BOUND_INACTIVE, include/net/tcp_states.h
TCPDIAG_GETSOCK = 18  # the older request: it answers for both IP versions, so the kernel goes through its table once
DUMP_REQUEST = Struct("=B51x I 4x")  # family, any socket, states
PORT = slice(4, 6)  # in struct inet_diag_msg
TIMEOUT_S = 0.5
FIRST_VERSION = (6, 8)


def _version() -> tuple[int, ...]:
    return tuple(int(part) for part in os.uname().release.split(".")[:2] if part.isdecimal())


class BoundPorts:
    """A reader of the bound ports of the network namespace in which it was opened."""

    def __init__(self) -> None:
        """Open the socket. Raises OSError, and where the kernel does not list a socket that is bound for a trial."""
        self._sequence = 0
        self._lock = Lock()
        self._netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG)
        self._netlink.settimeout(TIMEOUT_S)
        try:
            self._try()
        except OSError:
            self._netlink.close()
            raise

    def read(self) -> frozenset[int]:
        """The ports now, of both IP versions. Raises OSError."""
        ports: set[int] = set()
        with self._lock:
            self._sequence += 1
            body = DUMP_REQUEST.pack(socket.AF_INET, BOUND_INACTIVE)
            self._netlink.send(request(TCPDIAG_GETSOCK, NLM_F_DUMP, self._sequence, body))
            while self._take(self._netlink.recv(BUFFER_BYTES), ports):
                pass
        return frozenset(ports)

    def close(self) -> None:
        """Close the socket."""
        self._netlink.close()

    def _try(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
            try:
                trial.bind(("0.0.0.0", 0))
            except OSError:  # no port is left: when it matters most
                lists = _version() >= FIRST_VERSION
            else:
                lists = trial.getsockname()[1] in self.read()
        if not lists:
            raise OSError("the kernel lists no bound sockets (Linux 6.8 and newer does)")

    def _take(self, datagram: bytes, ports: set[int]) -> bool:
        """Add the ports of one part of the answer; whether more parts follow."""
        for kind, sequence, record in messages(datagram):
            if sequence != self._sequence:
                continue
            if kind == NLMSG_ERROR:
                raise OSError(error_of(record), os.strerror(error_of(record)))
            if kind == NLMSG_DONE:
                return False
            if len(record) >= MESSAGE.size:
                ports.add(int.from_bytes(record[PORT]))
        return True
