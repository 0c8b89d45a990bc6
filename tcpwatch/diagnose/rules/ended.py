"""How a connection ended, by a table of the state before the end and of the resets in its timeline."""

from typing import NamedTuple

from tcpwatch.diagnose.context import SocketFacts
from tcpwatch.diagnose.problem import Problem, Severity
from tcpwatch.diagnose.rule import Rule
from tcpwatch.sockets.timeline import RESETS, OccurrenceKind, Precision, Timeline
from tcpwatch.tcp.state import State


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
        Ending(
            "refused", "Refused: the SYN was answered with RST. Nothing listens there, or a firewall turns it away."
        ),
    ),
    (
        State.SYN_SENT,
        None,
        Ending("unanswered", "Given up before the SYN was answered: it timed out, or the program closed."),
    ),
    (
        None,
        OccurrenceKind.RESET_RECEIVED,
        Ending("RST came", "Reset: the peer sent RST in place of a close. What was unread may be lost."),
    ),
    (
        None,
        OccurrenceKind.RESET_SENT,
        Ending(
            "RST sent", "Aborted here: this end sent RST in place of a close. What the peer had not read may be lost."
        ),
    ),
    (State.LAST_ACK, None, Ending("closed", "Closed by both ends, the peer first.", orderly=True)),
    (State.FIN_WAIT_2, None, Ending("closed", "Closed by this end first; TIME-WAIT was not kept.", orderly=True)),
    (State.TIME_WAIT, None, Ending("closed", "Closed by this end first, and 2MSL are over.", orderly=True)),
    (State.CLOSING, None, Ending("closed", "Closed by both ends at the same time.", orderly=True)),
    (State.LISTEN, None, Ending("closed", "Its program has stopped listening.", orderly=True)),
    (
        State.FIN_WAIT_1,
        None,
        Ending("no ACK", "Given up: this end's FIN was never acknowledged."),
    ),
    (
        None,
        None,
        Ending("cut off", "Ended without FIN or RST: it timed out, or somebody destroyed it (ss -K)."),
    ),
)


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
    """CLOSED: as its timeline shows."""
    if (ending := ending_of(facts.timeline)) is None:
        return None
    return Problem(Severity.CHAT if ending.orderly else Severity.NOTE, ending.message)


RULES: tuple[Rule[SocketFacts], ...] = (Rule("ended", frozenset({State.CLOSED}), how_it_ended, "CLOSED"),)
