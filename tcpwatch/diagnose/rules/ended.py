"""How a connection ended, by a table of the state before the end and of the resets in its timeline."""

from errno import ETIMEDOUT, errorcode
from typing import NamedTuple

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.message import Message, message
from tcpwatch.diagnose.problem import Problem, Severity
from tcpwatch.diagnose.reset_words import origin_evidence
from tcpwatch.diagnose.rule import Rule
from tcpwatch.sockets.mishaps import NO_MISHAPS
from tcpwatch.sockets.reasons import reset_meaning
from tcpwatch.sockets.timeline import RESETS, OccurrenceKind, Precision, Timeline
from tcpwatch.tcp.reset_origin import ResetOrigin, ResetSender
from tcpwatch.tcp.state import State

REFUSED, RESET_CAME, RESET_SENT, UNANSWERED = "refused", "RST came", "RST sent", "unanswered"
NO_ACK, CUT_OFF, CLOSED = "no ACK", "cut off", "closed"


class Ending(NamedTuple):
    """A word for a column, and a sentence; `orderly` where both ends had closed or nothing was ever open."""

    name: str
    message: str
    orderly: bool = False


# The state before the end (None: any), the reset that the timeline has (None: any, or none). The first match counts.
ENDINGS: tuple[tuple[State | None, OccurrenceKind | None, Ending], ...] = (
    (
        State.SYN_SENT,
        OccurrenceKind.RESET_RECEIVED,
        Ending(REFUSED, "Refused: the SYN was answered with RST. Nothing listens there, or a firewall turns it away."),
    ),
    (
        State.SYN_SENT,
        None,
        Ending(UNANSWERED, "Given up before the SYN was answered: it timed out, or the program closed."),
    ),
    (
        None,
        OccurrenceKind.RESET_RECEIVED,
        Ending(RESET_CAME, "Reset: an RST came from the peer in place of a close. What was unread may be lost."),
    ),
    (
        None,
        OccurrenceKind.RESET_SENT,
        Ending(
            RESET_SENT, "Aborted here: this end sent RST in place of a close. What the peer had not read may be lost."
        ),
    ),
    (State.LAST_ACK, None, Ending(CLOSED, "Closed by both ends, the peer first.", orderly=True)),
    (State.FIN_WAIT_2, None, Ending(CLOSED, "Closed by this end first; TIME-WAIT was not kept.", orderly=True)),
    (State.TIME_WAIT, None, Ending(CLOSED, "Closed by this end first, and 2MSL are over.", orderly=True)),
    (State.CLOSING, None, Ending(CLOSED, "Closed by both ends at the same time.", orderly=True)),
    (State.LISTEN, None, Ending(CLOSED, "Its program has stopped listening.", orderly=True)),
    (
        State.FIN_WAIT_1,
        None,
        Ending(NO_ACK, "Given up: this end's FIN was never acknowledged."),
    ),
    (
        None,
        None,
        Ending(CUT_OFF, "Ended without FIN or RST: it timed out, or somebody destroyed it (ss -K)."),
    ),
)

# What is said of an RST that came, by who sent it and whether that is sure.
CAME_FROM = {
    (ResetSender.PEER, True): "Reset: the peer sent RST in place of a close. What was unread may be lost.",
    (
        ResetSender.PEER,
        False,
    ): "Reset: the peer, by its TTL, sent RST in place of a close. What was unread may be lost.",
    (ResetSender.IN_BETWEEN, True): "Reset: something between the ends sent RST in the peer's name.",
    (ResetSender.IN_BETWEEN, False): "Reset: an RST came in the peer's name, probably from something in between.",
    (ResetSender.UNKNOWN, False): (
        "Reset: an RST came in the peer's name; whether the peer or something in between sent it is not known."
    ),
}
TIMED_OUT = {
    UNANSWERED: "Given up: the SYN was not answered in time, and the program got {error}.",
    CUT_OFF: "Given up: the peer did not answer in time, and the program got {error}.",
    NO_ACK: "Given up: this end's FIN was not acknowledged in time ({error}).",
}
"""The sentences of endings that are known to be a timeout."""


def ending_of(timeline: Timeline) -> Ending | None:
    """How it ended; None where it has not, or where its last changes of state were not seen as they happened."""
    if len(timeline.intervals) < 2:
        return None
    before, end = timeline.intervals[-2:]
    if end.state is not State.CLOSED or end.precision is not Precision.EXACT:
        return None
    resets = timeline.occurrences & RESETS
    return next(
        ending
        for state, reset, ending in ENDINGS
        if state in (None, before.state) and (reset is None or reset in resets)
    )


def how_it_ended(facts: SocketFacts) -> Problem | None:
    """CLOSED: as its timeline shows, and why as far as the kernel and the wire told."""
    if (ending := ending_of(facts.timeline)) is None:
        return None
    origin = facts.flow.reset_origin if facts.flow is not None else None
    came = ending.name in (RESET_CAME, REFUSED)
    evidence = origin_evidence(origin) if came and origin is not None else ()
    severity = Severity.CHAT if ending.orderly else Severity.NOTE
    return Problem(severity, _words(ending, facts, origin), (*evidence, *_error_evidence(ending, facts)))


def _words(ending: Ending, facts: SocketFacts, origin: ResetOrigin | None) -> Message:
    mishaps = facts.mishaps or NO_MISHAPS
    if ending.name == RESET_SENT and mishaps.reset_sent is not None and mishaps.reset_sent.reason is not None:
        return message(
            "Aborted here: this end sent RST, because {reason}. What the peer had not read may be lost.",
            reason=message(reset_meaning(mishaps.reset_sent.reason)),
        )
    if ending.name == RESET_CAME and origin is not None:
        return message(CAME_FROM[origin.sender, origin.sure])
    if mishaps.error is not None and mishaps.error.number == ETIMEDOUT and ending.name in TIMED_OUT:
        return message(TIMED_OUT[ending.name], error=errorcode[ETIMEDOUT])
    return message(ending.message)


def _error_evidence(ending: Ending, facts: SocketFacts) -> tuple[Message, ...]:
    error = facts.mishaps.error if facts.mishaps is not None else None
    if ending.orderly or error is None or not error.number:
        return ()
    return (message("the error for its program: {error}", error=errorcode.get(error.number, str(error.number))),)


RULES: tuple[Rule[SocketFacts], ...] = (Rule("ended", frozenset({State.CLOSED}), how_it_ended, "CLOSED"),)
