"""What a segment does, in one sentence: the first row that applies is used. And what a state means to an end.

The sentences are read while a segment is looked at, so they are short, and they state no more than was seen: that a
segment left its sender. `{ack}` and `{isn}` are the numbers on the wire, all others count from the ISN.
"""

from collections.abc import Callable
from typing import NamedTuple

from tcpwatch.narration.step import NarratedSegment
from tcpwatch.tcp.event import Step
from tcpwatch.tcp.state import State

Condition = Callable[[NarratedSegment], bool]


class SentenceRule(NamedTuple):
    """A sentence, when it applies, and what becomes of the ends where that does not follow from their states."""

    message: str
    applies: Condition
    sender: str | None = None
    receiver: str | None = None


def _is_step(step: Step, again: bool = False) -> Condition:
    return lambda segment: segment.event.step is step and segment.again is again


def _has_note(note: str, step: Step | None = None) -> Condition:
    return lambda segment: note in (segment.event.note or "") and segment.event.step is step


def _has_word(word: str) -> Condition:
    return lambda segment: word in segment.event.analysis


def _is_data_with(word: str) -> Condition:
    return lambda segment: word in segment.event.analysis and segment.event.segment.length > 0


STAYS = "stays as it is"
NO_ANSWER = "has had no answer"
KEEPS_NOTHING = "keeps nothing"

