"""For how long a timer has fired without success, as far as it has backed off by now (net/ipv4/tcp_timer.c).

A lower bound: Linux at most doubles each wait, so the waits that are over add up to the present one less the first.
"""

from tcpwatch.diagnose.timers.deadline import RTO_MAX
from tcpwatch.sockets.row import SocketRow, TimerKind


def failures(row: SocketRow) -> int:
    """How often in a row the socket's timer has fired without success; 0 where no timer runs that backs off."""
    if row.timer is None:
        return 0
    if row.timer.kind is TimerKind.PERSIST:  # an answer resets the count of probes; only room resets their backoff
        return max(row.timer.retransmits, (row.info.backoff if row.info else None) or 0)
    return row.timer.retransmits if row.timer.kind is TimerKind.RETRANSMIT else 0


def failing_ns(row: SocketRow, now_ns: int) -> int:
    """How long that has been going on at least, at `now_ns` on the monotonic clock; 0 where it is not known."""
    times = failures(row)
    if not times or row.timer is None or row.info is None or row.info.rto is None:
        return 0
    wait_ms = row.info.rto // 1_000
    if row.timer.kind is TimerKind.PERSIST:  # which leaves the RTO as it was
        wait_ms = min(wait_ms << times, RTO_MAX)
    over_ms = wait_ms - (wait_ms >> times)
    return (over_ms + max(0, wait_ms - row.timer.left_ms(now_ns))) * 1_000_000
