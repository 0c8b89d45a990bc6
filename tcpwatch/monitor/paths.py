"""The way of single connections, asked for on demand: by the front end for the one that is looked at, by rules for few.

An answer is good for a second, so that who draws often asks the kernel seldom. Any thread may ask.
"""

from threading import Lock

from tcpwatch.errors import SourceError
from tcpwatch.kernel.host import Host
from tcpwatch.sockets.host import Path
from tcpwatch.sockets.row import SocketRow
from tcpwatch.text.duration import SECOND_NS

KEPT = 256
GOOD_FOR_NS = SECOND_NS


class Paths:
    """Answers by the ends of a connection; the oldest are forgotten."""

    def __init__(self, host: Host | None) -> None:
        self._host = host
        self._lock = Lock()
        self._answers: dict[tuple[bytes, int], tuple[int, Path]] = {}

    def path(self, row: SocketRow, now_ns: int) -> Path | None:
        """The path of what this socket sends; None for one in another namespace, or without a peer."""
        if self._host is None or not row.is_here or not row.remote.port:
            return None
        key = (row.ends, row.interface)
        with self._lock:
            known = self._answers.get(key)
            if known is not None and now_ns - known[0] < GOOD_FOR_NS:
                return known[1]
            self._answers.pop(key, None)
            while len(self._answers) >= KEPT:
                self._answers.pop(next(iter(self._answers)))
            found = _ask(self._host, row)
            self._answers[key] = (now_ns, found)
        return found


def _ask(host: Host, row: SocketRow) -> Path:
    route = host.route(row.ends, row.interface)
    try:
        return Path(route, host.tracked(row.ends))
    except SourceError as error:
        return Path(route, None, str(error))
