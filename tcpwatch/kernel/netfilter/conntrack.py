"""Looks one connection up in netfilter's table: by ctnetlink, else in /proc/net/nf_conntrack.

ctnetlink asks for CAP_NET_ADMIN at each request, so it answers after the start only where that is kept. The file is
root's to open, and is read on afterwards; it has no order, so it is gone through to MOST_BYTES.
"""

import errno
import os
import socket
from contextlib import suppress
from pathlib import Path
from threading import Lock

from tcpwatch.errors import SourceError
from tcpwatch.kernel.netfilter.ctnetlink import IPCTNL_MSG_CT_NEW, decode_entry, entry_request
from tcpwatch.kernel.netfilter.listed import find_listed
from tcpwatch.kernel.rtnetlink.messages import NLMSG_ERROR, error_of, messages
from tcpwatch.sockets.host import TrackedConnection

NETLINK_NETFILTER = 12
TABLE = Path("/proc/thread-self/net/nf_conntrack")
CHUNK, MOST_BYTES = 1 << 16, 1 << 21  # about 12,000 entries, 3 ms and what the kernel takes to write them
TIMEOUT_S = 0.2
NEEDS_ROOT = "netfilter's table is shown to root only"


class ConntrackTable:
    """Any thread may look up."""

    def __init__(self, table: Path = TABLE) -> None:
        """Open both ways, of the calling thread's network namespace, as far as they may be."""
        self._lock = Lock()
        self._sequence = 0
        self._netlink: socket.socket | None = None
        self._file: int | None = None
        with suppress(OSError, AttributeError):
            self._netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
            self._netlink.settimeout(TIMEOUT_S)
        with suppress(OSError):
            self._file = os.open(table, os.O_RDONLY | os.O_CLOEXEC)

    @property
    def readable(self) -> bool:
        """Whether an entry could be found, by either way."""
        if self._file is not None:
            return True
        try:
            self._ask(bytes(12))
        except SourceError:
            return False
        return True

    def find(self, ends: bytes) -> TrackedConnection | None:
        """The entry of the connection with these ends; None if it is not tracked. SourceError: unknown."""
        try:
            return self._ask(ends)
        except SourceError:
            if self._file is None:
                raise
        return self._search(ends, self._file)

    def close(self) -> None:
        """Close what is open."""
        if self._netlink is not None:
            self._netlink.close()
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _ask(self, ends: bytes) -> TrackedConnection | None:
        if self._netlink is None:
            raise SourceError("this kernel has no ctnetlink")
        with self._lock:
            self._sequence += 1
            try:
                self._netlink.send(entry_request(ends, self._sequence))
                while True:
                    for kind, sequence, body in messages(self._netlink.recv(CHUNK)):
                        if sequence == self._sequence:
                            return _answer(kind, body)
            except OSError as error:
                raise SourceError(f"ctnetlink does not answer ({error.strerror or error})") from error

    def _search(self, ends: bytes, file: int) -> TrackedConnection | None:
        rest, offset = b"", 0
        while offset < MOST_BYTES:
            with self._lock:
                chunk = os.pread(file, CHUNK, offset)
            if not chunk:
                return None
            offset += len(chunk)
            whole, _, rest = (rest + chunk).rpartition(b"\n")
            if found := find_listed(whole.decode("ascii", "replace"), ends):
                return found
        raise SourceError("netfilter's table is too large to go through; with CAP_NET_ADMIN one entry can be asked for")


def _answer(kind: int, body: bytes) -> TrackedConnection | None:
    if kind == IPCTNL_MSG_CT_NEW:
        return decode_entry(body)
    number = error_of(body) if kind == NLMSG_ERROR else errno.EBADMSG
    if number == errno.ENOENT:
        return None
    raise SourceError(NEEDS_ROOT if number == errno.EPERM else os.strerror(number))
