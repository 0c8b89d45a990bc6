import pytest

from tcpwatch.diagnose.diagnosis import diagnose
from tcpwatch.diagnose.problem import Severity
from tcpwatch.sockets.counters import SYNCOOKIES, Rise, Stack
from tcpwatch.sockets.row import Backlog
from tcpwatch.tcp.state import State
from tests.diagnose.facts import facts, rules_of


@pytest.mark.parametrize(
    ("risen", "message"),
    [
        (
            "ListenOverflows",
            "The accept queue of :9999 overflowed 12 times in the last minute: java/4242 must accept() ",
        ),
        ("TCPReqQFullDrop", "The half-open queue of :9999 was full for 12 SYNs in the last minute"),
        ("ListenOverflows TCPReqQFullDrop", ":9999 turned clients away 12 times in the last minute."),
        ("", ":9999 turned clients away 12 times in the last minute."),
    ],
)
def test_listener_that_turned_clients_away_says_which_queue_where_one_alone_can_be_it(risen: str, message: str) -> None:
    stack = Stack({name: Rise(40, 13) for name in risen.split()})
    found = diagnose(facts(state=State.LISTEN, backlog=Backlog(0, 128), turned_away=12, stack=stack))
    assert rules_of(found) == ["turned-away", "listening"]
    assert found[0].message.startswith(message)
    assert all(f"{name} +13" in found[0].evidence[0] for name in risen.split())


def test_listener_with_more_waiting_than_may_is_an_error() -> None:
    full = diagnose(facts(state=State.LISTEN, backlog=Backlog(queued=2, limit=1)))
    assert rules_of(full) == ["accept-queue-full", "listening"]
    assert full[0].severity is Severity.ERROR
    assert rules_of(diagnose(facts(state=State.LISTEN, backlog=Backlog(128, 128)))) == ["listening"]


@pytest.mark.parametrize(("cookies", "words"), [(0, "drops new SYNs"), (1, "SYN cookies")])
def test_listener_with_all_handshakes_that_may_be_says_what_comes_of_it(cookies: int, words: str) -> None:
    stack = Stack(sysctls={SYNCOOKIES: cookies})
    full = diagnose(facts(state=State.LISTEN, backlog=Backlog(0, 16, half_open=16), stack=stack))
    assert rules_of(full) == ["half-open-queue-full", "listening"]
    assert words in full[0].message
    room = facts(state=State.LISTEN, backlog=Backlog(0, 16, half_open=15), stack=stack)
    assert rules_of(diagnose(room)) == ["listening"]


def test_listener_that_waits_says_how_long_its_queue_is() -> None:
    [problem] = diagnose(facts(state=State.LISTEN, backlog=Backlog(3, 128)))
    assert problem.message == "java/4242 waits for connections. 3 of 128 waiting for accept()."
