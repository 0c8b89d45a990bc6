"""What is told when: time is in the test's hand."""

from tcpwatch.duration import SECOND_NS
from tcpwatch.monitor.packet_log import LATENESS_NS
from tcpwatch.tcp.event import Event, Step
from tcpwatch.tcp.state import State
from tcpwatch.tui import narrator as module
from tcpwatch.tui.narrator import ACT_NS, ADVICE_NS, CROWD, CROWDED, SEGMENT_NS, Deed, Narrator
from tests.builders import event
from tests.tui.test_ladder import traced
from tests.why.told import OPENING

T = 1_000 * SECOND_NS
READ = T + ADVICE_NS


def at(moved: Event, time_ns: int) -> Event:
    moved.segment.time_ns = time_ns
    return moved


def handshake(time_ns: int) -> list[Event]:
    return [at(one, time_ns + number) for number, one in enumerate(traced(*OPENING))]


def telling(*deeds: Deed, events: list[Event]) -> Narrator:
    narrator = Narrator("Watch the states.", T, announced=True)
    narrator.hear(deeds, events)
    return narrator


def step_of(narrator: Narrator) -> Step | None:
    return narrator.turn.event.step if narrator.turn else None


def test_advice_comes_first_and_stays_to_be_read() -> None:
    narrator = telling(Deed(T, "A client connects."), events=handshake(T + 1))
    narrator.tell(READ - 1)
    assert (narrator.says, narrator.turn) == ("Watch the states.", None)
    narrator.tell(READ)
    assert (narrator.says, narrator.turn) == ("A client connects.", None)


def test_segments_are_told_one_by_one_each_for_as_long_as_it_takes_to_read() -> None:
    narrator = telling(Deed(T, "A client connects."), events=handshake(T + 1))
    told = []
    for now_ns in range(READ, READ + ACT_NS + 3 * SEGMENT_NS, SECOND_NS // 2):
        narrator.tell(now_ns)
        told.append(step_of(narrator))
    assert told == [*[None] * 3, *[Step.SYN] * 4, *[Step.SYN_ACK] * 4, *[Step.HANDSHAKE_ACK] * 4]
    assert narrator.says == "A client connects."


def test_what_comes_late_is_told_in_its_order() -> None:
    narrator = telling(Deed(T, "first"), Deed(T + SECOND_NS, "third"), events=[])
    narrator.hear((), handshake(T + 5)[:1])
    for now_ns in (READ, READ + ACT_NS):
        narrator.tell(now_ns)
    assert (narrator.says, step_of(narrator)) == ("first", Step.SYN)


def test_nothing_is_told_before_something_earlier_could_have_come() -> None:
    narrator = telling(Deed(READ, "now"), events=[])
    narrator.tell(READ + LATENESS_NS - 1)
    assert narrator.says == "Watch the states."
    narrator.tell(READ + LATENESS_NS)
    assert narrator.says == "now"


def test_segments_from_before_the_first_deed_are_not_told() -> None:
    narrator = telling(events=handshake(T + 1))
    narrator.tell(READ)
    assert narrator.begun_ns is None
    narrator.hear([Deed(T + 3, "begins")], [])
    narrator.tell(READ)
    narrator.tell(READ + ACT_NS)
    assert step_of(narrator) is Step.HANDSHAKE_ACK


def test_what_is_not_announced_begins_at_once() -> None:
    narrator = Narrator("Watch.", T, announced=False)
    narrator.hear((), handshake(T + 1))
    narrator.tell(READ)
    assert (narrator.says, step_of(narrator)) == ("Watch.", Step.SYN)


def test_what_is_not_announced_has_its_steps_told_alone() -> None:
    narrator = Narrator("Watch.", T, announced=False)
    talk = [at(one, T + number) for number, one in enumerate(traced(*OPENING, "> P. 1:15(14) ack 1"), 1)]
    narrator.hear((), talk[3:])
    narrator.tell(READ)
    assert (narrator.turn, narrator.waiting, narrator.untold) == (None, 0, 1)


def test_new_deed_takes_the_last_segment_away() -> None:
    narrator = telling(Deed(T, "one"), Deed(T + SECOND_NS, "two"), events=handshake(T + 1)[:1])
    for now_ns in (READ, READ + ACT_NS, READ + ACT_NS + SEGMENT_NS):
        narrator.tell(now_ns)
    assert (narrator.says, narrator.turn) == ("two", None)


def test_known_segments_are_left_out_where_many_wait() -> None:
    connections = [at(event(stream=number), T + number) for number in range(CROWD + 3)]
    narrator = telling(Deed(T, "many"), events=connections)
    narrator.tell(READ)
    narrator.tell(READ + ACT_NS)
    assert narrator.turn is not None
    assert narrator.turn.event.stream == 0
    narrator.tell(READ + ACT_NS + SEGMENT_NS)
    assert narrator.turn.event.stream == 2
    assert (narrator.untold, narrator.waiting) == (1, CROWD)


def test_only_new_steps_are_told_where_a_crowd_waits() -> None:
    plain = [at(event(stream=number), T + number) for number in range(CROWDED + 2)]
    reset = at(event(stream=9_999, step=Step.RST, src_state=State.CLOSED), T)
    narrator = telling(Deed(T, "a flood"), events=[*plain[:1], reset, *plain[1:]])
    narrator.tell(READ)
    narrator.tell(READ + ACT_NS)
    assert step_of(narrator) is Step.RST


def test_narrator_is_bounded() -> None:
    narrator = telling(Deed(T, "x"), events=[at(event(stream=number), T) for number in range(module.LIMIT + 5)])
    assert (narrator.waiting, narrator.untold) == (module.LIMIT, 6)


def test_what_was_done_at_a_moment() -> None:
    narrator = telling(Deed(T, "one"), Deed(T + SECOND_NS, "two"), events=[])
    moments = (None, T - 1, T, T + SECOND_NS + 1)
    assert [narrator.done_at(moment) for moment in moments] == ["one", "", "one", "two"]
    assert Narrator("", T, announced=True).done_at(None) == ""


def test_answer_that_was_lost_is_told_as_lost_where_that_is_known_in_time() -> None:
    lost = traced("> S 0:1(0)", "< S. 0:1(0) ack 1", "+1000 > S 0:1(0)")
    narrator = telling(Deed(T, "A client connects."), events=[at(one, T + number) for number, one in enumerate(lost)])
    for now_ns in (READ, READ + ACT_NS, READ + ACT_NS + SEGMENT_NS):
        narrator.tell(now_ns)
    assert step_of(narrator) is Step.SYN_ACK
    assert narrator.turn is not None
    assert (narrator.turn.lost, narrator.turn.state_of(0)) == (True, State.SYN_SENT)


def test_segment_that_is_being_told_is_corrected_too() -> None:
    lost = traced("> S 0:1(0)", "< S. 0:1(0) ack 1", "+1000 > S 0:1(0)")
    narrator = telling(
        Deed(T, "A client connects."), events=[at(one, T + number) for number, one in enumerate(lost[:2])]
    )
    for now_ns in (READ, READ + ACT_NS, READ + ACT_NS + SEGMENT_NS):
        narrator.tell(now_ns)
    narrator.hear((), lost[2:])
    assert narrator.turn is not None
    assert narrator.turn.lost
