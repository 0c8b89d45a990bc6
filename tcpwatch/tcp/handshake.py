"""The step of the opening or closing that a segment is, and the state changes of both ends.

Rule: a segment counts as received when it is captured. A repeated SYN or FIN keeps its step; an ACK is a step only if
it is the first to complete one. Anything unusual gets a note.
"""

from enum import StrEnum
from typing import Protocol

from tcpwatch.tcp.event import Step
from tcpwatch.tcp.state import State, Stimulus, advance
from tcpwatch.tcp.stream import Stream, UnwrappedSegment
from tcpwatch.wire.segment import ACK, FIN, RST, SYN


class Opened(StrEnum):
    """How a connection was opened, as far as seen."""

    HANDSHAKE = "handshake"
    SIMULTANEOUS = "simultaneous"
    MIDSTREAM = "midstream"
    REFUSED = "refused"
    HALF_OPEN = "half-open"


class Closed(StrEnum):
    """How a connection ended; HALF_CLOSE: one end has sent FIN, the other may still send data."""

    FOUR_WAY = "four-way"
    THREE_SEGMENT = "three-segment"
    SIMULTANEOUS = "simultaneous"
    RESET = "reset"
    HALF_CLOSE = "half-close"


class FlowStates(Protocol):
    """The part of a flow that this module reads and writes. Side 0 is the initiator."""

    states: list[State]
    opened: Opened
    closed: Closed | None
    closed_by: int | None


Verdict = tuple[Step | None, str | None]  # the step, the note


def follow(flow: FlowStates, side: int, unwrapped: UnwrappedSegment, sender: Stream, receiver: Stream) -> Verdict:
    """The step of this segment from `side`, and a note; advances the states of both ends.

    Call it before the streams record the segment.
    """
    flags = unwrapped.flags
    if flags & RST:
        if flow.opened is Opened.MIDSTREAM:
            _infer_open(flow)
        return _reset(flow, side, unwrapped, sender, receiver)
    if flags & SYN:
        return _synchronise(flow, side, unwrapped, sender, receiver)
    if not flags & ACK:
        return None, "no ACK: a receiver drops it"  # RFC 9293 §3.10.7.4, fifth check
    if flow.opened is Opened.MIDSTREAM:
        _infer_open(flow)
    verdict = _acknowledge(flow, side, unwrapped, sender, receiver)
    return _finish(flow, side, unwrapped, sender, receiver) if flags & FIN else verdict


def _infer_open(flow: FlowStates) -> None:
    """The capture began mid-stream, so both ends were ESTABLISHED before."""
    if flow.closed is None:
        for side in (0, 1):
            advance(flow.states, side, Stimulus.INFER_OPEN)


def _synchronise(flow: FlowStates, side: int, unwrapped: UnwrappedSegment, sender: Stream, receiver: Stream) -> Verdict:
    """A SYN or a SYN-ACK, first or repeated."""
    states, peer = flow.states, 1 - side
    if unwrapped.flags & ACK:
        if states[peer] is State.CLOSED and flow.opened is Opened.HALF_OPEN and receiver.isn is None:
            advance(states, peer, Stimulus.SEND_SYN)  # sent, but not captured
        advance(states, side, Stimulus.SEND_SYN_ACK)
        if receiver.isn is not None and not receiver.syn_covered_by(unwrapped.ack):
            return Step.SYN_ACK, "acknowledges another SYN: to be answered by RST"
        advance(states, peer, Stimulus.RECEIVE_SYN_ACK)
        return Step.SYN_ACK, None
    crossing = states[side] is State.LISTEN and receiver.isn is not None
    if flow.closed is Closed.RESET and states[side] is State.CLOSED:  # refused or aborted, then tried again
        flow.opened, flow.closed, flow.closed_by = Opened.HALF_OPEN, None, None
    advance(states, side, Stimulus.SEND_SYN)
    if not crossing:
        return Step.SYN, None
    flow.opened = Opened.SIMULTANEOUS
    advance(states, side, Stimulus.RECEIVE_SYN)
    advance(states, peer, Stimulus.RECEIVE_SYN_ACK if receiver.syn_acked else Stimulus.RECEIVE_SYN)
    return Step.SYN, "simultaneous open"


