"""What BPF cannot tell of a few sockets, from sock_diag: the own words of modules and of upper layer protocols.

A program in the kernel knows the structures of the kernel, not of its modules, and cannot follow a pointer to anything.
So what kernel TLS, MPTCP, and a congestion control that is a module keep for themselves is out of its reach.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from tcpwatch.errors import SourceError
from tcpwatch.kernel.sock_diag.client import SockDiag
from tcpwatch.sockets.row import SocketRow
from tcpwatch.tcp.state import State

CONTROLS_WITH_INFO = frozenset(
    {"bbr", "dctcp", "vegas"}
)  # congestion controls that tell of themselves, in these states alone
STATES_WITH_INFO = frozenset({State.ESTABLISHED, State.SYN_SENT, State.FIN_WAIT_1, State.FIN_WAIT_2})


def dump_attributes() -> list[SocketRow]:
    """The socket table by sock_diag, once."""
    sockets = SockDiag()
    try:
        return sockets.dump()
    finally:
        sockets.close()


def complete_attributes(
    rows: Sequence[SocketRow], dump: Callable[[], list[SocketRow]] = dump_attributes
) -> list[SocketRow]:
    """The same rows; those of which BPF told only part have the attributes that `dump` gives, if it can be had."""
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
