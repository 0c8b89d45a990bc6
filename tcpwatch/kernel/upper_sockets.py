"""TCP sockets below an MPTCP socket: owner, state and unread bytes are those of the upper one, in a table of its own.

MPTCP takes bytes off its TCP sockets at once (mptcp_data_ready, net/mptcp/protocol.c) and ends by DATA_FIN; the FIN of
the TCP sockets follows when the MPTCP socket is closed (RFC 8684 §3.3.3). They are joined by inode, which both have.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Protocol

from tcpwatch.errors import SourceError
from tcpwatch.kernel.sock_diag.client import SockDiag
from tcpwatch.kernel.sock_diag.inet_diag import mptcp_dump_request
from tcpwatch.sockets.row import SocketRow, UpperSocket


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
        """`mptcp` gives the MPTCP sockets of this namespace."""
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
        before, self._joined = self._joined, {}
        return [
            self._with(row, before, by_inode.get(row.inode) or closed[row.ends])
            if row.is_here and (row.inode in by_inode or row.ends in closed)
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
            above = UpperSocket("MPTCP", upper.state, upper.recv_q)
            known = row, upper, replace(row, upper=above, inode=row.inode if upper.inode else 0)
        self._joined[row.cookie] = known
        return known[2]


def with_mptcp(tcp: Table) -> Table:
    """The same table, with the MPTCP sockets where this kernel lists them."""
    try:
        return WithUpperSockets(tcp, SockDiag(request=mptcp_dump_request))
    except SourceError:
        return tcp
