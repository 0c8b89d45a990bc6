"""Which connection a segment belongs to, where two links have the same ends."""

from tcpwatch.monitor.history import by_ends
from tcpwatch.monitor.snapshot import Connection, Snapshot
from tcpwatch.monitor.traffic.chosen import connection_of
from tcpwatch.sockets.row import NoOwner
from tcpwatch.wire.segment import reversed_ends
from tests.builders import CLIENT, SERVER, connection, ends, event

OURS = ends(CLIENT, SERVER)


def picture(*connections: Connection) -> Snapshot:
    by_key = {one.key: one for one in connections}
    return Snapshot(
        mono_ns=0, time_ns=0, connections=connections, by_key=by_key, by_ends=by_ends(connections), sources=(),
        captured=0, dropped=0,
    )  # fmt: skip


def on_link(cookie: int, interface: int, **facts: object) -> Connection:
    return connection(cookie=cookie, ends=OURS, interface=interface, **facts)


def test_segment_of_each_link_has_the_socket_that_is_bound_there() -> None:
    shown = picture(on_link(1, 2), on_link(2, 3))
    assert [found.key for link in (2, 3) if (found := connection_of(event(link=link), shown))] == [1, 2]
    answer = event(link=2, ends=reversed_ends(OURS), side=1)
    assert (found := connection_of(answer, shown)) is not None
    assert found.key == 1


def test_socket_that_is_bound_to_no_link_is_of_every_link() -> None:
    assert (found := connection_of(event(link=7), picture(on_link(1, 0)))) is not None
    assert found.key == 1


def test_segment_of_a_file_has_the_connection_of_its_stream() -> None:
    shown = picture(*(on_link(stream << 1, 0, no_owner=NoOwner.FILE) for stream in (0, 1)))
    assert [found.key for stream in (0, 1) if (found := connection_of(event(stream=stream), shown))] == [0, 2]


def test_stranger_has_none() -> None:
    assert connection_of(event(), picture()) is None
