"""What a segment does, in one sentence: the first row that holds is the one to tell. And what a state means to an end.

The sentences are said while a segment is looked at, so they are short, and they say no more than was seen: that a
segment left its sender. `{ack}` and `{isn}` are the numbers on the wire, all others count from the ISN.
"""

from collections.abc import Callable
from typing import NamedTuple

from tcpwatch.narration.step import NarratedSegment
from tcpwatch.tcp.event import Step
from tcpwatch.tcp.state import State

Holds = Callable[[NarratedSegment], bool]


class Telling(NamedTuple):
    """A row: the sentence, when it is told, and what becomes of the ends where their states do not say it."""

    message: str
    holds: Holds
    sender: str | None = None
    receiver: str | None = None


def _step(step: Step, again: bool = False) -> Holds:
    return lambda turn: turn.event.step is step and turn.again is again


def _noted(note: str, step: Step | None = None) -> Holds:
    return lambda turn: note in (turn.event.note or "") and turn.event.step is step


def _word(word: str) -> Holds:
    return lambda turn: word in turn.event.analysis


def _data(word: str) -> Holds:
    return lambda turn: word in turn.event.analysis and turn.event.segment.length > 0


STAYS = "stays as it is"
NO_ANSWER = "has had no answer"
KEEPS_NOTHING = "keeps nothing"

