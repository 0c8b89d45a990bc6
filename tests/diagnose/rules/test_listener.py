import pytest

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.diagnosis import diagnose
from tcpwatch.diagnose.local_cause import ListenerQueues
from tcpwatch.diagnose.problem import Severity
from tcpwatch.sockets.counters import Rise, Stack
from tcpwatch.sockets.row import Backlog, NoOwner
from tcpwatch.tcp.state import State
from tests.diagnose.facts import facts, rules_of

SECOND = 1_000_000_000


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
    assert str(found[0].message).startswith(message)
    assert all(f"{name} +13" in str(found[0].evidence[0]) for name in risen.split())


def test_listener_with_more_waiting_than_may_is_an_error() -> None:
    full = diagnose(facts(state=State.LISTEN, backlog=Backlog(queued=2, limit=1)))
    assert rules_of(full) == ["accept-queue-full", "listening"]
    assert full[0].severity is Severity.ERROR
    assert rules_of(diagnose(facts(state=State.LISTEN, backlog=Backlog(128, 128)))) == ["listening"]


def test_listener_that_waits_says_how_long_its_queue_is() -> None:
    [problem] = diagnose(facts(state=State.LISTEN, backlog=Backlog(3, 128)))
    assert str(problem.message) == "java/4242 waits for connections. 3 of 128 waiting for accept()."


def listening(queues: ListenerQueues, backlog: Backlog, **around: object) -> SocketFacts:
    return facts(state=State.LISTEN, backlog=backlog, queues=queues, **around)


def test_full_accept_queue_says_how_long_its_first_has_waited_and_whom_it_has_turned_away() -> None:
    queues = ListenerQueues(waiting=2, waited_ns=250 * SECOND, seen=False)
    full, _ = diagnose(listening(queues, Backlog(2, 1), turned_away=12))
    assert (full.rule, full.severity) == ("accept-queue-full", Severity.ERROR)
    assert str(full.message) == (
        "java/4242 does not accept fast enough: 2 connections in a queue for 1, the first for ≥4m10s. The kernel turns "
        "new ones away, 12 times in the last minute."
    )


def test_first_in_the_queue_that_waits_for_long_is_not_accepted() -> None:
    problem, _ = diagnose(listening(ListenerQueues(waiting=3, waited_ns=12 * SECOND), Backlog(3, 128)))
    assert (problem.rule, problem.severity) == ("not-accepted", Severity.WARN)
    assert str(problem.message) == "java/4242 has not accepted 3 connections on :9999, the first for 12s."


def test_queue_that_moves_is_in_order() -> None:
    moving = listening(ListenerQueues(waiting=90, waited_ns=2 * SECOND), Backlog(90, 128))
    assert rules_of(diagnose(moving)) == ["listening"]


def test_connection_that_its_program_has_let_go_of_is_not_said_to_wait_for_accept() -> None:
    assert "not-accepted" not in rules_of(diagnose(facts(inode=0, owners=(), no_owner=NoOwner.KERNEL)))
