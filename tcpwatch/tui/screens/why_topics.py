"""Which explanations fit what is selected: the nearest first, those they lead to last. Pure."""

from collections.abc import Iterable, Iterator

from tcpwatch.diagnose.diagnosis import topics_of_findings
from tcpwatch.monitor.snapshot import Connection, Detail
from tcpwatch.sockets.extras import Extensions
from tcpwatch.sockets.row import NoOwner, SocketRow
from tcpwatch.tcp.event import Event
from tcpwatch.tcp.state import State
from tcpwatch.tui.connections.grouping import Heading
from tcpwatch.tui.detail.fields import FIELDS, MEASURES
from tcpwatch.why.topic import Topic
from tcpwatch.why.topics import find_topic
from tcpwatch.wire.segment import flag_names

CLOSED_HERE = (State.FIN_WAIT_1, State.FIN_WAIT_2, State.CLOSING, State.LAST_ACK)
SEND_WINDOW = ("in flight", "usable")
PROTOCOLS = ("TLS", "HTTP")

Selected = Heading | Connection | Event | Detail


def topics_of(selected: Selected) -> tuple[Topic, ...]:
    """The explanations for a row of one of the panes, or for all that the detail pane shows."""
    match selected:
        case Heading(state=state):
            words: Iterable[str] = (state,)
        case Connection():
            words = _of_connection(selected)
        case Event():
            words = _of_event(selected)
        case Detail():
            words = _of_detail(selected)
    return tuple(dict.fromkeys(find_topic(word) for word in words))


def _of_connection(connection: Connection) -> Iterator[str]:
    """Its state; then its timer, and what waits in its queues."""
    yield connection.row.state
    if connection.no_owner is NoOwner.KERNEL and connection.row.state in CLOSED_HERE:
        yield "orphan"
    yield from _waiting(connection.row)


def _of_event(event: Event) -> Iterator[str]:
    """Its step, what analysis says of it, what it carries, its flags; then the states of both ends after it."""
    if event.step:
        yield event.step
    yield from event.analysis
    yield from (name for name in PROTOCOLS if event.app and name in event.app)
    yield from filter(None, flag_names(event.segment.flags).split(","))
    yield from (event.src_state, event.dst_state)


def _of_detail(detail: Detail) -> Iterator[str]:
    """The states of both ends, what stands in the pane from its top to its bottom, and what its segments showed."""
    connections = [connection for connection in (detail.connection, detail.peer) if connection]
    yield from (connection.row.state for connection in connections)
    if detail.flow and detail.peer is None:
        yield detail.flow.there_state
    if detail.here or detail.there:
        yield from (label for label, _ in (*FIELDS, *MEASURES))
        yield from SEND_WINDOW
    if detail.connection:
        yield from _waiting(detail.connection.row)
        yield from _told_of(detail.connection.row.extensions)
    if detail.flow:
        yield from sorted(detail.flow.analysis)
    yield from topics_of_findings((*detail.findings, *detail.disagreements))


def _told_of(extensions: Extensions) -> Iterator[str]:
    if extensions.memory is not None:
        yield "memory"
    if extensions.congestion is not None:
        yield "congestion control"


def _waiting(row: SocketRow) -> Iterator[str]:
    if row.timer is not None:
        yield row.timer.kind
    if row.state is State.LISTEN:
        yield from ("accept queue", "half-open queue")
    if row.recv_q:
        yield "Recv-Q"
    if row.send_q:
        yield "Send-Q"
