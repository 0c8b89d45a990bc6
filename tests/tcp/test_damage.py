"""Segments with a wrong checksum: marked, analysed, and without a consequence unless the other end took them."""

from dataclasses import replace

from tcpwatch.tcp.event import Event, Step
from tcpwatch.tcp.handshake import Closed, Opened
from tcpwatch.tcp.state import State
from tcpwatch.tcp.tracker import FlowTracker
from tcpwatch.wire.segment import TCP_CHECKSUM
from tests.tcp.trace import segments

SYN, SYN_ACK, ACK = "> S 0:0(0) <mss 1460,wscale 7>", "< S. 0:0(0) ack 1 <mss 1460,wscale 7>", "> . 1(0) ack 1"
NOTE = "bad TCP checksum: a receiver drops it"


def tracked(*lines: str) -> tuple[FlowTracker, list[Event]]:
    """What comes of the lines; the checksum of those with a `!` before them is wrong."""
    tracker = FlowTracker()
    faults = [(TCP_CHECKSUM,) if line.startswith("!") else () for line in lines]
    plain = segments(line.removeprefix("!") for line in lines)
    return tracker, [
        tracker.receive_segment(replace(one, faults=found)) for one, found in zip(plain, faults, strict=True)
    ]


def states(event: Event) -> tuple[State, State]:
    """Of sender and receiver."""
    return event.src_state, event.dst_state


def test_damaged_syn_opens_nothing_and_the_next_does() -> None:
    _, (damaged, sound, answer) = tracked("!" + SYN, SYN, SYN_ACK)
    assert (damaged.note, damaged.step, states(damaged)) == (NOTE, None, (State.CLOSED, State.LISTEN))
    assert (sound.note, sound.step, sound.analysis) == (None, Step.SYN, ("retransmission",))
    assert states(answer) == (State.SYN_RECEIVED, State.ESTABLISHED)


def test_damaged_fin_and_rst_close_nothing() -> None:
    tracker, events = tracked(SYN, SYN_ACK, ACK, "!> F. 1:1(0) ack 1", "!< R. 1:1(0) ack 1", "> F. 1:1(0) ack 1")
    assert [states(event) for event in events[3:5]] == [(State.ESTABLISHED, State.ESTABLISHED)] * 2
    assert (events[4].note, events[5].step) == (NOTE, Step.FIN)
    assert tracker.flows()[0].closed is Closed.HALF_CLOSE


def test_damaged_ack_acknowledges_nothing() -> None:
    tracker, events = tracked(SYN, SYN_ACK, ACK, "> . 1:101(100) ack 1", "!< . 1(0) ack 101", "> . 101:201(100) ack 1")
    assert (events[4].note, events[4].rtt_ns, events[5].in_flight) == (NOTE, None, 200)
    assert tracker.flows()[0].tcb(0).snd_una == tracker.flows()[0].tcb(0).iss + 1  # type: ignore[operator]


def test_damaged_data_that_is_sent_again_is_a_retransmission() -> None:
    _, events = tracked(SYN, SYN_ACK, ACK, "!> . 1:101(100) ack 1", "> . 1:101(100) ack 1", "< . 1(0) ack 101")
    assert (events[3].note, events[4].note, events[4].analysis) == (NOTE, None, ("retransmission",))
    assert events[5].note is None


def test_sums_of_an_end_whose_segments_are_taken_mean_nothing() -> None:
    fin = "!> F. 101:101(0) ack 1"
    tracker, events = tracked("!" + SYN, SYN_ACK, "!" + ACK, "!> . 1:101(100) ack 1", "< . 1(0) ack 101", fin)
    assert [event.note for event in events] == [NOTE, None, None, None, None, None]
    assert (events[1].step, events[2].step, events[5].step) == (Step.SYN_ACK, Step.HANDSHAKE_ACK, Step.FIN)
    flow = tracker.flows()[0]
    assert (flow.opened, flow.inferred, flow.tcb(0).snd_wscale) == (Opened.HANDSHAKE, False, 7)


def test_sums_of_an_end_that_is_refused_mean_nothing() -> None:
    tracker, _ = tracked("!" + SYN, "< R. 0:0(0) ack 1")
    assert tracker.flows()[0].opened is Opened.REFUSED


def test_damaged_syn_with_another_number_ends_no_flow() -> None:
    tracker, events = tracked(SYN, SYN_ACK, ACK, "!> S 7000:7000(0) <mss 1460>", "> . 1:101(100) ack 1")
    assert [event.stream for event in events] == [0, 0, 0, 1, 0]
    assert states(events[4]) == (State.ESTABLISHED, State.ESTABLISHED)
    assert len(tracker.flows()) == 2
