"""The words of a socket that `why` explains. Pure."""

from collections.abc import Iterator

from tcpwatch.monitor.snapshot import Detail
from tcpwatch.sockets.extras import Extensions
from tcpwatch.sockets.row import SocketRow
from tcpwatch.tcp.state import State


def states_of(detail: Detail) -> Iterator[str]:
    """The states of both ends, the peer's as the segments show it where no socket of the peer is known."""
    yield from (connection.row.state for connection in (detail.connection, detail.peer) if connection)
    if detail.flow and detail.peer is None:
        yield detail.flow.there_state


def queues_of(row: SocketRow) -> Iterator[str]:
    """Its timer, and the queues in which something waits."""
    if row.timer is not None:
        yield row.timer.kind
    if row.state is State.LISTEN:
        yield from ("accept queue", "half-open queue")
    if row.recv_q:
        yield "Recv-Q"
    if row.send_q:
        yield "Send-Q"


def extras_of(extensions: Extensions) -> Iterator[str]:
    """Memory and congestion control, where they are known."""
    if extensions.memory is not None:
        yield "memory"
    if extensions.congestion is not None:
        yield "congestion control"
