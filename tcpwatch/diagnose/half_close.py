"""A peer that has closed its direction: whether this end is at fault for not having closed yet.

CLOSE-WAIT alone is no verdict: sending goes on in it (RFC 9293 §3.10.2), and a program needs a moment to notice a FIN.
"""

from typing import NamedTuple

YOUNG_NS = 2_000_000_000  # a program that polls once a second has noticed by then
SENDING_NS = 10_000_000_000  # streams send keep-alives more often than that; a leak sends nothing


class HalfClose(NamedTuple):
    """Why a CLOSE-WAIT is ordinary: `sends`, this end still sends; else the peer has closed a moment ago.

    `sent_ago_ns` is the time since it sent data, None where that is not known.
    """

    sends: bool
    sent_ago_ns: int | None = None
