"""How a connection ended, and why as far as the kernel and the wire told."""

from errno import ECONNREFUSED, ETIMEDOUT

import pytest

from tcpwatch.diagnose.problem import Problem, Severity
from tcpwatch.diagnose.rules.ended import ending_of, how_it_ended
from tcpwatch.sockets.mishaps import EndsMishaps, SocketError
from tcpwatch.sockets.timeline import OccurrenceKind, Precision, Timeline
from tcpwatch.tcp.reset_origin import ResetOrigin, ResetSender
from tcpwatch.tcp.state import State
from tests.diagnose.facts import facts
from tests.diagnose.happenings import ENDS, course, flow, origin, sent


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


def ended(*states: State, reset: OccurrenceKind | None = None, **known: object) -> Problem:
    found = how_it_ended(facts(ends=ENDS, state=State.CLOSED, timeline=course(*states, reset=reset), **known))
    assert found is not None
    return found


def error(number: int) -> EndsMishaps:
    return EndsMishaps(error=SocketError(5, ENDS, 1, State.CLOSED, number))


def test_reset_by_this_end_says_why() -> None:
    problem = ended(State.ESTABLISHED, reset=SENT, mishaps=EndsMishaps(sent("TCP_ABORT_ON_CLOSE")))
    assert str(problem.message) == (
        "Aborted here: this end sent RST, because the program closed it with received data still unread. What the peer "
        "had not read may be lost."
    )
    untold = ended(State.ESTABLISHED, reset=SENT, mishaps=EndsMishaps(sent(None)))
    assert str(untold.message).startswith("Aborted here: this end sent RST in place of a close.")


@pytest.mark.parametrize(
    ("came_from", "words"),
    [
        (None, "Reset: an RST came from the peer"),
        (origin(ResetSender.PEER, True, ttl=63), "Reset: the peer sent RST"),
        (origin(ResetSender.PEER, ttl=63), "Reset: the peer, by its TTL, sent RST"),
        (origin(ResetSender.IN_BETWEEN, True), "Reset: something between the ends sent RST"),
        (origin(ResetSender.IN_BETWEEN), "Reset: an RST came in the peer's name, probably from something in between."),
        (origin(ResetSender.UNKNOWN), "Reset: an RST came in the peer's name; whether"),
    ],
)
def test_reset_that_came_says_from_whom(came_from: ResetOrigin | None, words: str) -> None:
    problem = ended(State.ESTABLISHED, reset=CAME, flow=flow(reset_origin=came_from) if came_from else None)
    assert str(problem.message).startswith(words)
    assert len(problem.evidence) == (came_from is not None)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.SYN_SENT, "Given up: the SYN was not answered in time, and the program got ETIMEDOUT."),
        (State.ESTABLISHED, "Given up: the peer did not answer in time, and the program got ETIMEDOUT."),
        (State.FIN_WAIT_1, "Given up: this end's FIN was not acknowledged in time (ETIMEDOUT)."),
    ],
)
def test_timeout_is_told_by_the_error_that_the_program_got(state: State, words: str) -> None:
    assert str(ended(state, mishaps=error(ETIMEDOUT)).message) == words


def test_error_is_evidence_but_of_an_orderly_end() -> None:
    refused = ended(State.SYN_SENT, reset=CAME, mishaps=error(ECONNREFUSED))
    assert [str(one) for one in refused.evidence] == ["the error for its program: ECONNREFUSED"]
    orderly = ended(State.LAST_ACK, mishaps=error(ECONNREFUSED))
    assert (orderly.severity, orderly.evidence) == (Severity.CHAT, ())
