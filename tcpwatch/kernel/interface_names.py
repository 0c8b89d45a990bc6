"""The names of interfaces by number, as the network namespace has them in which tcpwatch runs."""

import socket
import time
from functools import lru_cache

from tcpwatch.sockets.namespace import Namespace
from tcpwatch.text.clean import clean
from tcpwatch.text.duration import SECOND_NS

CACHED = 4_096


def interface_name(number: int, netns: Namespace | None) -> str | None:
    """The name of the interface that a socket in `netns` is bound to; None for 0, or where it cannot be known.

    An interface may be renamed, so a name is asked for again each second.
    """
    if not number or (netns is not None and not netns.here):
        return None
    return _name_of(number, time.monotonic_ns() // SECOND_NS)


@lru_cache(maxsize=CACHED)
def _name_of(number: int, _second: int) -> str | None:
    try:
        return clean(socket.if_indextoname(number))
    except (OSError, OverflowError):
        return None
