"""What the rules look at: one socket and what is known around it, and readings of it that rules and panes share."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from tcpwatch.diagnose.half_close import HalfClose
from tcpwatch.diagnose.local_cause import ListenerQueues, LocalCause
from tcpwatch.diagnose.message import Count, Message, Time, Value, message
from tcpwatch.sockets.counters import NO_STACK, Stack
from tcpwatch.sockets.mishaps import EndsMishaps
from tcpwatch.sockets.row import NoOwner, Owner, SocketRow
from tcpwatch.sockets.tcp_info import TcpInfo
from tcpwatch.sockets.timeline import Timeline
from tcpwatch.tcp.flow_facts import FlowFacts
from tcpwatch.tcp.state import State
from tcpwatch.wire.icmp import IcmpError


@dataclass(frozen=True, slots=True)
class SocketFacts:
    """One socket at one moment.

    `turned_away` is how many clients a listener has refused in the last minute, `stack` the counters and settings of
    its network namespace; `timeline` has the states it went through, as far as they are known.
    `half_close` says why its CLOSE-WAIT is ordinary; `listener` is the one that a handshake in SYN-RECEIVED is for.
    `mishaps` are what went wrong with it in this kernel, None where nobody watched; `flow` is what the wire showed.
    `local_cause` is why it waits, where another socket of this host tells; `queues` are a listener's; `unread_ns` is
    for how long its program has not read, where its window is shut. `earlier` is the record of a socket that had data
    to send some seconds before, `icmp_error` the newest about what it sent. `now_ns` is on the clock of `row.read_ns`.
    """

    row: SocketRow
    owners: tuple[Owner, ...]
    no_owner: NoOwner | None
    info: TcpInfo | None
    peer: SocketRow | None
    peer_owners: tuple[Owner, ...]
    turned_away: int = 0
    stack: Stack = NO_STACK
    timeline: Timeline = field(default_factory=Timeline)
    half_close: HalfClose | None = None
    listener: SocketRow | None = None
    mishaps: EndsMishaps | None = None
    flow: FlowFacts | None = None
    local_cause: LocalCause | None = None
    queues: ListenerQueues | None = None
    unread_ns: int | None = None
    earlier: SocketRow | None = None
    icmp_error: IcmpError | None = None
    now_ns: int = 0

    def ago(self, age_ms: int) -> Time:
        """One of the ages of tcp_info by now: a row in which nothing else has changed is not read again."""
        return Time(age_ms * 1_000_000 + max(0, self.now_ns - self.row.read_ns))

    @property
    def program(self) -> Message | str:
        """Who must act, as a subject of a sentence."""
        return subject(self.owners, self.no_owner)

    @property
    def peer_program(self) -> Message | str:
        """Who must act at the other end."""
        return subject(self.peer_owners, None) if self.peer_owners else message("the program at the other end")


def subject(owners: tuple[Owner, ...], no_owner: NoOwner | None) -> Message | str:
    """The owners as the subject of a sentence."""
    if owners:
        first, *others = owners
        program = f"{first.command}/{first.pid}"
        return message("{program} (and {count} more)", program=program, count=len(others)) if others else program
    if no_owner is NoOwner.NEEDS_ROOT:
        return message("its program (root sees which)")
    if no_owner is not None and no_owner.out_of_sight:
        return message("its program ({why})", why=message(no_owner.value))
    return message("its program")


class Closer(StrEnum):
    """Which end sent the first FIN."""

    HERE = "closed first by this end"
    PEER = "closed first by the peer"
    HERE_OR_BOTH = "closed first by this end, or by both at once"
    BOTH = "closed by both ends at the same moment"


FIRST_CLOSER = {
    State.FIN_WAIT_1: Closer.HERE,
    State.FIN_WAIT_2: Closer.HERE,
    State.TIME_WAIT: Closer.HERE_OR_BOTH,
    State.CLOSING: Closer.BOTH,
    State.CLOSE_WAIT: Closer.PEER,
    State.LAST_ACK: Closer.PEER,
}
"""Who closed first, as far as the state alone shows it (RFC 9293 figure 5)."""


FIN_IN_QUEUE = frozenset({State.CLOSE_WAIT, State.CLOSING, State.LAST_ACK})
"""The states in which Linux counts the peer's FIN in the receive queue, until the program reads the end (tcp_fin)."""


def unread_in_close_wait(recv_q: int, quantity: Callable[[int, str], Value] = Count) -> Message:
    """What a receive queue in CLOSE-WAIT means: Linux counts the peer's FIN as one byte until it has been read.

    `quantity` writes a number of bytes as the reader's medium does.
    """
    if recv_q == 0:
        return message("nothing: the program has read the end of the stream and has not closed")
    if recv_q == 1:
        return message("0 bytes + FIN: the program has not read from this socket since the peer closed")
    return message(
        "{unread} + FIN: the program has not read them, nor the end of the stream", unread=quantity(recv_q - 1, "byte")
    )
