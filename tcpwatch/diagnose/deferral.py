"""TCP_DEFER_ACCEPT: a listener that wants data before it is told of a client keeps the handshake half open.

The bare ACK is put aside (tcp_check_req, net/ipv4/tcp_minisocks.c), and the SYN-ACK is not sent again before the last
of the timeouts that the option stands for (syn_ack_recalc, net/ipv4/inet_connection_sock.c). Only the kernel's own
records of the listener and of the handshake show it.
"""

from enum import Enum

from tcpwatch.sockets.row import SocketRow


class FinalAck(Enum):
    """What has become of the ACK that completes a handshake."""

    NOT_COME = "the client's ACK has not come"
    DEFERRED = "it came, and was put aside because the listener asked for data first"
    NO_ROOM = "it came, and the accept queue had no room"


def final_ack(handshake: SocketRow, listener: SocketRow | None) -> FinalAck | None:
    """What has become of the last ACK of a socket in SYN-RECEIVED; None where the source does not show it."""
    acked = handshake.record.value("acked") if handshake.record is not None else None
    timeouts, limit = _timeouts(handshake, listener)
    if acked is None:
        return None
    if not acked:
        return FinalAck.NOT_COME
    if limit is None or timeouts is None:
        return None
    return FinalAck.DEFERRED if timeouts < limit else FinalAck.NO_ROOM


def stays_silent(handshake: SocketRow, listener: SocketRow | None) -> bool:
    """Whether the SYN-ACK is not sent again when the timer fires."""
    timeouts, limit = _timeouts(handshake, listener)
    deferred = final_ack(handshake, listener) is FinalAck.DEFERRED
    return deferred and timeouts is not None and limit is not None and timeouts < limit - 1


def defers(listener: SocketRow | None) -> bool | None:
    """Whether the listener defers accept(); None where that is not known."""
    limit = listener.record.value("rskq_defer_accept") if listener is not None and listener.record is not None else None
    return None if limit is None else limit > 0


def _timeouts(handshake: SocketRow, listener: SocketRow | None) -> tuple[int | None, int | None]:
    """How often the timer of the handshake has fired, and how often it may while the ACK is put aside."""
    records = (handshake.record, listener.record if listener is not None else None)
    values = zip(records, ("num_timeout", "rskq_defer_accept"), strict=True)
    timeouts, limit = (record.value(name) if record is not None else None for record, name in values)
    return timeouts, limit
