"""Ports of sockets that are bound and neither connected nor listening (`ss --bound-inactive`, Linux 6.8 and newer).

Such a socket is in no table of TCP's but that of the ports. connect() chooses none of them, towards no destination.
"""

import os
import socket
from struct import Struct
from threading import Lock

from tcpwatch.kernel.rtnetlink.messages import NLM_F_DUMP, NLMSG_DONE, NLMSG_ERROR, messages, request
from tcpwatch.kernel.sock_diag.client import BUFFER_BYTES, NETLINK_SOCK_DIAG
from tcpwatch.kernel.sock_diag.inet_diag import MESSAGE, SOCK_DIAG_BY_FAMILY

BOUND_INACTIVE = 1 << 13  # TCP_BOUND_INACTIVE, include/net/tcp_states.h
DUMP_REQUEST = Struct("=BBBxI48x")  # family, protocol, extensions, states, any socket
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
        with self._lock:
            return frozenset(self._ports(socket.AF_INET) | self._ports(socket.AF_INET6))

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

    def _ports(self, family: int) -> set[int]:
        self._sequence += 1
        body = DUMP_REQUEST.pack(family, socket.IPPROTO_TCP, 0, BOUND_INACTIVE)
        self._netlink.send(request(SOCK_DIAG_BY_FAMILY, NLM_F_DUMP, self._sequence, body))
        ports: set[int] = set()
        while True:
            for kind, sequence, record in messages(self._netlink.recv(BUFFER_BYTES)):
                if sequence != self._sequence:
                    continue
                if kind in (NLMSG_DONE, NLMSG_ERROR):  # an error: no IPv6 here
                    return ports
                if kind == SOCK_DIAG_BY_FAMILY and len(record) >= MESSAGE.size:
                    ports.add(int.from_bytes(record[PORT]))
