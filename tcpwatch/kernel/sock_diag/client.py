"""The kernel's socket table over NETLINK_SOCK_DIAG: what `ss` reads, for any user, with no library.

A dump is not a snapshot: sockets come and go while the kernel walks its tables. So a cookie gives one row even if it
appears twice, and `inconsistent` and `skipped` describe the integrity of the dump.

Most sockets do nothing between two dumps. Those cost one comparison of bytes, and their `SocketRow` stays the same
object. Values that only count time (a running timer, the ages in `tcp_info`) are ignored in the comparison; they are
relative to the row's `read_ns`.
"""

import errno
import os
import socket
import struct
import sys
import time
from collections.abc import Callable
from typing import NamedTuple, Protocol

from tcpwatch.errors import SourceError
from tcpwatch.kernel.sock_diag import inet_diag
from tcpwatch.kernel.sock_diag.inet_diag import (
    ATTRIBUTES,
    HEADER,
    NLM_F_DUMP_INTR,
    NLMSG_DONE,
    NLMSG_ERROR,
    SOCK_DIAG_BY_FAMILY,
)
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.row import SocketRow
from tcpwatch.sockets.tcp_info import LAST_AGES

NETLINK_SOCK_DIAG = 4
BUFFER_BYTES = 1 << 16  # the kernel fills at most 32 KiB at a time
TRIES = 4
TIMER_TOLERANCE_MS = 40  # a jiffy at HZ=100, plus the time until the message is read

# Fields of a record that the comparison needs: length, type, flags, cookie, remaining time of the timer.
_RECORD = struct.Struct("=IHH52xQI16x")
_LAST = struct.Struct("=4xHH8xi")  # type, flags, negative errno
_BEFORE = HEADER.size  # family to cookie
_EXPIRES = slice(_BEFORE + 52, _BEFORE + 56)
_AGES_SIZE = LAST_AGES.stop - LAST_AGES.start


class NetlinkSocket(Protocol):
    """The part of `socket.socket` that a dump needs."""

    def send(self, request: bytes, /) -> int:
        """Send one request."""

    def recvmsg(self, size: int, /) -> tuple[bytes, list[tuple[int, int, bytes]], int, object]:
        """One message, with its flags third."""

    def close(self) -> None:
        """Close the descriptor."""


class _KnownRecord(NamedTuple):
    """A socket of the last dump: its record without timer and ages, and the row made from it."""

    before: bytes  # family to cookie
    between: bytes  # the queues to the ages
    after: bytes  # from the end of the ages
    ages: int  # offset of the ages in the record
    deadline_ms: int  # when the timer fires
    row: SocketRow

    def matches(self, message: bytes, offset: int, length: int, now_ms: int, expires_ms: int) -> bool:
        """Whether the record at `offset` equals this one apart from timer and ages."""
        before, between, after, ages, deadline_ms, _ = self
        return (
            message[offset + _BEFORE : offset + _EXPIRES.start] == before
            and message[offset + _EXPIRES.stop : offset + ages] == between
            and message[offset + ages + _AGES_SIZE : offset + length] == after
            and (not expires_ms or abs(now_ms + expires_ms - deadline_ms) <= TIMER_TOLERANCE_MS)
        )


class _DumpInterruptedError(Exception):
    """This dump is incomplete; another try may succeed."""


