import pytest

from tcpwatch.diagnose.rules.ended import ending_of
from tcpwatch.sockets.timeline import OccurrenceKind, Precision, Timeline
from tcpwatch.tcp.state import State


def timeline(*states: State, reset: OccurrenceKind | None = None, precision: Precision = Precision.EXACT) -> Timeline:
    told = Timeline()
    for moment, state in enumerate((*states, State.CLOSED)):
        told = told.entering(state, moment, precision)
    return told.noting(reset, len(states)) if reset else told


SENT, CAME = OccurrenceKind.RESET_SENT, OccurrenceKind.RESET_RECEIVED


@pytest.mark.parametrize(
    ("states", "reset", "name"),
    [
        ((State.SYN_SENT,), CAME, "refused"),
        ((State.SYN_SENT,), None, "unanswered"),
        ((State.ESTABLISHED,), CAME, "RST came"),
        ((State.ESTABLISHED, State.CLOSE_WAIT), SENT, "RST sent"),
        ((State.CLOSE_WAIT, State.LAST_ACK), None, "closed"),
        ((State.FIN_WAIT_1, State.FIN_WAIT_2), None, "closed"),
        ((State.FIN_WAIT_1, State.CLOSING), None, "closed"),
        ((State.FIN_WAIT_2, State.TIME_WAIT), None, "closed"),
        ((State.LISTEN,), None, "closed"),
        ((State.FIN_WAIT_1,), None, "no ACK"),
        ((State.ESTABLISHED,), None, "cut off"),
    ],
)
def test_ending_follows_the_last_state_and_the_resets(
    states: tuple[State, ...], reset: OccurrenceKind | None, name: str
) -> None:
    ending = ending_of(timeline(*states, reset=reset))
    assert ending is not None
    assert (ending.name, ending.orderly) == (name, name == "closed")


def test_retransmission_is_no_ending() -> None:
    told = timeline(State.CLOSE_WAIT, State.LAST_ACK).noting(OccurrenceKind.RETRANSMISSION, 1)
    ending = ending_of(told)
    assert ending is not None
    assert ending.name == "closed"


def test_life_that_goes_on_has_no_ending() -> None:
    assert ending_of(timeline(State.ESTABLISHED).unended.entering(State.CLOSE_WAIT, 9, Precision.EXACT)) is None


def test_ending_that_was_only_missed_in_a_dump_is_not_explained() -> None:
    assert ending_of(timeline(State.ESTABLISHED, precision=Precision.BETWEEN)) is None
    assert ending_of(timeline()) is None