def _acknowledge(flow: FlowStates, side: int, unwrapped: UnwrappedSegment, sender: Stream, receiver: Stream) -> Verdict:
    """What an ACK completes: the handshake, or one direction of the close."""
    states, peer, ack = flow.states, 1 - side, unwrapped.ack
    if states[peer] is State.SYN_RECEIVED and receiver.isn is not None and ack > receiver.isn:
        advance(states, peer, Stimulus.RECEIVE_ACK_OF_SYN)
        if flow.opened is Opened.HALF_OPEN:
            flow.opened = Opened.HANDSHAKE
        return Step.HANDSHAKE_ACK if states[side] is State.ESTABLISHED else None, None
    if states[side] in (State.SYN_SENT, State.SYN_RECEIVED) and not receiver.segs:
        return _infer_answer(flow, side)
    if states[side] is State.LISTEN and receiver.isn is not None:
        if unwrapped.length and receiver.syn_covered_by(ack):
            return None, "data before its SYN-ACK"  # as Fast Open allows, RFC 7413 §4.2
        if not unwrapped.length and not receiver.syn_covered_by(ack):
            return None, "challenge ACK: the SYN falls into an older connection"  # RFC 5961 §4
    if sender.rst_challenged and not unwrapped.length and ack == sender.ack:
        return None, "challenge ACK: asks for the RST at RCV.NXT"  # RFC 5961 §3.2
    if receiver.fin is not None and not receiver.fin_acked and ack > receiver.fin:
        advance(states, peer, Stimulus.RECEIVE_ACK_OF_FIN)
        return Step.PEER_FIN_ACKED if sender.fin_acked or receiver.fin_step is not Step.FIN else Step.FIN_ACKED, None
    return None, None


def _infer_answer(flow: FlowStates, side: int) -> Verdict:
    """This end continues as if it was answered, but nothing from the other end was captured: infer the answer."""
    step = Step.HANDSHAKE_ACK if flow.states[side] is State.SYN_SENT else None
    for end in (0, 1):
        advance(flow.states, end, Stimulus.INFER_OPEN)
    flow.opened = Opened.HANDSHAKE
    return step, "the other end's answer was not captured"


def _finish(flow: FlowStates, side: int, unwrapped: UnwrappedSegment, sender: Stream, receiver: Stream) -> Verdict:
    """A FIN: the first, the second, one of two crossing FINs, or a repeated one."""
    if sender.fin is not None:
        return sender.fin_step, None
    note, stimulus = None, Stimulus.SEND_FIN
    if receiver.fin is None:
        step, closed = Step.FIN, Closed.HALF_CLOSE
        flow.closed_by = side
    elif receiver.fin_acked:
        step, closed = Step.PEER_FIN, Closed.FOUR_WAY
    elif unwrapped.ack > receiver.fin:
        step, closed = Step.FIN_ACK, Closed.THREE_SEGMENT
    else:
        step, closed, note, stimulus = Step.FIN, Closed.SIMULTANEOUS, "simultaneous close", Stimulus.SEND_CROSSING_FIN
    flow.closed = closed
    sender.fin_step = step
    advance(flow.states, side, stimulus)
    advance(flow.states, 1 - side, Stimulus.RECEIVE_FIN)
    return step, note


def _reset(flow: FlowStates, side: int, unwrapped: UnwrappedSegment, sender: Stream, receiver: Stream) -> Verdict:
    """An RST: if the other end would accept it, both ends are closed."""
    states, peer = flow.states, 1 - side
    objection = _objection_to_reset(states[peer], unwrapped, sender, receiver)
    if objection is not None:
        return Step.RST, objection
    if states[side] is State.SYN_SENT and unwrapped.seq != sender.nxt:
        advance(states, peer, Stimulus.RECEIVE_RST_PASSIVE)
        return Step.RST, "rejects an acknowledgment of another SYN"  # RFC 9293 figure 8
    refused = states[side] in (State.LISTEN, State.CLOSED) and states[peer] is State.SYN_SENT
    alive = states[peer] not in (State.CLOSED, State.TIME_WAIT)
    passive = states[peer] is State.SYN_RECEIVED and flow.opened is not Opened.SIMULTANEOUS
    advance(states, peer, Stimulus.RECEIVE_RST_PASSIVE if passive else Stimulus.RECEIVE_RST)
    advance(states, side, Stimulus.SEND_RST)
    if flow.closed is None or flow.closed is Closed.HALF_CLOSE:
        flow.closed = Closed.RESET
        flow.closed_by = side if flow.closed_by is None else flow.closed_by
    if refused:
        flow.opened = Opened.REFUSED
    return Step.RST, "refused" if refused else "aborted" if alive else None


def _objection_to_reset(state: State, unwrapped: UnwrappedSegment, sender: Stream, receiver: Stream) -> str | None:
    """Why an end in `state` would not accept this RST (RFC 9293 §3.10.7, RFC 5961 §3.2); None if it would.

    RCV.NXT is between the last ACK of the end and the last byte sent to it; any number in that range is accepted.
    """
    if state is State.SYN_SENT:
        answered = unwrapped.flags & ACK and receiver.syn_covered_by(unwrapped.ack)
        return None if answered else "RST does not acknowledge the SYN: ignored"
    rcv_nxt = sender.una
    if rcv_nxt is None or rcv_nxt <= unwrapped.seq <= max(rcv_nxt, sender.nxt or rcv_nxt):
        return None
    window = receiver.wnd if receiver.wnd is not None else receiver.wnd_raw or 0
    if rcv_nxt < unwrapped.seq < rcv_nxt + window:
        receiver.rst_challenged = True
        return "RST inside the window but not at RCV.NXT: ignored, to be challenged"
    return "RST outside the window: ignored"
