"""Which explanations fit what is selected, the nearest first. Pure."""

from collections.abc import Iterable, Iterator
from itertools import chain

from tcpwatch.monitor.snapshot import Connection, Detail
from tcpwatch.sockets.row import NoOwner
from tcpwatch.tcp.event import Event
from tcpwatch.tcp.state import State
from tcpwatch.tui.connections.grouping import Heading
from tcpwatch.tui.detail.tabs import TABS
from tcpwatch.tui.detail.topics import queues_of
from tcpwatch.why.tables.notes import topic_of_note
from tcpwatch.why.topic import Topic
from tcpwatch.why.topics import find_topic
from tcpwatch.wire.segment import flag_names

CLOSED_HERE = (State.FIN_WAIT_1, State.FIN_WAIT_2, State.CLOSING, State.LAST_ACK)
PROTOCOLS = ("TLS", "HTTP")

Selected = Heading | Connection | Event | Detail


def topics_of(selected: Selected) -> tuple[Topic, ...]:
    """The explanations for a row of a pane, or for everything in the tabs of the detail pane."""
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
    yield from queues_of(connection.row)


def _of_event(event: Event) -> Iterator[str]:
    """Its step, analysis flags, note, what it carries, its TCP flags; then the states of both ends after it."""
    if event.step:
        yield event.step
    yield from event.analysis
    if event.note and (key := topic_of_note(event.note)):
        yield key
    yield from (name for name in PROTOCOLS if event.app and name in event.app)
    yield from filter(None, flag_names(event.segment.flags).split(","))
    yield from (event.src_state, event.dst_state)


def _of_detail(detail: Detail) -> Iterator[str]:
    """What each tab shows of it, in the order of the tabs."""
    return chain.from_iterable(tab.topics(detail) for tab in TABS)
