from tcpwatch.errors import SourceError
from tcpwatch.monitor.around.paths import GOOD_FOR_NS, KEPT, Paths
from tcpwatch.sockets.host import Path, Route, TrackedConnection
from tcpwatch.sockets.namespace import Namespace
from tests.builders import ends, row

ROUTE = Route("unicast")


class ScriptedHost:
    """A host that counts the questions; netfilter's table is shown to root only."""

    def __init__(self) -> None:
        self.asked = 0

    def route(self, ends: bytes, bound_to: int = 0) -> Route:
        self.asked += 1
        return ROUTE

    def tracked(self, ends: bytes) -> TrackedConnection | None:
        raise SourceError("shown to root only")


def test_path_is_asked_for_once_a_second() -> None:
    host = ScriptedHost()
    paths = Paths(host)  # type: ignore[arg-type]
    assert paths.route(row(), 0) == ROUTE
    assert paths.path(row(), 0) == Path(ROUTE, None, "shown to root only")
    paths.path(row(), GOOD_FOR_NS - 1)
    assert host.asked == 1
    paths.path(row(), GOOD_FOR_NS)
    assert host.asked == 2


def test_paths_are_bounded() -> None:
    host = ScriptedHost()
    paths = Paths(host)  # type: ignore[arg-type]
    for port in range(2 * KEPT):
        paths.path(row(ends=ends(("10.0.0.1", 1 + port), ("10.0.0.2", 80))), 0)
    assert len(paths._routes) == len(paths._paths) == KEPT


def test_socket_elsewhere_or_without_a_peer_has_no_path() -> None:
    paths = Paths(ScriptedHost())  # type: ignore[arg-type]
    assert paths.path(row(netns=Namespace(7)), 0) is None
    assert paths.path(row(ends=ends(("0.0.0.0", 80), ("0.0.0.0", 0))), 0) is None
    assert Paths(None).path(row(), 0) is None