class SockDiag:
    """A client of the kernel's socket table. One thread uses it.

    `skipped` counts sockets of the last dump whose state is not in RFC 9293. `inconsistent` means that the kernel's
    tables changed during the dump, so a socket may be missing.
    """

    name = "sock_diag"
    message = "NETLINK_SOCK_DIAG: every socket"

    def __init__(
        self,
        clock: Callable[[], int] = time.monotonic_ns,
        connect: Callable[[], NetlinkSocket] | None = None,
        netns: Namespace | None = None,
        request: Callable[[int, int], bytes] = inet_diag.dump_request,
    ) -> None:
        """Open the netlink socket; SourceError if that fails. `clock` returns monotonic nanoseconds.

        `netns` is the namespace in which `connect` opens the socket; `request` makes the request for an address family.
        """
        self.skipped = 0
        self.inconsistent = False
        self._clock = clock
        self._connect = connect or netlink_socket
        self._netns = netns
        self._request = request
        self._known: dict[int, _KnownRecord] = {}
        self._buffer_bytes = BUFFER_BYTES
        self._sequence = 0
        self._netlink = self._open()

    def dump(self) -> list[SocketRow]:
        """Every TCP socket of the namespace that the netlink socket was opened in, IPv4 and IPv6, in all states.

        Raises SourceError if the kernel refuses, or if every try is interrupted.
        """
        last_interruption: Exception | None = None
        for attempt in range(TRIES):
            try:
                known = self._dump_families()
            except _DumpInterruptedError as interruption:
                last_interruption = interruption
                self._netlink.close()
                self._netlink = self._open()
                continue
            if self.inconsistent and attempt == 0:
                continue
            self._known = known
            return [entry.row for entry in known.values()]
        raise SourceError(f"The kernel's socket table could not be read whole in {TRIES} tries ({last_interruption}).")

    def close(self) -> None:
        """Close the netlink socket."""
        self._netlink.close()

    def _open(self) -> NetlinkSocket:
        try:
            return self._connect()
        except OSError as error:
            raise SourceError(f"The kernel offers no NETLINK_SOCK_DIAG ({error.strerror}).") from error

    def _dump_families(self) -> dict[int, _KnownRecord]:
        self.skipped, self.inconsistent = 0, False
        found: dict[int, _KnownRecord] = {}
        self._dump_family(socket.AF_INET, found)
        self._dump_family(socket.AF_INET6, found)
        return found

    def _dump_family(self, family: int, found: dict[int, _KnownRecord]) -> None:
        """Add the sockets of an address family to `found`."""
        self._sequence += 1
        try:
            self._netlink.send(self._request(family, self._sequence))
            finished = False
            while not finished:
                message = self._receive()
                finished = self._is_last(message, self._add_sockets(message, found))
        except OSError as error:
            self._handle_refusal(family, error)

    def _handle_refusal(self, family: int, error: OSError) -> None:
        """Ignore a missing IPv6; try again if the kernel was short of memory; else give up."""
        if family == socket.AF_INET6 and error.errno in (errno.ENOENT, errno.EAFNOSUPPORT):
            return
        if error.errno in (errno.ENOBUFS, errno.EBUSY, errno.EAGAIN):
            raise _DumpInterruptedError(error.strerror) from error
        raise SourceError(f"The kernel refuses to list its TCP sockets ({error.strerror}).") from error

    def _receive(self) -> bytes:
        message, _, flags, _ = self._netlink.recvmsg(self._buffer_bytes)
        if flags & socket.MSG_TRUNC:
            self._buffer_bytes *= 2
            raise _DumpInterruptedError("a message was cut short")
        return message

    def _add_sockets(self, message: bytes, found: dict[int, _KnownRecord]) -> int:
        """Add the sockets of one message to `found`; returns the offset after the last socket record."""
        now_ns = self._clock()
        now_ms = now_ns // 1_000_000
        last_dump, offset, end = self._known, 0, len(message)
        while end - offset >= _RECORD.size:
            length, kind, flags, cookie, expires = _RECORD.unpack_from(message, offset)
            if kind != SOCK_DIAG_BY_FAMILY or length < ATTRIBUTES:
                break
            if flags & NLM_F_DUMP_INTR:
                self.inconsistent = True
            known = last_dump.get(cookie)
            if known and known.matches(message, offset, length, now_ms, expires):
                found[cookie] = known
            elif fresh := _read(message[offset : offset + length], now_ns, self._netns):
                found[cookie] = fresh
            else:
                self.skipped += 1
            offset += length + 3 & ~3
        return offset

    def _is_last(self, message: bytes, offset: int) -> bool:
        """Whether the message at `offset`, after the sockets, ends the dump; OSError if it reports an error."""
        if offset == len(message):
            return False
        if len(message) - offset < _LAST.size:
            raise _DumpInterruptedError("a message was cut short")
        kind, flags, result = _LAST.unpack_from(message, offset)
        if kind not in (NLMSG_DONE, NLMSG_ERROR):
            raise _DumpInterruptedError(f"netlink message of type {kind}")
        self.inconsistent |= bool(flags & NLM_F_DUMP_INTR)
        if result < 0:
            raise OSError(-result, os.strerror(-result))
        return True


def netlink_socket() -> NetlinkSocket:
    """A netlink socket in the calling thread's network namespace; OSError if that is impossible."""
    if not sys.platform.startswith("linux"):
        raise OSError(errno.EAFNOSUPPORT, os.strerror(errno.EAFNOSUPPORT))
    return socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG)


def _read(record: bytes, now_ns: int, netns: Namespace | None) -> _KnownRecord | None:
    """`record`, split for the comparison in the next dump; None if its state is not in RFC 9293."""
    info = inet_diag.info_span(record)
    row = inet_diag.decode(record, info, now_ns, netns)
    if row is None:
        return None
    ages = info.start + LAST_AGES.start if info.stop - info.start >= LAST_AGES.stop else len(record)
    return _KnownRecord(
        before=record[_BEFORE : _EXPIRES.start],
        between=record[_EXPIRES.stop : ages],
        after=record[ages + _AGES_SIZE :],
        ages=ages,
        deadline_ms=now_ns // 1_000_000 + (row.timer.expires_ms if row.timer else 0),
        row=row,
    )
