"""Open connections of which one direction alone is captured."""

from tcpwatch.diagnose.host import OneWayFlows
from tcpwatch.monitor.around.one_way import one_way_flows
from tcpwatch.monitor.snapshot import Connection
from tcpwatch.tcp.state import State
from tcpwatch.wire.segment import reversed_ends
from tests.builders import connection, ends

ENDS = ends(("10.0.0.1", 80), ("10.0.0.9", 50_000))


def found(*segs: tuple[bytes, int, int], state: State = State.ESTABLISHED, of: bytes = ENDS) -> OneWayFlows | None:
    known: dict[bytes, Connection] = {of: connection(cookie=3, state=state, ends=of)}
    return one_way_flows(segs, known)


def test_direction_is_that_of_this_host() -> None:
    assert found((ENDS, 10, 0)) == OneWayFlows(1, 1, 0, (3,))
    assert found((reversed_ends(ENDS), 10, 0)) == OneWayFlows(1, 0, 1, (3,))
    assert found((reversed_ends(ENDS), 0, 10)) == OneWayFlows(1, 1, 0, (3,))


def test_both_directions_are_as_it_should_be() -> None:
    assert found((ENDS, 9, 1)) == OneWayFlows(1, 0, 0)


def test_few_segments_and_flows_of_others_tell_nothing() -> None:
    assert found((ENDS, 9, 0)) is None
    assert found((ENDS, 99, 0), state=State.SYN_SENT) is None
    assert found((ENDS, 99, 0), of=ends(("10.0.0.1", 80), ("10.0.0.8", 50_000))) is None
    looped = ends(("127.0.0.1", 80), ("127.0.0.1", 50_000))
    assert found((looped, 99, 0), of=looped) is None