SENTENCES = (
    SentenceRule(
        "RST: {sender} refuses. Nobody listens on that port.",
        _has_note("refused", Step.RST),
        sender=KEEPS_NOTHING,
    ),
    SentenceRule(
        "RST: {receiver} ignores it, for it does not fit.",
        _has_note("ignored", Step.RST), "sends it in vain", STAYS,
    ),
    SentenceRule(
        "RST: {sender} rejects what came, for it acknowledges a SYN that {sender} does not know.",
        _has_note("rejects", Step.RST),
    ),
    SentenceRule(
        "RST: {sender} never asked for this connection, and {receiver} forgets it.",
        lambda segment: segment.rejects_syn_ack, sender=KEEPS_NOTHING,
    ),
    SentenceRule(
        "RST: {sender} knows of no such connection any more, and {receiver} forgets it.",
        lambda segment: segment.denies_connection, sender=KEEPS_NOTHING,
    ),
    SentenceRule(
        "RST: {sender} gives the connection up, for its probes had no answer.",
        lambda segment: segment.gives_up, receiver="gave no answer, and may not hear this either",
    ),
    SentenceRule(
        "RST: {sender} breaks off. What is under way is lost, and nothing waits.",
        _has_note("aborted", Step.RST),
    ),
    SentenceRule("RST: {sender} says once more that there is no connection.", _is_step(Step.RST)),
    SentenceRule(
        "1/3 again: {sender} repeats its SYN, for no answer has reached it.",
        _is_step(Step.SYN, again=True), sender=NO_ANSWER,
    ),
    SentenceRule("2/3: {sender} answers the SYN that came again: SYN-ACK, ack {ack}.", lambda segment: segment.answers),
    SentenceRule(
        "2/3 again: {sender} repeats its SYN-ACK, for the last ACK has not reached it.",
        _is_step(Step.SYN_ACK, again=True), sender=NO_ANSWER,
    ),
    SentenceRule(
        "1/3: {sender} asks to open as well, before an answer came: two SYNs cross.",
        _has_note("simultaneous open", Step.SYN),
    ),
    SentenceRule(
        "1/3: {sender} asks to open: SYN, ISN {isn}. Its numbers count from there, and the SYN takes the first one.",
        _is_step(Step.SYN), receiver="answers next, if a program listens and has room",
    ),
    SentenceRule(
        "2/3: {sender} answers SYN-ACK, but acknowledges another SYN than the last one.",
        _has_note("acknowledges another SYN", Step.SYN_ACK),
    ),
    SentenceRule(
        "2/3: {sender} answers SYN-ACK: ISN {isn}, and ack {ack} is the other ISN + 1. It waits, half open.",
        _is_step(Step.SYN_ACK),
    ),
    SentenceRule(
        "3/3: {sender} acknowledges {receiver}'s SYN: ack {ack} is that ISN + 1. Both may send now.",
        _is_step(Step.HANDSHAKE_ACK),
    ),
    *(
        SentenceRule("The FIN again: {sender} repeats it, for no ACK of it has come.", _is_step(step, again=True))
        for step in (Step.FIN, Step.PEER_FIN, Step.FIN_ACK)
    ),
    SentenceRule(
        "1/4: {sender} closes as well, before the other FIN has come: two FINs cross.",
        _has_note("simultaneous close", Step.FIN),
    ),
    SentenceRule("1/4: {sender} has no more to send: FIN, number {fin}. It can still receive.", _is_step(Step.FIN)),
    SentenceRule(
        "2/4: {sender} acknowledges the FIN: ack {next} is one past it. Its own direction is still open.",
        lambda segment: segment.event.step is Step.FIN_ACKED and segment.after[0] is State.CLOSE_WAIT,
    ),
    SentenceRule("2/4: {sender} acknowledges the FIN: ack {next} is one past it.", _is_step(Step.FIN_ACKED)),
    SentenceRule("3/4: {sender} closes too: FIN, number {fin}.", _is_step(Step.PEER_FIN)),
    SentenceRule("4/4: {sender} acknowledges the last FIN: ack {next} is one past it.", _is_step(Step.PEER_FIN_ACKED)),
    SentenceRule(
        "2+3/4: {sender} acknowledges the FIN and sends its own in the same segment: the close takes three.",
        _is_step(Step.FIN_ACK),
    ),
    SentenceRule(
        "{sender} challenges what came by an ACK: it does not fit this connection.",
        _has_note("challenge ACK"),
    ),
    SentenceRule(
        "{sender} asks with an old number, a keep_alive: is the other end there, has it room?", _has_word("keep_alive")
    ),
    SentenceRule("{sender} is there: it answers the keep-alive.", _has_word("keep_alive_ack")),
    SentenceRule("{sender} asks whether there is room again: a zero-window probe.", _has_word("zero_window_probe")),
    SentenceRule("{sender} answers the probe: still no room.", _has_word("zero_window_probe_ack")),
    SentenceRule("{sender} has no room left: window 0, and {receiver} must wait.", _has_word("zero_window")),
    SentenceRule("{sender} tells its window anew: {window} bytes.", _has_word("window_update")),
    SentenceRule(
        "{sender} repeats {length} bytes from {first} at once: the same ACK came again and again.",
        _is_data_with("fast_retransmission"),
    ),
    SentenceRule(
        "{sender} repeats {length} bytes from {first}, which were acknowledged already.",
        _is_data_with("spurious_retransmission"),
    ),
    SentenceRule(
        "{sender} repeats {length} bytes from {first}: no ACK of them has come.",
        _is_data_with("retransmission"),
    ),
    SentenceRule("{sender} sends {length} bytes from {first}, which come out of order.", _is_data_with("out_of_order")),
    SentenceRule(
        "{sender} sends {length} bytes from {first}; what lies before was not seen.",
        _is_data_with("lost_segment"),
    ),
    SentenceRule("{sender} says once more that {next} is the next byte it expects.", _has_word("duplicate_ack")),
    SentenceRule("{sender} sends {length} bytes from {first}, and the window is full.", _has_word("window_full")),
    SentenceRule(
        "{app}: {sender} sends it in {length} bytes, {first} to {last}.",
        lambda segment: bool(segment.event.app),
    ),
    SentenceRule("{sender} sends {length} bytes, {first} to {last}.", lambda segment: segment.event.segment.length > 0),
    SentenceRule("{sender} acknowledges all before {next}: that is the next byte it expects.", lambda segment: True),
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
