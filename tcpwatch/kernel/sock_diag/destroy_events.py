"""Events of destroyed sockets from NETLINK_SOCK_DIAG, for any user (`ss -E` shows them).

Each event has the socket in state CLOSED with its final `tcp_info`, even for very short connections. For the kernel a
connection in TIME-WAIT is no full socket, so the event comes when TIME-WAIT begins. An event's time is known only to
lie between two reads.
"""

import errno
import os
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import Protocol

from tcpwatch.errors import SourceError
from tcpwatch.kernel.events import RawEvent, SocketEvent
from tcpwatch.kernel.sock_diag import inet_diag
from tcpwatch.kernel.sock_diag.client import BUFFER_BYTES, NETLINK_SOCK_DIAG
from tcpwatch.kernel.sock_diag.inet_diag import ATTRIBUTES, HEADER, MESSAGE, SOCK_DIAG_BY_FAMILY
from tcpwatch.sockets.timeline import OccurrenceKind, Precision

GROUPS = 1 << 0 | 1 << 2  # SKNLGRP_INET_TCP_DESTROY and SKNLGRP_INET6_TCP_DESTROY, include/uapi/linux/sock_diag.h
RECEIVE_BUFFER_BYTES = 4 << 20  # requested; the kernel may allow less


class Subscription(Protocol):
    """The part of `socket.socket` that is needed here."""

    def recv(self, size: int, /) -> bytes:
        """One message; BlockingIOError where there is none."""

    def close(self) -> None:
        """Close the descriptor."""


class DestroyEvents:
    """Events of destroyed sockets in the network namespace in which this was opened."""

    message = "NETLINK_SOCK_DIAG: the end of every socket"
    every_change = False
    capacity = 300  # with Linux's default net.core.rmem_max of 208 KiB

    def __init__(
        self, clock: Callable[[], int] = time.monotonic_ns, subscribe: Callable[[], Subscription] | None = None
    ) -> None:
        """Subscribe; SourceError if the kernel refuses. `clock` returns monotonic nanoseconds."""
        self.lost = 0  # how many times the kernel dropped messages; it does not report how many messages
        self._clock = clock
        try:
            self._netlink = (subscribe or _subscribe)()
        except OSError as error:
            raise SourceError(f"The kernel does not tell of destroyed sockets ({error.strerror}).") from error

    def read(self) -> list[RawEvent]:
        """The sockets destroyed since the last call."""
        ends: list[RawEvent] = []
        decode = partial(_decode, self._clock())
        while (message := self._receive()) is not None:
            if (cookie := _cookie(message)) is not None:
                ends.append((cookie, message, decode))
        return ends

    def close(self) -> None:
        """Close the netlink socket."""
        self._netlink.close()

    def _receive(self) -> bytes | None:
        while True:
            try:
                return self._netlink.recv(BUFFER_BYTES)
            except BlockingIOError:
                return None
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise SourceError(f"The kernel no longer tells of destroyed sockets ({error.strerror}).") from error
                self.lost += 1


def _cookie(message: bytes) -> int | None:
    """The cookie of the socket in a message; None if the message contains no socket."""
    if len(message) < ATTRIBUTES:
        return None
    length, kind, *_ = HEADER.unpack_from(message)
    if kind != SOCK_DIAG_BY_FAMILY or not ATTRIBUTES <= length <= len(message):
        return None
    cookie: int = MESSAGE.unpack_from(message, HEADER.size)[8]
    return cookie


def _decode(now_ns: int, message: bytes) -> SocketEvent | None:
    """The event in a message; None if the state is not in RFC 9293."""
    length, *_ = HEADER.unpack_from(message)
    record = message[:length]
    row = inet_diag.decode(record, inet_diag.info_span(record), now_ns)
    if row is None:
        return None
    return SocketEvent(
        now_ns, row.cookie, row.ends, OccurrenceKind.STATE, None, row.state, Precision.BETWEEN, None, row
    )


def _subscribe() -> Subscription:
    if not hasattr(socket, "AF_NETLINK"):
        raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))
    netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG)
    try:
        netlink.setblocking(False)
        netlink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
        netlink.bind((0, GROUPS))
    except OSError:
        netlink.close()
        raise
    return netlink