TELLINGS = (
    Telling(
        "RST: {sender} refuses. Nobody listens on that port.",
        _noted("refused", Step.RST),
        sender=KEEPS_NOTHING,
    ),
    Telling("RST: {receiver} ignores it, for it does not fit.", _noted("ignored", Step.RST), "sends it in vain", STAYS),
    Telling(
        "RST: {sender} rejects what came, for it acknowledges a SYN that {sender} does not know.",
        _noted("rejects", Step.RST),
    ),
    Telling(
        "RST: {sender} never asked for this connection, and {receiver} forgets it.",
        lambda turn: turn.never_asked, sender=KEEPS_NOTHING,
    ),
    Telling(
        "RST: {sender} knows of no such connection any more, and {receiver} forgets it.",
        lambda turn: turn.disowns, sender=KEEPS_NOTHING,
    ),
    Telling(
        "RST: {sender} gives the connection up, for its probes had no answer.",
        lambda turn: turn.gives_up, receiver="gave no answer, and may not hear this either",
    ),
    Telling("RST: {sender} breaks off. What is under way is lost, and nothing waits.", _noted("aborted", Step.RST)),
    Telling("RST: {sender} says once more that there is no connection.", _step(Step.RST)),
    Telling(
        "1/3 again: {sender} repeats its SYN, for no answer has reached it.",
        _step(Step.SYN, again=True), sender=NO_ANSWER,
    ),
    Telling("2/3: {sender} answers the SYN that came again: SYN-ACK, ack {ack}.", lambda turn: turn.answers),
    Telling(
        "2/3 again: {sender} repeats its SYN-ACK, for the last ACK has not reached it.",
        _step(Step.SYN_ACK, again=True), sender=NO_ANSWER,
    ),
    Telling(
        "1/3: {sender} asks to open as well, before an answer came: two SYNs cross.",
        _noted("simultaneous open", Step.SYN),
    ),
    Telling(
        "1/3: {sender} asks to open: SYN, ISN {isn}. Its numbers count from there, and the SYN takes the first one.",
        _step(Step.SYN), receiver="answers next, if a program listens and has room",
    ),
    Telling(
        "2/3: {sender} answers SYN-ACK, but acknowledges another SYN than the last one.",
        _noted("acknowledges another SYN", Step.SYN_ACK),
    ),
    Telling(
        "2/3: {sender} answers SYN-ACK: ISN {isn}, and ack {ack} is the other ISN + 1. It waits, half open.",
        _step(Step.SYN_ACK),
    ),
    Telling(
        "3/3: {sender} acknowledges {receiver}'s SYN: ack {ack} is that ISN + 1. Both may send now.",
        _step(Step.HANDSHAKE_ACK),
    ),
    *(
        Telling("The FIN again: {sender} repeats it, for no ACK of it has come.", _step(step, again=True))
        for step in (Step.FIN, Step.PEER_FIN, Step.FIN_ACK)
    ),
    Telling(
        "1/4: {sender} closes as well, before the other FIN has come: two FINs cross.",
        _noted("simultaneous close", Step.FIN),
    ),
    Telling("1/4: {sender} has no more to send: FIN, number {fin}. It can still receive.", _step(Step.FIN)),
    Telling(
        "2/4: {sender} acknowledges the FIN: ack {next} is one past it. Its own direction is still open.",
        lambda turn: turn.event.step is Step.FIN_ACKED and turn.after[0] is State.CLOSE_WAIT,
    ),
    Telling("2/4: {sender} acknowledges the FIN: ack {next} is one past it.", _step(Step.FIN_ACKED)),
    Telling("3/4: {sender} closes too: FIN, number {fin}.", _step(Step.PEER_FIN)),
    Telling("4/4: {sender} acknowledges the last FIN: ack {next} is one past it.", _step(Step.PEER_FIN_ACKED)),
    Telling(
        "2+3/4: {sender} acknowledges the FIN and sends its own in the same segment: the close takes three.",
        _step(Step.FIN_ACK),
    ),
    Telling("{sender} challenges what came by an ACK: it does not fit this connection.", _noted("challenge ACK")),
    Telling(
        "{sender} asks with an old number, a keep_alive: is the other end there, has it room?", _word("keep_alive")
    ),
    Telling("{sender} is there: it answers the keep-alive.", _word("keep_alive_ack")),
    Telling("{sender} asks whether there is room again: a zero-window probe.", _word("zero_window_probe")),
    Telling("{sender} answers the probe: still no room.", _word("zero_window_probe_ack")),
    Telling("{sender} has no room left: window 0, and {receiver} must wait.", _word("zero_window")),
    Telling("{sender} tells its window anew: {window} bytes.", _word("window_update")),
    Telling(
        "{sender} repeats {length} bytes from {first} at once: the same ACK came again and again.",
        _data("fast_retransmission"),
    ),
    Telling(
        "{sender} repeats {length} bytes from {first}, which were acknowledged already.",
        _data("spurious_retransmission"),
    ),
    Telling("{sender} repeats {length} bytes from {first}: no ACK of them has come.", _data("retransmission")),
    Telling("{sender} sends {length} bytes from {first}, which come out of order.", _data("out_of_order")),
    Telling("{sender} sends {length} bytes from {first}; what lies before was not seen.", _data("lost_segment")),
    Telling("{sender} says once more that {next} is the next byte it expects.", _word("duplicate_ack")),
    Telling("{sender} sends {length} bytes from {first}, and the window is full.", _word("window_full")),
    Telling("{app}: {sender} sends it in {length} bytes, {first} to {last}.", lambda turn: bool(turn.event.app)),
    Telling("{sender} sends {length} bytes, {first} to {last}.", lambda turn: turn.event.segment.length > 0),
    Telling("{sender} acknowledges all before {next}: that is the next byte it expects.", lambda turn: True),
)  # fmt: skip

SENDS, RECEIVES, MISSES, UNCHANGED = "sends", "receives", "misses", "no change of state"
LOST = "it does not arrive, or too late"
BY_HAND = "no socket, made by hand"
CLIENT, SERVER = "the client", "the server"
DOUBT = "But the kernel still has {end} in {state}: this has not arrived there."

# What it means for the end that has come into the state.
MEANS = {
    State.LISTEN: "waits for a SYN",
    State.SYN_SENT: "its SYN is out, waits for the answer",
    State.SYN_RECEIVED: "half open, waits for the last ACK",
    State.ESTABLISHED: "open, may send and receive",
    State.FIN_WAIT_1: "has closed, waits for the ACK of its FIN",
    State.FIN_WAIT_2: "only receives, waits for the other FIN",
    State.CLOSE_WAIT: "the other end is done, must close()",
    State.CLOSING: "both closed, waits for the ACK of its FIN",
    State.LAST_ACK: "closed last, waits for the ACK of its FIN",
    State.TIME_WAIT: "done, waits 2MSL for stragglers to die",
    State.CLOSED: "keeps nothing of the connection",
}
