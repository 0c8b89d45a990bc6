"""What segments moved, and how that stands beside what the kernel told."""

from tcpwatch.monitor.traffic.packet_log import PacketLog
from tcpwatch.monitor.traffic.wire_timeline import LoggedWireTimeline, WireTimeline, shifted, with_segments
from tcpwatch.sockets.timeline import Interval, Occurrence, OccurrenceKind, Precision, Timeline
from tcpwatch.tcp.event import Event, Step
from tcpwatch.tcp.state import State
from tests.builders import event

S = 1_000_000_000
MS = 1_000_000
CLOSED, SYN_SENT, SYN_RECEIVED, OPEN = State.CLOSED, State.SYN_SENT, State.SYN_RECEIVED, State.ESTABLISHED
FIN_WAIT_1, CLOSE_WAIT, TIME_WAIT = State.FIN_WAIT_1, State.CLOSE_WAIT, State.TIME_WAIT
EXACT, WIRE, BETWEEN, AT_LEAST = Precision.EXACT, Precision.WIRE, Precision.BETWEEN, Precision.AT_LEAST


def moved(time_ns: int, side: int, src: State, dst: State, step: Step | None = None, **facts: object) -> Event:
    return event(time_ns=time_ns, side=side, src_state=src, dst_state=dst, step=step, **facts)


OPENING = [
    moved(1 * MS, 0, SYN_SENT, State.LISTEN, Step.SYN),
    moved(2 * MS, 1, SYN_RECEIVED, OPEN, Step.SYN_ACK),
    moved(3 * MS, 0, OPEN, OPEN, Step.HANDSHAKE_ACK),
    moved(4 * MS, 0, OPEN, OPEN),
]
FIN = moved(5 * MS, 0, FIN_WAIT_1, CLOSE_WAIT, Step.FIN)


def short(timeline: Timeline) -> list[tuple[State, int, str | None]]:
    return [(interval.state, interval.since_ns // MS, interval.cause) for interval in timeline.intervals]


def timeline(*intervals: tuple[State, int, Precision]) -> Timeline:
    return Timeline(tuple(Interval(state, since_ms * MS, known) for state, since_ms, known in intervals))


def wire_life(*events: Event) -> Timeline:
    wire_timelines = WireTimeline()
    wire_timelines.add(events)
    return wire_timelines.timelines[0]


def test_course_of_both_ends() -> None:
    wire_timelines = WireTimeline()
    wire_timelines.add([*OPENING, FIN])
    initiator, responder = wire_timelines.timelines
    assert short(initiator) == [(SYN_SENT, 1, "→1/3 SYN"), (OPEN, 2, "←2/3 SYN-ACK"), (FIN_WAIT_1, 5, "→1/4 FIN")]
    assert short(responder) == [(SYN_RECEIVED, 2, "→2/3 SYN-ACK"), (OPEN, 3, "←3/3 ACK"), (CLOSE_WAIT, 5, "←1/4 FIN")]
    assert {interval.precision for interval in initiator.intervals} == {WIRE}


def test_timeline_from_midstream_does_not_date_earlier_states() -> None:
    assert short(wire_life(OPENING[3])) == []
    assert short(wire_life(OPENING[3], FIN)) == [(FIN_WAIT_1, 5, "→1/4 FIN")]
    assert short(wire_life(moved(5 * MS, 0, FIN_WAIT_1, CLOSE_WAIT, Step.FIN))) == []


def test_note_is_part_of_the_cause() -> None:
    reset = moved(6 * MS, 1, CLOSED, CLOSED, Step.RST, note="aborted")
    assert short(wire_life(*OPENING, reset))[-1] == (CLOSED, 6, "←RST · aborted")


def test_log_is_read_on_and_of_one_flow_alone() -> None:
    log = PacketLog()
    wire_timelines = LoggedWireTimeline(log)
    log.extend([*OPENING, moved(9 * MS, 0, CLOSED, CLOSED, Step.RST, stream=1)])
    assert len(wire_timelines.timelines(0)[0].intervals) == 2
    log.extend([FIN])
    assert short(wire_timelines.timelines(0)[0])[-1] == (FIN_WAIT_1, 5, "→1/4 FIN")
    assert wire_timelines.timelines(1) == (Timeline(), Timeline())
    assert len(wire_timelines.timelines(0)[0].intervals) == 3


def test_shifted_to_another_clock() -> None:
    assert shifted(timeline((OPEN, 5, EXACT)), -2 * MS) == timeline((OPEN, 3, EXACT))


def test_exact_life_gets_its_causes_and_keeps_its_moments() -> None:
    kernel = timeline((SYN_SENT, 0, EXACT), (OPEN, 3, EXACT), (FIN_WAIT_1, 4, EXACT))
    joined = with_segments(kernel, wire_life(*OPENING, FIN))
    assert short(joined) == [(SYN_SENT, 0, "→1/3 SYN"), (OPEN, 3, "←2/3 SYN-ACK"), (FIN_WAIT_1, 4, "→1/4 FIN")]
    assert {interval.precision for interval in joined.intervals} == {EXACT}


def test_segment_that_the_socket_did_not_take_moves_nothing() -> None:
    kernel = timeline((SYN_SENT, 0, EXACT), (OPEN, 3, EXACT))
    assert short(with_segments(kernel, wire_life(*OPENING, FIN)))[-1] == (OPEN, 3, "←2/3 SYN-ACK")


def test_segment_long_before_or_after_is_not_the_cause() -> None:
    late = moved(5 * S, 0, FIN_WAIT_1, CLOSE_WAIT, Step.FIN)
    kernel = timeline((OPEN, 3, EXACT), (FIN_WAIT_1, 4, EXACT))
    assert short(with_segments(kernel, wire_life(*OPENING, late)))[-1] == (FIN_WAIT_1, 4, None)


def test_life_from_dumps_gets_the_wires_moments_and_what_went_between() -> None:
    kernel = timeline((OPEN, 900, AT_LEAST), (TIME_WAIT, 1900, BETWEEN))
    gone = moved(7 * MS, 1, State.LAST_ACK, TIME_WAIT, Step.FIN_ACK)
    joined = with_segments(kernel, wire_life(*OPENING, FIN, gone))
    assert [interval.state for interval in joined.intervals] == [SYN_SENT, OPEN, FIN_WAIT_1, TIME_WAIT]
    assert {interval.precision for interval in joined.intervals} == {WIRE}


def test_what_happened_in_a_state_stays_in_it() -> None:
    again = (Occurrence(OccurrenceKind.RETRANSMISSION, 1, 5, 5),)
    kernel = Timeline((Interval(OPEN, 900 * MS, BETWEEN, again),))
    assert with_segments(kernel, wire_life(*OPENING)).intervals[-1].occurrences == again


def test_life_that_the_wire_did_not_see_stays_as_it_is() -> None:
    kernel = timeline((State.LISTEN, 3, AT_LEAST))
    assert with_segments(kernel, wire_life(*OPENING)) == kernel
