"""The kernel's socket table through the BPF iterator `bpf_iter_tcp`, with the kernel's own TCB of each socket.

A dump is not a snapshot: sockets come and go while the kernel walks its tables. So a cookie gives one row even if it
appears twice. A socket that did nothing between two dumps costs one comparison of bytes; its `SocketRow` stays the same
object, and its times are relative to the row's `read_ns`.
"""

import os
import struct
import time
from collections.abc import Callable
from dataclasses import replace

from tcpwatch.errors import SourceError
from tcpwatch.kernel.bpf.btf import Btf
from tcpwatch.kernel.bpf.loader import ReadRecords, RunInThread, load_iterator, read_iterator
from tcpwatch.kernel.bpf.programs import SOCKET_FIELDS, tcp_iterator
from tcpwatch.kernel.bpf.socket_record import Initial, NamesByOffset, SocketRecord, socket_row
from tcpwatch.kernel.bpf.tcp_get_info import Clock
from tcpwatch.sockets.kernel_tcb import tcb_of
from tcpwatch.sockets.namespace import Namespace
from tcpwatch.sockets.row import SocketRow

_CLOCK_MONOTONIC_COARSE = 6  # include/uapi/linux/time.h; its resolution is a jiffy
_RECORDS = struct.Struct(f"=QQ{SOCKET_FIELDS.size}s")  # cookie, jiffies, fields


class BpfSockets:
    """Reads the socket table of the calling thread's network namespace. Not thread-safe.

    `skipped` counts sockets of the last dump whose state is not in RFC 9293.
    """

    name = "bpf"
    message = "BPF: every socket, with the kernel's own TCB"

    def __init__(
        self,
        known: NamesByOffset,
        read: ReadRecords,
        clock: Callable[[], int] = time.monotonic_ns,
        hz: int = 0,
        netns: Namespace | None = None,
    ) -> None:
        """`read` runs the iterator once, in `netns`; `known` are the fields that it fills, by shape.

        `clock` returns monotonic nanoseconds.
        """
        self.skipped = 0
        self._known = known
        self._read = read
        self._netns = netns
        self._clock = clock
        self._hz = hz or round(1 / time.clock_getres(_CLOCK_MONOTONIC_COARSE))
        self._seen: dict[int, tuple[bytes, SocketRow]] = {}  # by cookie: the fields and the row made from them
        self._link: int | None = None

    @classmethod
    def open(cls, btf: Btf, netns: Namespace | None = None) -> "BpfSockets":
        """Load the program; SourceError if the kernel refuses."""
        code, known = tcp_iterator(btf)
        link = load_iterator(code, btf, "tcp")
        sockets = cls(known, lambda: read_iterator(link), netns=netns)
        sockets._link = link
        return sockets

    def elsewhere(self, netns: Namespace, run: RunInThread) -> "BpfSockets":
        """The same program, run by `run` in another namespace; usable as long as this source is open."""
        if (link := self._link) is None:
            raise SourceError("The program is not loaded.")
        return BpfSockets(self._known, lambda: read_iterator(link, run), netns=netns)

    def dump(self) -> list[SocketRow]:
        """Every TCP socket in the calling thread's network namespace, IPv4 and IPv6, in all states.

        Raises SourceError if the kernel stops early or a record is incomplete.
        """
        self.skipped = 0
        found: dict[int, tuple[bytes, SocketRow]] = {}
        for chunk in self._read():
            self._take(chunk, found)
        self._seen = found
        return [row for _, row in found.values()]

    def close(self) -> None:
        """Unload the program."""
        if self._link is not None:
            os.close(self._link)
            self._link = None

    def _take(self, chunk: bytes, found: dict[int, tuple[bytes, SocketRow]]) -> None:
        """Add the sockets of one chunk to `found`."""
        now_ns = self._clock()
        try:
            records = _RECORDS.iter_unpack(chunk)
        except struct.error as error:
            raise SourceError("The kernel's list of sockets was cut within a record.") from error
        last_dump = self._seen
        for cookie, jiffies, fields in records:
            seen = last_dump.get(cookie)
            if seen is not None and seen[0] == fields:
                found[cookie] = seen
                continue
            record = SocketRecord(fields, Clock(jiffies, self._hz, now_ns), self._known)
            if record.in_time_wait and seen is not None:
                record = replace(record, initial=_initial_numbers(seen[1]))
            row = socket_row(cookie, record, self._netns)
            if row is not None:
                found[cookie] = fields, row
            else:
                self.skipped += 1


def _initial_numbers(before: SocketRow) -> Initial:
    """ISS and IRS from the last row of a socket."""
    tcb = tcb_of(before)
    return (tcb.iss, tcb.irs) if tcb is not None else (None, None)
