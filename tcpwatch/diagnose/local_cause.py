"""What on this host explains a socket that waits: the cause is the alarm, and its consequences are not others."""

from enum import Enum
from typing import NamedTuple


class LocalCause(Enum):
    """Why a socket waits, where another socket of this host tells."""

    READER = "the program at the other end, which is on this host, does not read"
    FULL_QUEUE = "the accept queue of its listener, which is on this host, is full"
    FLOOD = "the half-open queue of its listener, which is on this host, is full"
    ANSWERED = "the other end, which is on this host, has answered and waits in SYN-RECEIVED"
    DEFERRED = "its listener asked for data first (TCP_DEFER_ACCEPT)"


class ListenerQueues(NamedTuple):
    """What a listener's two queues have in them, as far as the table of sockets shows.

    `waiting` connections are for accept(), the first for `waited_ns`, or longer where that is not `seen`. `half_open`
    handshakes from so many `addresses` wait for their last ACK, `again` of them have had a SYN-ACK more than once;
    `put_aside` are those whose last ACK came and was put aside, because the listener wants data first. `flooded` is
    whether the half-open queue is full, and that is no burst of a moment.
    """

    waiting: int = 0
    waited_ns: int = 0
    seen: bool = True
    half_open: int = 0
    addresses: int = 0
    again: int = 0
    put_aside: int = 0
    flooded: bool = False
