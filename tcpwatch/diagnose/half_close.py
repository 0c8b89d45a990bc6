"""A peer that has closed its direction: whether this end is at fault for not having closed yet.

CLOSE-WAIT alone is no verdict: sending goes on in it (RFC 9293 §3.10.2), and a program needs a moment to notice a FIN.
"""

from typing import NamedTuple

from tcpwatch.diagnose.problem import Since
from tcpwatch.sockets.row import SocketRow

YOUNG_NS = 2_000_000_000  # a program that polls once a second has noticed by then
TICKS_NS = 20_000_000  # the kernel dates what it sent in jiffies, of 10 ms at most: an answer just before the FIN
SENDING_NS = 10_000_000_000  # streams send keep-alives more often than that; a leak sends nothing


class HalfClose(NamedTuple):
    """Why a CLOSE-WAIT is ordinary: `sends`, this end still sends; else the peer has closed a moment ago.

    `sent_ago_ns` is the time since it sent data, None where that is not known.
    """

    sends: bool
    sent_ago_ns: int | None = None


def last_sent_ns(row: SocketRow) -> int | None:
    """When it last sent data, on the monotonic clock; None where it never did, or where that is not known."""
    info = row.info
    if info is None or info.last_data_sent is None or not (info.bytes_sent or info.bytes_acked or row.send_q):
        return None  # the kernel counts from the beginning of a connection that has sent nothing
    return row.read_ns - info.last_data_sent * 1_000_000


def half_close_of(row: SocketRow, began: Since, sent_ns: int | None, now_ns: int) -> HalfClose | None:
    """Why a CLOSE-WAIT that `began` then is ordinary; None where its program must close.

    What was sent before the peer closed is no sign that sending goes on.
    """
    ago_ns = None if sent_ns is None else max(0, now_ns - sent_ns)
    if row.send_q:
        return HalfClose(True, ago_ns)
    after_fin = sent_ns is not None and (not began.seen or sent_ns - began.time_ns > TICKS_NS)
    if after_fin and ago_ns is not None and ago_ns < SENDING_NS:
        return HalfClose(True, ago_ns)
    return HalfClose(False) if now_ns - began.time_ns < YOUNG_NS else None
