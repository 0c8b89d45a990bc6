"""Adds to BPF rows what only sock_diag can read: the data of kernel modules and upper layer protocols.

A BPF program knows only the types of the kernel itself, not those of modules, and cannot follow untyped pointers. So
the private data of kernel TLS, MPTCP and congestion controls built as modules must come from sock_diag.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from tcpwatch.errors import SourceError
from tcpwatch.kernel.sock_diag.client import SockDiag
from tcpwatch.sockets.row import SocketRow
from tcpwatch.tcp.state import State

CONTROLS_WITH_INFO = frozenset({"bbr", "dctcp", "vegas"})  # they report details, but only in STATES_WITH_INFO
STATES_WITH_INFO = frozenset({State.ESTABLISHED, State.SYN_SENT, State.FIN_WAIT_1, State.FIN_WAIT_2})


def dump_attributes() -> list[SocketRow]:
    """One dump of the socket table by sock_diag."""
    sockets = SockDiag()
    try:
        return sockets.dump()
    finally:
        sockets.close()


def complete_attributes(
    rows: Sequence[SocketRow], dump: Callable[[], list[SocketRow]] = dump_attributes
) -> list[SocketRow]:
    """The rows; those that BPF reads incompletely get the attributes from `dump`, if it succeeds."""
    incomplete = {row.cookie for row in rows if _lacks_attributes(row)}
    if not incomplete:
        return list(rows)
    try:
        attributes = {row.cookie: row.attributes for row in dump()}
    except SourceError:
        return list(rows)
    return [replace(row, attributes=attributes.get(row.cookie)) if row.cookie in incomplete else row for row in rows]


def _lacks_attributes(row: SocketRow) -> bool:
    if row.record is None:
        return False
    extensions = row.extensions
    lacks_congestion_info = (
        extensions.congestion in CONTROLS_WITH_INFO
        and extensions.congestion_info is None
        and row.state in STATES_WITH_INFO
    )
    return lacks_congestion_info or extensions.ulp is not None
