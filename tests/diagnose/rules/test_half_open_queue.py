"""The rules on handshakes under way."""

import pytest

from tcpwatch.diagnose.diagnosis import diagnose
from tcpwatch.diagnose.local_cause import ListenerQueues
from tcpwatch.diagnose.problem import Severity
from tcpwatch.sockets.counters import SYNCOOKIES, Stack
from tcpwatch.sockets.row import Backlog
from tcpwatch.tcp.state import State
from tests.diagnose.facts import facts, rules_of
from tests.diagnose.rules.test_listener import listening


@pytest.mark.parametrize(("cookies", "words"), [(0, "drops new SYNs"), (1, "SYN cookies")])
def test_listener_with_all_handshakes_that_may_be_says_what_comes_of_it(cookies: int, words: str) -> None:
    stack = Stack(sysctls={SYNCOOKIES: cookies})
    full = diagnose(facts(state=State.LISTEN, backlog=Backlog(0, 16, half_open=16), stack=stack))
    assert rules_of(full) == ["half-open-queue-full", "listening"]
    assert words in str(full[0].message)
    room = facts(state=State.LISTEN, backlog=Backlog(0, 16, half_open=15), stack=stack)
    assert rules_of(diagnose(room)) == ["listening"]


def test_flood_says_from_how_many_addresses_and_what_linux_does() -> None:
    queues = ListenerQueues(half_open=24, addresses=20, again=24, flooded=True)
    problem, _ = diagnose(listening(queues, Backlog(0, 16, half_open=24), turned_away=4))
    assert (problem.rule, problem.severity) == ("syn-flood", Severity.WARN)
    assert str(problem.message).startswith(
        "24 handshakes of :9999 from 20 addresses wait for the last ACK, room for 16"
    )


def test_listener_that_defers_is_no_more_than_a_chat() -> None:
    queues = ListenerQueues(half_open=16, addresses=9, put_aside=16)
    found = diagnose(listening(queues, Backlog(0, 128, half_open=16)))
    assert (found[0].rule, found[0].severity) == ("deferred-accept", Severity.CHAT)
    assert "asked for data first" in str(found[0].message)
