"""Why the persist timer runs: its name is not its reason.

Linux arms it whenever something waits and nothing is in flight (tcp_check_probe_timer, include/net/tcp.h): because the
peer's window has no room, but also because the program has asked to hold back what is less than a segment (TCP_CORK,
MSG_MORE), which the kernel then does for 200 ms at most (tcp(7)).
"""

from enum import Enum

from tcpwatch.diagnose.timers.backoff import failures
from tcpwatch.sockets.row import SocketRow, TimerKind

CORK_MS = 200  # tcp(7) on TCP_CORK
_SLACK_MS = 40  # a timer fires up to a few jiffies late
_NAGLE_CORK = 2  # TCP_NAGLE_CORK, include/net/tcp.h; MSG_MORE is not kept in the socket


class Persists(Enum):
    """What the data behind a persist timer waits for."""

    WINDOW = "the peer's window has no room"
    CORKED = "the program holds it back by TCP_CORK"
    PROGRAM = "the program holds it back by TCP_CORK or MSG_MORE"
    RETRIED = "the window has room, and the kernel has tried without success"
    UNKNOWN = "the source does not show the window"


def persists(row: SocketRow) -> Persists | None:
    """Why the socket's persist timer runs; None where another one runs or none."""
    if row.timer is None or row.timer.kind is not TimerKind.PERSIST:
        return None
    info = row.info
    if info is None or info.snd_wnd is None:
        return Persists.WINDOW if failures(row) or row.timer.expires_ms > CORK_MS + _SLACK_MS else Persists.UNKNOWN
    least = min(max(1, row.send_q or 1), max(1, info.snd_mss or 1))
    if info.snd_wnd < least:
        return Persists.WINDOW
    if failures(row):
        return Persists.RETRIED
    nonagle = row.record.value("nonagle") if row.record is not None else None
    return Persists.CORKED if nonagle is not None and nonagle & _NAGLE_CORK else Persists.PROGRAM
