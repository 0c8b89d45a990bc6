"""TCP sockets below an MPTCP socket: owner, state and unread bytes are those of the upper one, in a table of its own.

MPTCP takes bytes off its TCP sockets at once (mptcp_data_ready, net/mptcp/protocol.c) and ends by DATA_FIN; the FIN of
the TCP sockets follows when the MPTCP socket is closed (RFC 8684 §3.3.3). They are joined by inode, which both have.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from struct import Struct
from typing import Protocol

from tcpwatch.errors import SourceError
from tcpwatch.kernel.namespaces.thread import NamespaceThread
from tcpwatch.kernel.sock_diag.client import SockDiag, netlink_socket
from tcpwatch.kernel.sock_diag.inet_diag import mptcp_dump_request
from tcpwatch.sockets.row import SocketRow, UpperSocket

MPTCP = "mptcp"  # as the upper layer protocol of its TCP sockets
LOCAL_PORT, REMOTE_PORT = slice(-4, -2), slice(-2, None)  # in a row's ends
TOKEN = Struct("=12xI")  # in struct mptcp_info, include/uapi/linux/mptcp.h


class Table(Protocol):
    """A table of sockets."""

    name: str
    message: str

    def dump(self) -> list[SocketRow]:
        """All sockets now."""

    def close(self) -> None:
        """Release the open resources."""


class WithUpperSockets:
    """A table of TCP sockets, each with the MPTCP socket above it."""

    def __init__(self, tcp: Table, mptcp: Table) -> None:
        """`mptcp` gives the MPTCP sockets of the same namespace."""
        self.name, self.message = tcp.name, tcp.message
        self._tcp = tcp
        self._mptcp: Table | None = mptcp
        self._joined: dict[int, tuple[SocketRow, SocketRow, SocketRow]] = {}  # by cookie: row, upper row, both together

    def dump(self) -> list[SocketRow]:
        """Every TCP socket; a row that has not changed stays the same object, as that of the table."""
        rows, uppers = self._tcp.dump(), self._upper_rows()
        if not uppers:
            return rows
        by_inode = {upper.inode: upper for upper in uppers if upper.inode}
        closed = {upper.ends: upper for upper in uppers if not upper.inode}
        joined = _Joined([upper for upper in uppers if not upper.inode])
        before, self._joined = self._joined, {}
        return [
            self._with(row, before, upper)
            if (upper := by_inode.get(row.inode) or closed.get(row.ends) or (joined.above(row) if closed else None))
            else row
            for row in rows
        ]

    def close(self) -> None:
        """Close both tables."""
        self._tcp.close()
        if self._mptcp is not None:
            self._mptcp.close()

    def _upper_rows(self) -> list[SocketRow]:
        if self._mptcp is None:
            return []
        try:
            return self._mptcp.dump()
        except SourceError:  # this kernel has no MPTCP
            self._mptcp.close()
            self._mptcp = None
            return []

    def _with(
        self, row: SocketRow, before: Mapping[int, tuple[SocketRow, SocketRow, SocketRow]], upper: SocketRow
    ) -> SocketRow:
        """The row with its upper socket; without an inode where the program has closed that one."""
        known = before.get(row.cookie)
        if known is None or known[0] is not row or known[1] is not upper:
            info = upper.info_bytes
            token = (TOKEN.unpack_from(info)[0] or None) if len(info) >= TOKEN.size else None
            above = UpperSocket("MPTCP", upper.state, upper.recv_q, upper.send_q, token)
            known = row, upper, replace(row, upper=above, inode=row.inode if upper.inode else 0)
        self._joined[row.cookie] = known
        return known[2]


class _Joined:
    """Finds what is above a TCP socket that joined later and has other ends: its program has closed the MPTCP socket.

    Such a socket keeps the inode of what is closed, which nothing has any more. It has a port in common with the first.
    Where the closed ones are in several states, nothing tells which is above it.
    """

    def __init__(self, closed: Sequence[SocketRow]) -> None:
        self._closed = {upper.state: upper for upper in closed}
        self._local = {upper.ends[LOCAL_PORT] for upper in closed}
        self._remote = {upper.ends[REMOTE_PORT] for upper in closed}

    def above(self, row: SocketRow) -> SocketRow | None:
        """The closed MPTCP socket above this row."""
        shared = row.ends[LOCAL_PORT] in self._local or row.ends[REMOTE_PORT] in self._remote
        if len(self._closed) != 1 or not shared or not row.inode or row.extensions.ulp != MPTCP:
            return None
        return next(iter(self._closed.values()))


def with_mptcp(tcp: Table, namespace_thread: NamespaceThread | None = None) -> Table:
    """The same table, with the MPTCP sockets where this kernel lists them: of this namespace, or of the thread's."""
    try:
        if namespace_thread is None:
            return WithUpperSockets(tcp, SockDiag(request=mptcp_dump_request))
        inside = namespace_thread
        connect = lambda: inside.call(netlink_socket)  # noqa: E731
        return WithUpperSockets(tcp, SockDiag(connect=connect, netns=inside.netns, request=mptcp_dump_request))
    except SourceError:
        return tcp
