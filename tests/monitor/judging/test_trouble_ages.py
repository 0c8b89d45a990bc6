"""What is in trouble, and since when."""

import pytest

from tcpwatch.diagnose.problem import Since
from tcpwatch.monitor.judging.trouble_ages import TroubleAges, in_trouble
from tcpwatch.monitor.snapshot import Connection, Mark
from tcpwatch.sockets.row import Backlog, Timer, TimerKind
from tcpwatch.tcp.state import State
from tests.builders import connection

PROBES_ANSWERED = Timer(TimerKind.PERSIST, 100, 0)
SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("state", "facts", "name"),
    [
        (State.CLOSE_WAIT, {}, "CLOSE-WAIT"),
        (State.CLOSE_WAIT, {"mark": Mark.GONE}, None),
        (State.LISTEN, {"backlog": Backlog(129, 128)}, "LISTEN with a full accept queue"),
        (State.LISTEN, {"backlog": Backlog(128, 128)}, None),
        (State.LISTEN, {"backlog": Backlog(0, 128), "turned_away": 1}, "LISTEN that turned clients away"),
        (State.SYN_SENT, {"timer": Timer(TimerKind.RETRANSMIT, 100, 3)}, "without an answer to the SYN"),
        (State.ESTABLISHED, {"timer": Timer(TimerKind.RETRANSMIT, 100, 2)}, None),
        (State.ESTABLISHED, {"timer": Timer(TimerKind.PERSIST, 100, 3)}, "with a full window"),
        (State.ESTABLISHED, {"timer": Timer(TimerKind.PERSIST, 100, 2)}, None),  # a reader may pause
        (State.ESTABLISHED, {"timer": PROBES_ANSWERED, "info_bytes": bytes((1, 0, 0, 0, 4))}, "with a full window"),
        (State.ESTABLISHED, {"timer": PROBES_ANSWERED, "info_bytes": bytes((1, 0, 0, 0, 0))}, None),
        (State.ESTABLISHED, {"timer": PROBES_ANSWERED}, None),  # may be TCP_CORK, which lasts for 200 ms
        (State.ESTABLISHED, {"timer": Timer(TimerKind.PERSIST, 1_700, 0)}, "with a full window"),
        (State.ESTABLISHED, {"timer": Timer(TimerKind.KEEPALIVE, 100, 0)}, None),
        (State.ESTABLISHED, {}, None),
    ],
)
def test_trouble_of(state: State, facts: dict[str, object], name: str | None) -> None:
    one = connection(state=state, **facts)
    assert (one.trouble.name if one.trouble else None) == name
    assert [trouble for trouble, _ in in_trouble([one])] == [one.trouble] * (name is not None)


def shut(probes: int, **facts: object) -> Connection:
    """A window that has stayed shut for so many probes."""
    return connection(timer=Timer(TimerKind.PERSIST, 100, probes), info_bytes=bytes((1, 0, 0, 0, probes)), **facts)


def full(queued: int) -> Connection:
    """A listener with an accept queue for two."""
    return connection(state=State.LISTEN, backlog=Backlog(queued, 2))


def test_trouble_is_as_old_as_the_dump_that_showed_it_first() -> None:
    troubles = TroubleAges()
    assert troubles.update(in_trouble([shut(2)]), 1 * SECOND) == {}
    assert troubles.update(in_trouble([shut(3)]), 2 * SECOND) == {1: Since(2 * SECOND, seen=True)}
    assert troubles.update(in_trouble([shut(4)]), 3 * SECOND) == {1: Since(2 * SECOND, seen=True)}


def test_trouble_of_the_first_dump_is_older() -> None:
    troubles = TroubleAges()
    troubles.update(in_trouble([full(3)]), 1 * SECOND)
    assert troubles.update(in_trouble([full(3)]), 5 * SECOND) == {1: Since(1 * SECOND, seen=False)}


def test_trouble_that_went_away_begins_anew() -> None:
    troubles = TroubleAges()
    troubles.update(in_trouble([full(3)]), 1 * SECOND)
    assert troubles.update(in_trouble([full(2)]), 2 * SECOND) == {}
    assert troubles.update(in_trouble([full(3)]), 3 * SECOND) == {1: Since(3 * SECOND, seen=True)}


def test_timer_that_had_success_between_two_dumps_begins_anew() -> None:
    troubles = TroubleAges()
    troubles.update(in_trouble([shut(5)]), 1 * SECOND)
    assert troubles.update(in_trouble([shut(3)]), 9 * SECOND) == {1: Since(9 * SECOND, seen=True)}


def test_trouble_gives_way_to_a_worse_one() -> None:
    troubles = TroubleAges()
    troubles.update(in_trouble([shut(4)]), 1 * SECOND)
    assert troubles.update(in_trouble([shut(4, state=State.CLOSE_WAIT)]), 2 * SECOND) == {}  # the state's own age tells
    lost = connection(timer=Timer(TimerKind.RETRANSMIT, 100, 4))
    assert troubles.update(in_trouble([lost]), 3 * SECOND) == {1: Since(3 * SECOND, seen=True)}
