"""Which listener a handshake is for."""

from tcpwatch.monitor.around.listener_of import listener_of
from tcpwatch.tcp.state import State
from tests.builders import connection, ends, row

LISTENING = [
    connection(cookie=cookie, state=State.LISTEN, ends=ends((ip, port), (ip, 0)))
    for cookie, (ip, port) in enumerate([("10.0.0.1", 80), ("0.0.0.0", 80), ("::", 81), ("0.0.0.0", 9999)])
]


def found(local: tuple[str, int], state: State = State.SYN_RECEIVED) -> int | None:
    listener = listener_of(row(state=state, ends=ends(local, ("10.0.0.9", 5000))), LISTENING)
    return None if listener is None else listener.cookie


def test_most_exact_address_counts() -> None:
    assert [found(("10.0.0.1", 80)), found(("10.0.0.2", 80)), found(("10.0.0.2", 81)), found(("10.0.0.1", 82))] == [
        *(0, 1, 2, None)
    ]


def test_only_a_handshake_has_one() -> None:
    assert found(("10.0.0.1", 80), State.ESTABLISHED) is None
