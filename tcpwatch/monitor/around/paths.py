"""The way of single connections, asked for on demand: by the front end for the one that is looked at, by rules for few.

An answer is good for a second, so that who draws often asks the kernel seldom. Any thread may ask.
"""

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from tcpwatch.errors import SourceError
from tcpwatch.kernel.host import Host
from tcpwatch.sockets.host import Path, Route
from tcpwatch.sockets.row import SocketRow
from tcpwatch.text.duration import SECOND_NS

KEPT = 256
GOOD_FOR_NS = SECOND_NS

Answer = TypeVar("Answer")


class Paths:
    """What the host says of a connection's way; nothing of a socket in another namespace, or without a peer."""

    def __init__(self, host: Host | None) -> None:
        self._host = host
        self._routes: Recent[Route] = Recent()
        self._paths: Recent[Path] = Recent()

    def route(self, row: SocketRow, now_ns: int) -> Route | None:
        """The route of what this socket sends: some 50 us."""
        host = self._host
        if host is None or not row.is_here or not row.remote.port:
            return None
        return self._routes.get(row, now_ns, lambda: host.route(row.ends, row.interface))

    def path(self, row: SocketRow, now_ns: int) -> Path | None:
        """The route, and the entry in netfilter's table: that takes milliseconds where the table is large."""
        host, route = self._host, self.route(row, now_ns)
        if host is None or route is None:
            return None
        return self._paths.get(row, now_ns, lambda: _path(host, row, route))


class Recent(Generic[Answer]):
    """Answers by the ends and the interface of a socket; the oldest are forgotten."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._answers: dict[tuple[bytes, int], tuple[int, Answer]] = {}

    def __len__(self) -> int:
        return len(self._answers)

    def get(self, row: SocketRow, now_ns: int, ask: Callable[[], Answer]) -> Answer:
        """The answer of a moment ago, or a new one."""
        key = (row.ends, row.interface)
        with self._lock:
            known = self._answers.pop(key, None)
            if known is None or now_ns - known[0] >= GOOD_FOR_NS:
                known = now_ns, ask()
            while len(self._answers) >= KEPT:
                del self._answers[next(iter(self._answers))]
            self._answers[key] = known
        return known[1]


def _path(host: Host, row: SocketRow, route: Route) -> Path:
    try:
        return Path(route, host.tracked(row.ends))
    except (SourceError, OSError) as error:
        return Path(route, None, str(error))
